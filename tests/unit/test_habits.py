"""What a Terraform user types by habit: each is told with what to write here instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.options import Workplace
from kfinfra.app.validation import validate
from kfinfra.config.settings import satisfies

HABITS = [
    ('terraform {\n  required_version = ">= 1.0"\n}', "Unsupported block type", 'named "kfinfra"'),
    ("kfinfra {\n  required_providers {}\n}", "Unsupported block type", "a part of kfinfra"),
    ("kfinfra {\n  cloud {}\n}", "Unsupported block type", 'backend "TYPE"'),
    ('resource "config_map" "a" {}', "Unsupported block type", 'write: config_map "a" { … }'),
    ('resource "kubernetes_config_map_v1" "a" {}', "Unsupported block type", 'write: config_map "a" { … }'),
    ('resource "aws_s3_bucket_versioning" "a" {}', "Unsupported block type", "versioning = true"),
    ('resource "aws_vpc" "a" {}', "Unsupported block type", "The types are config_map"),
    ('aws_eks_node_group "a" {}', "Unsupported block type", 'write: node_group "a" { … }'),
    ("local {\n  a = 1\n}", "Unsupported block type", 'Did you mean "locals"?'),
    ("output \"o\" {\n  value = terraform.workspace\n}", "Invalid reference", "kfinfra.workspace"),
    ("output \"o\" {\n  value = locals.a\n}\nlocals {\n  a = 1\n}", "Invalid reference", "write: local.a"),
    ("output \"o\" {\n  value = var\n}", "Invalid reference", "no value by itself"),
    ("output \"o\" {\n  value = var[\"x\"]\n}", "Invalid reference", "write: var.x"),
    ("output \"o\" {\n  value = data.config_map\n}", "Invalid reference", "data.config_map.NAME"),
    ("output \"o\" {\n  value = output.a\n}", "Invalid reference", "for its caller"),
    ("output \"o\" {\n  value = resource.config_map.a\n}", "Invalid reference", "write: config_map.a"),
    ("output \"o\" {\n  value = zones\n}\nlocals {\n  zones = 1\n}", "Reference to undeclared name", "write: local.zones"),
    ("output \"o\" {\n  value = abc\n}", "Reference to undeclared name", 'quotes: "abc"'),
    ("output \"o\" {\n  value = each.key\n}", 'Reference to "each" in context without for_each', "with for_each"),
    ("output \"o\" {\n  value = count.index\n}", 'Reference to "count" in non-counted context', "with count"),
    ("output \"o\" {\n  value = self.id\n}", 'Invalid "self" reference', "postconditions"),
    ("output \"o\" {\n  value = var.a\n}\nlocals {\n  a = 1\n}", "Reference to undeclared input variable", "write: local.a"),
    ("output \"o\" {\n  type = string\n}", "Unsupported argument", "of the type of its value"),
    ("output \"o\" {\n  description = \"d\"\n}", "Missing required argument", "needs a value"),
    ("output \"o\" {\n  value = 1\n  sensitive = \"maybe\"\n}", "Invalid argument", "true or false"),
    ("namespace \"n\" {\n  depends_on = [\"namespace.m\"]\n}", "Invalid depends_on reference", "write: namespace.m"),
    ("namespace \"n\" {\n  depends_on = namespace.m\n}", "Invalid depends_on argument", "write: depends_on = [namespace.m]"),
    ("namespace \"n\" {\n  count = -1\n}", "Invalid count argument", "not -1"),
    ("namespace \"n\" {\n  count = \"x\"\n}", "Invalid count argument", "not string"),
    ("namespace \"n\" {\n  for_each = toset([1])\n}", "Invalid for_each argument", "tostring(x)"),
    ("namespace \"n\" {\n  for_each = 1\n}", "Invalid for_each argument", "not number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "words"), HABITS, ids=[f"{i}-{h[1]}" for i, h in enumerate(HABITS)])
def test_a_habit_is_answered_with_what_to_write(tmp_path: Path, text: str, summary: str, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = [d for d in validate(Workplace(tmp_path, {})) if d.summary == summary]
    assert len(found) == 1
    assert words in f"{found[0].detail} {found[0].hint}"
    assert found[0].span is not None


def test_a_message_says_in_which_block_it_is(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('variable "a" {\n  typ = string\n}\nlocals {\n  b = locl.x\n}\n')
    found = [(d.context, d.summary) for d in validate(Workplace(tmp_path, {})) if d.severity.value == "error"]
    assert found == [('variable "a"', "Unsupported argument"), ("locals", "Reference to undeclared name")]


@pytest.mark.parametrize(
    ("constraints", "fits"),
    [
        (">= 1.2, < 2", True),
        ("~> 1.2", True),
        ("~> 1.2.0", False),
        ("~> 1", True),
        ("!= 1.3.4", False),
        ("1.3.4", True),
        ("= 1.3", False),
        ("> 1.3.4", False),
        ("v1.3.4", True),
        (">= 1.3.4+build", True),
    ],
)
def test_a_version_is_held_against_its_constraints(constraints: str, fits: bool) -> None:
    assert satisfies("1.3.4", constraints) is fits
    assert satisfies("1.3.4-dev", constraints) is fits


@pytest.mark.parametrize(
    ("constraints", "words"), [("=> 1", 'Did you mean ">="?'), ("^1.2", 'Did you mean "~>"?'), (">= 1-beta", "-beta"), ("", "no")]
)
def test_a_constraint_that_is_none(constraints: str, words: str) -> None:
    with pytest.raises(ValueError, match="constraint") as caught:
        satisfies("1.0.0", constraints)
    assert words in str(caught.value)


def test_names_that_are_none_hide_no_other_mistake(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(
        'locals {\n  x = [1]\n}\noutput "a" {\n  value = upper(local.x)\n}\noutput "b" {\n  value = local.y\n}\n'
        'namespace "n" {\n  labels = { a = local.y }\n  colour = 1\n}\n'
    )
    found = [(d.summary, d.span.start.line) for d in validate(Workplace(tmp_path, {})) if d.span]
    assert found == [
        ("Invalid function argument", 5),
        ("Reference to undeclared local value", 8),
        ("Reference to undeclared local value", 11),
        ("Unsupported argument", 12),
    ]
