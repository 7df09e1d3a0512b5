"""Encryption of states, journals and plans: what is written, who can read it, what is told, and that nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from kfinfra.config.configuration import Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Outcome
from kfinfra.state.sealing import PLAN, STATE, Sealer, Unsealed
from kfinfra.stores.encryption import make_sealer
from kfinfra.stores.local import LocalStore
from tests.fakes.s3 import ENV, FakeS3
from tests.fakes.world import PROVIDERS, TYPES

PVC = Address("pvc", "data")
SECRET = ResourceState(PVC, "kubernetes", {"size": "hunter2"})
BLOCK = """
kfinfra {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = PASSPHRASE
      iterations = 200000
    }
    key_provider "pbkdf2" "older" {
      passphrase = var.older
      iterations = 200000
    }
    method "aes_gcm" "main" { keys = key_provider.pbkdf2.main }
    method "aes_gcm" "older" { keys = key_provider.pbkdf2.older }
    method "unencrypted" "none" {}
    state {
      method = method.aes_gcm.main
      FALLBACK
    }
    plan {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}
variable "passphrase" {
  type      = string
  ephemeral = true
}
variable "older" {
  type      = string
  ephemeral = true
}
"""
GIVEN = {"passphrase": "a long passphrase, new", "older": "a long passphrase, old"}


def block(passphrase: str = "var.passphrase", fallback: str = "") -> str:
    return BLOCK.replace("PASSPHRASE", passphrase).replace("FALLBACK", f"fallback {{ method = {fallback} }}" if fallback else "")


def config(folder: Path, text: str, given: Mapping[str, str] = GIVEN) -> Configuration:
    (folder / "main.hcl").write_text(text)
    env = {f"KFINFRA_VAR_{n}": v for n, v in given.items()}
    return load(FolderSources(folder), TYPES, PROVIDERS, env, require_variables=False)


def sealer(folder: Path, fallback: str = "", given: Mapping[str, str] = GIVEN, what: str = "state") -> Sealer:
    encryption = config(folder, block(fallback=fallback), given).settings.encryption
    return make_sealer(encryption.state if what == "state" else encryption.plan, {})


def state(serial: int = 1) -> State:
    return State("lineage", "00", serial, {PVC: SECRET})


def test_nothing_of_the_state_can_be_read_without_the_key(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "s", sealer(tmp_path))
    store.write(state())
    store.append(Outcome(PVC, SECRET))
    for path in (tmp_path / "s", tmp_path / "s.journal"):
        assert b"hunter2" not in path.read_bytes() and b"passphrase" not in path.read_bytes()
    again = LocalStore(tmp_path / "s", sealer(tmp_path))
    assert again.read() == state() and list(again.read_journal()) == [Outcome(PVC, SECRET)]


def test_with_another_key_and_with_none_it_is_told_and_nothing_is_overwritten(tmp_path: Path) -> None:
    LocalStore(tmp_path / "s", sealer(tmp_path)).write(state())
    before = (tmp_path / "s").read_bytes()
    with pytest.raises(DiagnosticError, match=r"encrypted with another key than method\.aes_gcm\.main"):
        LocalStore(tmp_path / "s", sealer(tmp_path, given={"passphrase": "some other passphrase"})).read()
    with pytest.raises(DiagnosticError, match="a variable has no value"):
        LocalStore(tmp_path / "s", sealer(tmp_path, given={})).read()
    with pytest.raises(DiagnosticError, match="says nothing of how"):
        LocalStore(tmp_path / "s").read()
    assert (tmp_path / "s").read_bytes() == before


def test_a_key_is_changed_by_way_of_a_fallback(tmp_path: Path) -> None:
    old = sealer(tmp_path, given={"passphrase": GIVEN["older"]})
    LocalStore(tmp_path / "s", old).write(state())
    with pytest.raises(DiagnosticError, match="with another key"):
        LocalStore(tmp_path / "s", sealer(tmp_path)).read()
    both = LocalStore(tmp_path / "s", sealer(tmp_path, "method.aes_gcm.older"))
    assert both.read() == state()
    both.write(state(2))
    assert LocalStore(tmp_path / "s", sealer(tmp_path)).read() == state(2)
    with pytest.raises(DiagnosticError, match="with another key"):
        LocalStore(tmp_path / "s", old).read()


def test_what_was_not_encrypted_is_read_only_where_a_fallback_says_so(tmp_path: Path) -> None:
    LocalStore(tmp_path / "s").write(state())
    with pytest.raises(DiagnosticError, match="is not encrypted, and the configuration says"):
        LocalStore(tmp_path / "s", sealer(tmp_path)).read()
    store = LocalStore(tmp_path / "s", sealer(tmp_path, "method.unencrypted.none"))
    assert store.read() == state()
    store.write(state(2))
    assert LocalStore(tmp_path / "s", sealer(tmp_path)).read() == state(2)


@pytest.mark.parametrize("part", ["kind", "keys", "nonce", "data"])
def test_what_was_changed_is_refused(tmp_path: Path, part: str) -> None:
    document = json.loads(sealer(tmp_path).seal(b"content", STATE))
    other = json.loads(sealer(tmp_path).seal(b"content", PLAN))
    document[part] = other[part]
    with pytest.raises(DiagnosticError, match=r"another key|it is a plan"):
        sealer(tmp_path).open(json.dumps(document, separators=(",", ":")).encode(), STATE, "s")


def test_a_plan_is_no_state(tmp_path: Path) -> None:
    plans = sealer(tmp_path, what="plan")
    with pytest.raises(DiagnosticError, match="it is a plan"):
        sealer(tmp_path).open(plans.seal(b"content", PLAN), STATE, "s")


def test_two_documents_share_a_key_and_no_nonce(tmp_path: Path) -> None:
    one = sealer(tmp_path)
    first, second = (json.loads(one.seal(b"content", STATE)) for _ in range(2))
    assert first["nonce"] != second["nonce"] and first["data"] != second["data"] and first["keys"] == second["keys"]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeS3]:
    made = FakeS3()
    yield made
    made.stop()


def test_a_key_of_kms(tmp_path: Path, server: FakeS3) -> None:
    kms = boto3.client("kms", endpoint_url=server.url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    text = f"""
