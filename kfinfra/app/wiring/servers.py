"""Which providers there are, and where their servers are: the user's own, or the sandbox's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kfinfra.app.options import Workplace
from kfinfra.app.wiring.machine import DATA_FOLDER
from kfinfra.model.plain import Attributes

if TYPE_CHECKING:
    from kfinfra.compiler.compile import Compiler
    from kfinfra.model.ports import Provider, ProviderFactory
    from kfinfra.model.resource import Desired
    from kfinfra.pipelines.effective import Setting
    from kfinfra.providers.kfp.deployed import DeployedPipeline
    from kfinfra.providers.kfp.runs import Runs
    from kfinfra.providers.kubernetes.logs import PodLogs


# With --sandbox these attributes of provider blocks are left out: they lead to the user's own servers.
_ELSEWHERE = {
    "aws": frozenset({"assume_role", "endpoints", "profile"}),
    "kubernetes": frozenset({"ca_certificate", "config_path", "context", "host", "in_cluster", "insecure", "token"}),
    "kfp": frozenset({"ca_certificate", "cookies", "host", "insecure", "token", "token_file", "user_header"}),
}
_USERS_OWN = ("AWS_", "KUBECONFIG", "KUBERNETES_", "KF_PIPELINES_")


def factories(work: Workplace) -> Mapping[str, ProviderFactory]:
    """How each provider is made. The modules are imported when a provider is first wanted."""

    def rooted(env: Mapping[str, str]) -> Mapping[str, str]:
        return {**env, "KFINFRA_ROOT": str(work.root)}

    def aws(attributes: Attributes, env: Mapping[str, str]) -> Provider:
        from kfinfra.providers.aws.provider import make_provider

        return make_provider(_own(work, "aws", attributes), rooted(env))

    def kubernetes(attributes: Attributes, env: Mapping[str, str]) -> Provider:
        from kfinfra.providers.kubernetes.provider import make_provider

        return make_provider(_own(work, "kubernetes", attributes), env)

    def kfp(attributes: Attributes, env: Mapping[str, str]) -> Provider:
        from kfinfra.providers.kfp.provider import make_provider

        return make_provider(_own(work, "kfp", attributes), rooted(env), _compiler(work))

    return {"aws": aws, "kubernetes": kubernetes, "kfp": kfp}


def _own(work: Workplace, name: str, attributes: Attributes) -> Attributes:
    return {n: v for n, v in attributes.items() if not (work.sandbox and n in _ELSEWHERE[name])}


def _compiler(work: Workplace) -> Compiler:
    from kfinfra.compiler.compile import Compiler

    return Compiler(work.root, work.root / DATA_FOLDER / "cache" / "packages")


def task_settings(work: Workplace, pipeline: Desired, attributes: Attributes) -> Mapping[str, Sequence[Setting]]:
    """The settings of each task of a pipeline with these attributes, by path. Raises DiagnosticError."""
    from kfinfra.providers.kfp import content
    from kfinfra.providers.kfp.provider import placed

    with placed(pipeline):
        return content.settings_of(content.origin(attributes), work.root, _compiler(work))


def deployed_pipeline(work: Workplace, attributes: Attributes, pipeline_id: str) -> DeployedPipeline:
    """What the server of a `provider "kfp"` block with these attributes has of a pipeline."""
    from kfinfra.providers.kfp.deployed import DeployedPipeline

    return DeployedPipeline(_own(work, "kfp", attributes), environment(work), pipeline_id)


def runs(work: Workplace, attributes: Attributes) -> Runs:
    """The runs on the server of a `provider "kfp"` block with these attributes."""
    from kfinfra.providers.kfp.runs import Runs

    return Runs(_own(work, "kfp", attributes), environment(work))


def pod_logs(work: Workplace, attributes: Attributes) -> PodLogs:
    """The logs in the cluster of a `provider "kubernetes"` block with these attributes."""
    from kfinfra.providers.kubernetes.logs import PodLogs

    return PodLogs(_own(work, "kubernetes", attributes), environment(work))


def environment(work: Workplace) -> Mapping[str, str]:
    """The environment that providers see: with --sandbox, its own and none of what leads to the user's servers.

    An AWS_ENDPOINT_URL_S3 or a profile of the user would otherwise lead a sandbox apply to real servers.
    """
    if not work.sandbox:
        return work.env
    from kfinfra.sandbox.process import up

    for name in ("NO_PROXY", "no_proxy"):  # the clients read these of the process: no proxy leads to this machine
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))
    own = {name: value for name, value in work.env.items() if not name.startswith(_USERS_OWN)}
    return {**own, **up(work.root).environment()}
