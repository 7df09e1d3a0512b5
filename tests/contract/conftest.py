"""One provider of each kind against a server of its own, for laws that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from kfinfra.model.ports import Provider
from kfinfra.providers.aws.provider import make_provider as make_aws
from kfinfra.providers.kfp.provider import make_provider as make_kfp
from kfinfra.providers.kubernetes.provider import make_provider as make_kubernetes
from kfinfra.sandbox.aws import Aws as AwsServer
from kfinfra.sandbox.eks.app import make_app as make_eks
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kfp.app import make_app as make_kfp_app
from kfinfra.sandbox.kubernetes.app import make_app as make_kubernetes_app
from tests.contract.test_kfp_provider import NoCompiler, package
from tests.contract.test_node_groups import KEYS


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    server, eks = AwsServer(), Served(make_eks(0, lambda: 1_764_000_000.0))
    folder = tmp_path_factory.mktemp("aws")
    (folder / "f").write_text("x")
    urls = {"AWS_ENDPOINT_URL": server.url, "AWS_ENDPOINT_URL_EKS": eks.url, "AWS_ENDPOINT_URL_AUTO_SCALING": eks.url}
    made = make_aws({"default_tags": {"team": "ml"}}, {**KEYS, **urls, "KFINFRA_ROOT": str(folder)})
    yield made
    made.close()
    server.stop()
    eks.stop()


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    server = Served(make_kubernetes_app(0.01))
    path = tmp_path_factory.mktemp("kubernetes") / "kubeconfig"
    path.write_text(
        f"apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters: [{{name: c, cluster: {{server: '{server.url}'}}}}]\n"
        "users: [{name: u, user: {token: sandbox}}]\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n"
    )
    made = make_kubernetes({}, {"KUBECONFIG": str(path)})
    yield made
    made.close()
    server.stop()


@pytest.fixture(scope="session")
def kfp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    server, folder = Served(make_kfp_app()), tmp_path_factory.mktemp("kfp")
    (folder / "train.yaml").write_text(yaml.safe_dump(package()))
    env = {"KF_PIPELINES_ENDPOINT": server.url, "KFINFRA_ROOT": str(folder)}
    made = make_kfp({}, env, NoCompiler())
    yield made
    made.close()
    server.stop()
