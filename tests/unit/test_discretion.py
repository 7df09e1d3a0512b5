"""What is sensitive is in no message: not of a check of its attribute, of its resource, of a plan or of an apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.app.validation import validated
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import error
from kfinfra.model.discretion import discreet, secrets, without
from kfinfra.model.plain import UNKNOWN
from kfinfra.model.schema import Problem
from tests.fakes.bench import Bench

SECRET = "Hunter2 is_the secret"
TEXT = """
variable "s" {
  sensitive = true
  default   = "%s"
}
%s
"""
PIPELINE = 'pipeline "p" {\n  namespace = "x"\n  source = "p.py"\n  defaults {\n    %s\n  }\n}'
RUN = 'pipeline "p" {\n  namespace = "x"\n  source = "p.py"\n}\nrecurring_run "r" {\n  pipeline = pipeline.p\n  cron = %s\n}'
GROUP = """node_group "g" {
  cluster        = "c"
  instance_types = ["m5.xlarge"]
  subnets        = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  scaling        = { min = 0, max = 1 }
  %s
}"""


@pytest.mark.parametrize(
    "block",
    [
        's3_bucket "b" { name = var.s }',
        'namespace "n" { labels = { a = "x ${var.s}" } }',
        'resource_quota "q" {\n  namespace = "x"\n  hard = { cpu = var.s }\n}',
        'pvc "p" {\n  namespace = "x"\n  size = var.s\n  access_modes = [var.s]\n}',
        'limit_range "l" {\n  namespace = "x"\n  limits = [{ type = var.s }]\n}',
        RUN % "var.s",
        PIPELINE % "retry = { (var.s) = 1 }",
        PIPELINE % "env_from = { (var.s) = 1 }",
        GROUP.replace("{ min = 0, max = 1 }", "{ (var.s) = 1 }") % 'node_role = "arn:aws:iam::123456789012:role/a"',
        RUN % '"${var.s} * * *"',
        PIPELINE % "shared_memory = var.s",
        PIPELINE % "resources = { limits = { cpu = var.s } }",
        GROUP % "node_role = var.s",
        GROUP % 'node_role = "arn:aws:iam::123456789012:role/a"\n  capacity_type = var.s',
        GROUP % 'node_role = "arn:aws:iam::123456789012:role/a"\n  taints = [{ key = "k", effect = var.s }]',
    ],
)
def test_no_check_shows_what_is_sensitive(tmp_path: Path, block: str) -> None:
    (tmp_path / "main.hcl").write_text(TEXT % (SECRET, block))
    found = validated(load(FolderSources(tmp_path), resource_types(), provider_types(), {}))
    assert [d for d in found if d.severity.value == "error"]
    for d in found:
        said = f"{d.summary} {d.detail} {d.hint} {d.values}"
        assert not any(word in said for word in SECRET.split()), said


def test_what_is_about_a_sensitive_value_says_no_more() -> None:
    problem = Problem(("labels", "a"), "Invalid label", '"x" is none', "write y")
    told = discreet(problem, {("labels", "a")})
    assert (told.path, told.summary) == (problem.path, problem.summary) and "x" not in told.detail.split('"')
    assert told.detail.startswith("The value is sensitive") and "nonsensitive" in told.hint
    assert discreet(problem, {("labels",)}) == told and discreet(problem, {("labels", "a", 0)}) == told
    assert discreet(problem, {("labels", "b")}) == problem and discreet(Problem((), "s", "d"), {("labels",)}).detail == "d"


def test_other_messages_leave_it_out() -> None:
    attributes = {"a": {"x": 'li"ne', "y": [12345, True, UNKNOWN, None]}, "b": "ab", "c": "open"}
    hidden = secrets(attributes, [("a",), ("b",), ("nope",)])
    assert hidden == ['li"ne', "12345", "ab"] or hidden == ["12345", 'li"ne', "ab"]
    found = error("Refused", 'Invalid value: "li\\"ne" or li"ne, 12345; "ab" is no tab; open', hint='not "ab"')
    told = without(found, hidden)
    assert told.detail == (
        "Invalid value: (sensitive value) or (sensitive value), (sensitive value); (sensitive value) is no tab; open"
    )
    assert told.hint == "not (sensitive value)"
    assert without(found, []) is found


def test_ephemeral_values_in_providers_are_not_shown_either(tmp_path: Path) -> None:
    text = 'variable "e" {\n  ephemeral = true\n  default = "%s"\n}\n'
    text += 'provider "kubernetes" {\n  host = var.e\n  namespace = var.e\n}\n'
    (tmp_path / "main.hcl").write_text(text % SECRET)
    found = [d for d in validated(load(FolderSources(tmp_path), resource_types(), provider_types(), {})) if "URL" in d.summary]
    assert len(found) == 1 and "sensitive or ephemeral" in found[0].detail and "Hunter2" not in found[0].detail + found[0].hint


def test_what_a_server_says_is_told_without_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.world.refuse = {"create hunter-two"}
    text = 'variable "s" {\n  sensitive = true\n  default = "hunter-two"\n}\ndisk "a" {\n  name = var.s\n  size = 1\n}\n'
    ((found,),) = bench.apply(text).failed.values()
    assert found.detail == "The server refused to create (sensitive value)." and found.address == "disk.a"
