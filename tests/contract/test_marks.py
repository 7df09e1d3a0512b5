"""Every provider puts its mark on what exists, takes it off, and touches nothing else; what is gone is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Observed, Operation, Provider, ReadRequest
from kfinfra.providers.aws.provider import make_provider as make_aws
from kfinfra.providers.kfp.provider import make_provider as make_kfp
from kfinfra.providers.kubernetes.provider import make_provider as make_kubernetes
from kfinfra.sandbox.aws import Aws as AwsServer
from kfinfra.sandbox.eks.app import make_app as make_eks
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kfp.app import make_app as make_kfp_app
from kfinfra.sandbox.kubernetes.app import make_app as make_kubernetes_app
from tests.contract.test_kfp_provider import NoCompiler
from tests.contract.test_node_groups import KEYS, wanted


def request(kind: str, identity: Attributes, recorded: Attributes | None = None) -> ReadRequest:
    return ReadRequest(Address(kind, "a"), identity, recorded or {})


def look(provider: Provider, kind: str, identity: Attributes, recorded: Attributes) -> Observed:
    return provider.refresh([request(kind, identity, recorded)])[Address(kind, "a")]


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
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


DIGEST = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
BUCKET: Mapping[str, Plain] = {"name": "marked", "versioning": False, "block_public_access": True, "tags": {"a": "b"}}
AWS: Mapping[str, tuple[Mapping[str, Plain], tuple[str, ...]]] = {
    "s3_bucket": (BUCKET, ("name",)),
    "node_group": (wanted("marked", tags={"a": "b"}), ("cluster", "name")),
    "s3_sync": ({"bucket": "marked", "prefix": "p", "source": ".", "manifest": {"f": DIGEST}}, ("bucket", "prefix")),
}
SPACE: Mapping[str, Plain] = {"name": "ml", "annotations": {"a": "b"}, "labels": None}
MAP: Mapping[str, Plain] = {
    "name": "m",
    "namespace": "ml",
    "data": {"A": "1"},
    "annotations": {"a": "b"},
    "labels": {"l": "v"},
}
KUBERNETES: Mapping[str, tuple[Mapping[str, Plain], tuple[str, ...]]] = {
    "namespace": (SPACE, ("name",)),
    "config_map": (MAP, ("namespace", "name")),
}


def marking(provider: Provider, kind: str, desired: Mapping[str, Plain], names: tuple[str, ...]) -> None:
    identity = {name: desired[name] for name in names}
    operation = Operation(Address(kind, "a"), {}, desired, "l/old", "6c5f1f0a-6a59-5d0b-9a55-7a5a1f1e6b0e", 30.0)
    run = provider.create(operation)
    try:
        while True:
            next(run)
    except StopIteration as stop:
        recorded = stop.value
    before = look(provider, kind, identity, recorded)
    assert before.owner == "l/old"
    for owner in ("l/new", "l/new", None, None, "l/other"):
        assert provider.mark(request(kind, identity), owner)
        after = look(provider, kind, identity, recorded)
        assert after.owner == owner and after.attributes == before.attributes
    with pytest.raises(DiagnosticError):
        provider.mark(request(kind, {**identity, names[-1]: "nothing"}), "l/new")


def test_aws_marks_what_exists(aws: Provider) -> None:
    for kind in AWS:
        marking(aws, kind, *AWS[kind])


def test_kubernetes_marks_what_exists(kubernetes: Provider) -> None:
    for kind in KUBERNETES:
        marking(kubernetes, kind, *KUBERNETES[kind])


def test_kfp_says_that_it_cannot(tmp_path: Path) -> None:
    server = Served(make_kfp_app())
    provider = make_kfp({}, {"KF_PIPELINES_ENDPOINT": server.url, "KFINFRA_ROOT": str(tmp_path)}, NoCompiler())
    desired: dict[str, Plain] = {"name": "e", "namespace": None, "archived": False, "description": None}
    run = provider.create(Operation(Address("experiment", "a"), {}, desired, "l/old", "t", 30.0))
    while next(run, None) is not None:
        pass
    identity: dict[str, Plain] = {"namespace": None, "name": "e"}
    assert not provider.mark(request("experiment", identity), "l/new")
    assert look(provider, "experiment", identity, {}).owner == "l/old"
    provider.close()
    server.stop()