kfinfra {{
  encryption {{
    key_provider "aws_kms" "team" {{
      kms_key_id = "{key}"
      endpoints  = {{ kms = "{server.url}" }}
    }}
    method "aes_gcm" "team" {{ keys = key_provider.aws_kms.team }}
    state {{ method = method.aes_gcm.team }}
  }}
}}
"""
    target = config(tmp_path, text).settings.encryption.state
    store = LocalStore(tmp_path / "s", make_sealer(target, ENV))
    asked = len(server.requests)
    store.write(state())
    store.append(Outcome(PVC, SECRET))
    assert len(server.requests) == asked + 1
    assert b"hunter2" not in (tmp_path / "s").read_bytes()
    assert LocalStore(tmp_path / "s", make_sealer(target, ENV)).read() == state()
    denied = b'{"__type": "AccessDeniedException", "message": "no"}'
    answer = "400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")], denied
    refused = pytest.raises(DiagnosticError, match="AWS refused to decrypt a data key with KMS")
    with server.doing(before=lambda environ: answer), refused:
        LocalStore(tmp_path / "s", make_sealer(target, ENV)).read()
    with pytest.raises(DiagnosticError, match="says nothing of how"):
        LocalStore(tmp_path / "s", Unsealed()).read()


@pytest.mark.parametrize(
    ("passphrase", "more", "told"),
    [
        ('"written where all can see"', "", "Passphrase in plain text"),
        ("var.word", 'variable "word" { default = "written where all can see" }', "Passphrase in plain text"),
        ("var.plain", 'variable "plain" {}', "Passphrase is not kept secret"),
        ("var.passphrase", "", ""),
        ('"${var.passphrase}, and more"', "", ""),
    ],
)
def test_a_passphrase_that_others_can_read_is_warned_about(tmp_path: Path, passphrase: str, more: str, told: str) -> None:
    loaded = config(tmp_path, block(passphrase) + more, {**GIVEN, "plain": "neither ephemeral nor sensitive"})
    assert [d.summary for d in loaded.warnings] == ([told] if told else [])
