"""Mistakes and what is said of them: each has its summary, its line, and words that help. Never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.model.resource import Resource
from tests.fakes.world import PROVIDERS, TYPES

OK = 'disk "data" { size = 1 }\n'

# (what is written, summary, line, a part of the detail or hint)
MISTAKES: list[tuple[str, str, int, str]] = [
    ('disk "data" {', "Unclosed configuration block", 1, "closing brace"),
    ("disk data size = 1", "Invalid block definition", 1, "block content"),
    ("a = 1 b = 2", "Missing newline after argument", 1, "newline"),
    ('disk "data" { size = 1\nsize = 2 }', "Invalid single-argument block definition", 1, "closing brace"),
    ('disk "data" {\n  size = 1\n  size = 2\n}', "Attribute redefined", 3, "main.hcl:2"),
    ('disk "data" {\n  size = "${1"\n}', "Extra characters after interpolation expression", 2, "brace"),
    ('disk "data" {\n  size = \'1\'\n}', "Invalid character", 2, "double quotes"),
    ('disk "data" {\n  name = "a\n}', "Invalid multi-line string", 2, "heredoc"),
    ('disk "data" {\n  name = "\\q"\n}', "Invalid escape sequence", 2, "q"),
    ("/* never closed", "Unterminated comment", 1, "*/"),
    ("x = 1", "Unsupported argument", 1, "locals"),
    ('dsik "data" { size = 1 }', "Unsupported block type", 1, 'Did you mean "disk"?'),
    ('resource "disk" "data" { size = 1 }', "Unsupported block type", 1, 'disk "data"'),
    ('module "m" { source = "./m" }', "Unreadable module directory", 1, "m\" that this call"),
    ("disk { size = 1 }", "Wrong number of labels", 1, 'disk "NAME"'),
    ('disk "a" "b" { size = 1 }', "Wrong number of labels", 1, "one label"),
    ('disk "9a" { size = 1 }', "Invalid name", 1, "not a name"),
    (OK + OK, "Duplicate declaration", 2, "main.hcl:1"),
    ('variable "v" { default = 1 }\nvariable "v" { default = 2 }', "Duplicate declaration", 2, "main.hcl:1"),
    ("locals {\n  a = 1\n}\nlocals {\n  a = 2\n}", "Duplicate declaration", 5, "main.hcl:2"),
    ('disk "data" {\n  size = 1\n  sise = 2\n}', "Unsupported argument", 3, 'Did you mean "size"?'),
    ('disk "data" {}', "Missing required argument", 1, '"size"'),
    ('disk "data" {\n  size = null\n}', "Missing required argument", 2, "null"),
    ('disk "data" {\n  size = "big"\n}', "Incorrect attribute value type", 2, "number"),
    ('disk "data" {\n  size = [1]\n}', "Incorrect attribute value type", 2, "size"),
    ('disk "data" {\n  size = 0\n}', "Invalid size", 2, "at least 1"),
    ('disk "data" {\n  size = 1\n  tags = "x"\n}', "Incorrect attribute value type", 3, "tags"),
    ('disk "data" {\n  size = 1\n  id = "x"\n}', "Read-only argument", 3, "server"),
    ('disk "data" {\n  size = 1\n  prot "a" { number = 1 }\n}', "Unsupported block type", 3, "prot"),
    ('disk "data" {\n  size = 1\n  tags { a = 1 }\n}', "Unsupported block type", 3, "tags = "),
    ('machine "m" {\n  disk = "x"\n  port = 1\n}', "Unsupported argument", 3, "is a block"),
    ('machine "m" {\n  disk = "x"\n  port { number = 1 }\n}', "Wrong number of labels", 3, "1 label"),
    ('machine "m" {\n  disk = "x"\n  port "a" {}\n}', "Missing required argument", 3, "number"),
    ('machine "m" {\n  disk = "x"\n  port "a" { number = 1 }\n  port "a" { number = 2 }\n}', "Duplicate block", 4, ":3"),
    ('machine "m" {\n  disk = machine.m2\n}\n machine "m2" { disk = "x" }', "Wrong kind of reference", 2, "disk.NAME"),
    ('machine "m" {\n  disk = disk.data\n}', "Reference to undeclared resource", 2, 'disk "data"'),
    (OK + 'machine "m" {\n  disk = disk.date\n}', "Reference to undeclared resource", 3, 'Did you mean "data"?'),
    (OK + 'machine "m" {\n  disk = disk.data.idd\n}', "Unsupported attribute", 3, "idd"),
    ('disk "data" {\n  size = var.size\n}', "Reference to undeclared input variable", 2, 'variable "size"'),
    ('disk "data" {\n  size = local.size\n}', "Reference to undeclared local value", 2, "size"),
    ('disk "data" {\n  size = foo.bar\n}', "Reference to undeclared name", 2, "var., local."),
    ('disk "data" {\n  size = each.value\n}', 'Reference to "each" in context without for_each', 2, "for_each"),
    ('disk "data" {\n  size = path.here\n}', "Reference to undeclared path attribute", 2, "here"),
    ('disk "data" {\n  size = nope(1)\n}', "Call to unknown function", 2, "nope"),
    ('disk "data" {\n  size = upper()\n}', "Not enough function arguments", 2, "upper"),
    ('disk "data" {\n  size = 1 + "a"\n}', "Invalid operand", 2, "number"),
    ("locals {\n  a = local.b\n  b = local.a\n}\n" + 'disk "data" { size = local.a }', "Cycle", 2, "local.a"),
    ('machine "a" { disk = machine.b.id }\nmachine "b" { disk = machine.a.id }', "Cycle", 1, "machine.b (main.hcl:2"),
    ('disk "data" {\n  size = 1\n  count = "x"\n}', "Invalid count argument", 3, "whole number"),
    ('disk "data" {\n  size = 1\n  count = -1\n}', "Invalid count argument", 3, "whole number"),
    ('disk "data" {\n  size = 1\n  for_each = ["a"]\n}', "Invalid for_each argument", 3, "toset"),
    ('disk "data" {\n  size = 1\n  count = 2000000\n}', "Invalid count argument", 3, "2,000,000 instances are wanted"),
    (
        "locals {\n  n = range(400)\n}\n"
        'disk "data" {\n  size = 1\n  for_each = toset([for p in setproduct(local.n, local.n) : "${p[0]}-${p[1]}"])\n}',
        "Invalid for_each argument", 6, "160,000 instances are wanted; one block has 100,000 at most",
    ),
    ('disk "data" {\n  size = 1\n  for_each = {}\n  count = 1\n}', "Invalid combination", 3, "exclude"),
    (OK + 'disk "b" {\n  size = 1\n  count = disk.data.id\n}', "Invalid count argument", 4, "after apply"),
    ('disk "data" {\n  size = 1\n  depends_on = [disk.no]\n}', "Reference to undeclared resource", 3, 'disk "no"'),
    ('disk "data" {\n  size = 1\n  lifecycle {\n    prevent = true\n  }\n}', "Unsupported argument", 4, "lifecycle"),
    ('disk "data" {\n  size = 1\n  lifecycle {\n    prevent_destroy = "maybe"\n  }\n}', "Invalid argument", 4, "true or false"),
    ('disk "data" {\n  size = 1\n  timeouts {\n    create = "soon"\n  }\n}', "Invalid timeout", 4, "30s"),
    ('disk "data" {\n  size = 1\n  provider = aws\n}', "Invalid provider reference", 3, "fake"),
    ('provider "feke" {}', "Unknown provider", 1, 'Did you mean "fake"?'),
    ('variable "v" {}', "No value for required variable", 1, "KFINFRA_VAR_v"),
    ('variable "v" {\n  type = strng\n  default = 1\n}', "Invalid type specification", 2, "object"),
    ('variable "v" {\n  type = number\n  default = "a"\n}', "Invalid default value for variable", 3, "number"),
    ('variable "v" {\n  defualt = 1\n}', "Unsupported argument", 2, 'Did you mean "default"?'),
    (
        'variable "v" {\n  default = 1\n  validation {\n    condition = var.v > 1\n    error_message = "Too small."\n  }\n}',
        "Invalid value for variable", 1, "Too small.",
    ),
    ('output "o" {}', "Missing required argument", 1, "value"),
    ('output "o" {\n  value = 1\n  vlaue = 2\n}', "Unsupported argument", 3, "vlaue"),
    (
        'variable "s" {\n  default = "x"\n  sensitive = true\n}\noutput "o" {\n  value = var.s\n}',
        "Output refers to sensitive values", 6, "sensitive = true",
    ),
    ('kfinfra {\n  required_version = ">= 99"\n}', "Unsupported kfinfra version", 2, ">= 99"),
    ('kfinfra {\n  required_version = "latest"\n}', "Invalid version constraint", 2, "~> 1.2"),
    ('kfinfra {\n  backend "locale" {}\n}', "Unsupported backend type", 2, 'Did you mean "local"?'),
    ('kfinfra {\n  backend "local" {}\n  backend "local" {}\n}', "Duplicate block", 3, "main.hcl:2"),
    (
        'kfinfra {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n    dynamodb_table = "t"\n  }\n}',
        "Unsupported argument", 5, "always locked",
    ),
    (
        'kfinfra {\n  backend "s3" {\n    bucket = disk.d.name\n    key = "k"\n  }\n}\ndisk "d" {\n  size = 1\n}',
        "Reference not allowed", 3, "before the state can be read",
    ),
    ('kfinfra {\n  backend "s3" {\n    bucket = "b"\n    key = "/k"\n  }\n}', "Invalid key", 4, "no slash"),
    ('kfinfra {\n  encryption {}\n}', "Nothing is encrypted", 2, "state { method"),
    ('kfinfra {\n  encryption {\n    method "aes" "m" {}\n  }\n}', "Invalid method", 3, '"aes_gcm"'),
    ('kfinfra {\n  encryption {\n    method "aes_gcm" "m" {}\n  }\n}', "Missing required argument", 3, "keys"),
    (
        'kfinfra {\n  encryption {\n    key_provider "pbkdf2" "k" {\n      passphrase = "short"\n    }\n  }\n}',
        "Passphrase is too short", 4, "16",
    ),
    (
        'kfinfra {\n  encryption {\n    state {\n      method = method.aes_gcm.m\n    }\n  }\n}',
        "Invalid reference", 4, "There is no method aes_gcm.m",
    ),
    (
        'kfinfra {\n  encryption {\n    method "unencrypted" "m" {}\n    state {\n      method = method.unencrypted.m\n'
        "      enforced = true\n    }\n  }\n}",
        "Unencrypted method is forbidden", 4, "enforced",
    ),
    ('kfinfra {\n  backends "s3" {}\n}', "Unsupported block type", 2, 'Did you mean "backend"?'),
]  # fmt: skip


def mistakes(folder: Path) -> list[Diagnostic]:
    """What is wrong with the configuration in `folder`, as plan would tell."""
    try:
        config = load(FolderSources(folder), TYPES, PROVIDERS, {})
        for block in config.order:
            for desired in config.instances(block):
                from kfinfra.config.instances import as_planned

                planned = as_planned(desired, TYPES[block.type])
                config.settle(Resource(planned.address, planned.attributes, planned.sensitive))
                if failed := config.check_after(planned.address):
                    raise DiagnosticError(failed)
        config.outputs()
        if problems := config.imports().problems:
            raise DiagnosticError(problems)
    except DiagnosticError as problem:
        return list(problem.diagnostics)
    return []


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = mistakes(tmp_path)
    told = [(d.summary, d.span and (d.span.filename, d.span.start.line)) for d in found]
    assert (summary, ("main.hcl", line)) in told
    said = next(d for d in found if d.summary == summary)
    assert words in said.detail + said.hint
    assert said.span is not None and said.span.code


def test_several_mistakes_come_together_sorted(tmp_path: Path) -> None:
    (tmp_path / "b.hcl").write_text('disk "b" {\n  size = 0\n  colour = 1\n}')
    (tmp_path / "a.hcl").write_text('disc "a" {}\nvariable "v" {}\nmodule "m" {}')
    assert [d.summary for d in mistakes(tmp_path)] == ["Unsupported block type", "Missing required argument"]
    (tmp_path / "a.hcl").unlink()
    assert {d.summary for d in mistakes(tmp_path)} == {"Invalid size", "Unsupported argument"}


@pytest.mark.parametrize(
    ("text", "summaries"),
    [
        ('disk "a" {\n  sise = 1\n}', ["Unsupported argument"]),
        ('disk "a" {\n  sise = 1\n  sizee = 2\n}', ["Unsupported argument", "Unsupported argument"]),
        ('disk "a" {\n  colour = 1\n}', ["Unsupported argument", "Missing required argument"]),
        ('machine "a" {\n  dsik = "x"\n  port "p" {\n    numer = 1\n  }\n}', ["Unsupported argument", "Unsupported argument"]),
        ('output "a" {\n  valeu = 1\n}', ["Unsupported argument"]),
        ('output "a" {\n  vlue = 1\n  value = 2\n}', ["Unsupported argument"]),
    ],
)
def test_a_misspelt_argument_is_not_missing_besides(tmp_path: Path, text: str, summaries: list[str]) -> None:
    (tmp_path / "main.hcl").write_text(text)
    assert [d.summary for d in mistakes(tmp_path)] == summaries


def test_each_cycle_is_told(tmp_path: Path) -> None:
    text = "locals {\n  a = local.b\n  b = local.a\n  c = local.c\n}\n" + 'disk "data" { size = disk.data.size }'
    (tmp_path / "main.hcl").write_text(text)
    assert [(d.summary, d.span and d.span.start.line) for d in mistakes(tmp_path)] == [("Cycle", 2), ("Cycle", 4), ("Cycle", 6)]


def test_a_folder_without_configuration_and_a_file_that_is_not_text(tmp_path: Path) -> None:
    assert mistakes(tmp_path)[0].summary == "No configuration files"
    (tmp_path / "main.tf").write_text("")
    assert "Terraform's" in mistakes(tmp_path)[0].detail
    (tmp_path / "main.hcl").write_bytes(b"\xff\xfe")
    assert mistakes(tmp_path)[0].summary == "Invalid character encoding"
    assert mistakes(tmp_path / "nowhere")[0].summary == "Cannot read the configuration"
