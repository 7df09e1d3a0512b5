"""Variables as Terraform has them: types with defaults at every depth, values from everywhere, rules that may refer to others."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.validation import validated
from kfinfra.config.configuration import Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.keys import BlockKey
from kfinfra.config.loading import load
from kfinfra.diag import DiagnosticError
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.model.resource import Resource
from kfinfra.values.codec import to_data
from tests.fakes.world import PROVIDERS, TYPES


def configuration(
    folder: Path, text: str, *inputs: tuple[str, str], env: dict[str, str] | None = None, files: dict[str, str] | None = None
) -> Configuration:
    (folder / "main.hcl").write_text(text)
    for name, content in (files or {}).items():
        (folder / name).write_text(content)
    return load(FolderSources(folder), TYPES, PROVIDERS, env or {}, inputs)


def value(config: Configuration, name: str) -> Plain:
    return to_data(config.variables.values[name], UNKNOWN)[0]


def told(folder: Path, text: str, *inputs: tuple[str, str], **more: dict[str, str]) -> list[tuple[str, str, str]]:
    """What is wrong: summary, place, all words."""
    with pytest.raises(DiagnosticError) as caught:
        configuration(folder, text, *inputs, **more)
    return [(d.summary, str(d.span), f"{d.detail} {d.hint} {d.values}") for d in caught.value.diagnostics]


NESTED = """
variable "pool" {
  type = object({
    name  = string
    size  = optional(number, 3)
    scale = optional(object({ min = optional(number, 0), zones = optional(list(string), ["a"]) }), {})
    disks = optional(list(object({ kind = optional(string, "ssd") })))
    pair  = optional(tuple([string, object({ n = optional(number, 7) })]))
    more  = optional(any)
  })
}
"""


def test_defaults_fill_in_at_every_depth(tmp_path: Path) -> None:
    config = configuration(tmp_path, NESTED, ("var", 'pool={ name = "n", disks = [{}, { kind = "hdd" }], pair = ["x", {}] }'))
    assert value(config, "pool") == {
        "name": "n",
        "size": 3,
        "scale": {"min": 0, "zones": ["a"]},
        "disks": [{"kind": "ssd"}, {"kind": "hdd"}],
        "pair": ["x", {"n": 7}],
        "more": None,
    }


def test_what_an_object_type_does_not_have_is_warned_of_where_it_is_written(tmp_path: Path) -> None:
    config = configuration(tmp_path, NESTED, files={"kfinfra.kfvars": 'pool = { name = "n", scale = { mn = 1 } }\n'})
    (found,) = config.warnings
    assert (found.summary, str(found.span)) == ("Object attribute is ignored", "kfinfra.kfvars:1:32")
    assert 'The type of var.pool.scale has no attribute "mn"' in found.detail
    assert 'Did you mean "min"?' in found.detail


ANY_ORDER = 'variable "v" { type = string }'


def test_the_last_of_the_command_line_wins_whatever_its_kind(tmp_path: Path) -> None:
    files = {"kfinfra.kfvars": 'v = "main"', "a.auto.kfvars": 'v = "auto"', "z.kfvars": 'v = "z"'}
    env = {"KFINFRA_VAR_v": "env"}
    inputs = [("var", "v=cli"), ("file", "z.kfvars")]
    assert value(configuration(tmp_path, ANY_ORDER, *inputs, env=env, files=files), "v") == "z"
    assert value(configuration(tmp_path, ANY_ORDER, *reversed(inputs), env=env, files=files), "v") == "cli"
    assert value(configuration(tmp_path, ANY_ORDER, env=env), "v") == "auto"
    for name in files:
        (tmp_path / name).unlink()
    assert value(configuration(tmp_path, ANY_ORDER, env=env), "v") == "env"


def test_json_var_files_come_after_their_siblings_and_hold_plain_texts(tmp_path: Path) -> None:
    files = {"kfinfra.kfvars": 'v = "main"', "kfinfra.kfvars.json": '{"v": "${1+1}"}'}
    assert value(configuration(tmp_path, ANY_ORDER, files=files), "v") == "${1+1}"


TYPES_GONE_WRONG = [
    ('"string"', "Invalid quoted type constraints", "write: string"),
    ('"list"', "Invalid quoted type constraints", "list(string)"),
    ("strng", "Invalid type specification", 'Did you mean "string"?'),
    ("list(integer)", "Invalid type specification", 'Did you mean "number"?'),
    ("array", "Invalid type specification", 'Did you mean "list"?'),
    ("optional(string)", "Invalid type specification", "Only an attribute of an object can be optional"),
    ("object(string)", "Invalid type specification", "object({ NAME = TYPE, … })"),
    ("{ a = string }", "Invalid type specification", "object({ NAME = TYPE, … })"),
    ("[string]", "Invalid type specification", "list(TYPE)"),
    ("tuple(string)", "Invalid type specification", "tuple([TYPE, …])"),
    ("list()", "Invalid type specification", "list(TYPE)"),
    ("set", "Invalid type specification", "set(TYPE)"),
    ("string()", "Invalid type specification", "takes no arguments"),
    ("object({ a = optional(number, 1, 2) })", "Invalid type specification", "its default"),
    ('object({ a = optional(number, "x") })', "Invalid default value for optional attribute", "a number is required"),
    ("object({ a = string, a = number })", "Invalid type specification", "declared twice"),
]


@pytest.mark.parametrize(("kind", "summary", "words"), TYPES_GONE_WRONG)
def test_what_is_no_type_is_told_with_what_to_write(tmp_path: Path, kind: str, summary: str, words: str) -> None:
    ((said, place, all_words),) = told(tmp_path, f'variable "v" {{\n  default = null\n  type = {kind}\n}}')
    assert (said, place.split(":")[1]) == (summary, "3")
    assert words in all_words


BLOCKS_GONE_WRONG = [
    ('variable "count" {}', "Invalid variable name", "reserved"),
    ('variable "v" {\n  typ = string\n}', "Unsupported argument", 'Did you mean "type"?'),
    ('variable "v" {\n  required = true\n}', "Unsupported argument", "where it has no default"),
    ('variable "v" {\n  value = 1\n}', "Unsupported argument", "write default"),
    ('variable "v" {\n  validation = true\n}', "Unsupported argument", "validation { … }"),
    ('variable "v" {\n  default {}\n}', "Unsupported block type", "default = …"),
    ('variable "v" {\n  description = upper("a")\n}', "Invalid argument", "written out"),
    ('variable "v" {\n  default = upper("a")\n}', "Function calls not allowed", "local value"),
    ('variable "v" {\n  default = path.module\n}', "Variables not allowed", "no references"),
    ('variable "v" {\n  nullable = false\n  default  = null\n}', "Invalid default value for variable", "null is no default"),
    ('variable "v" {\n  type = list(number)\n  default = [1, "x"]\n}', "Invalid default value for variable", "[1]: a number"),
    (
        'variable "v" {\n  validation {\n    condition = true\n    error_message = "x"\n  }\n}',
        "Invalid validation expression",
        "nothing",
    ),
    (
        'locals {\n  a = 1\n}\nvariable "v" {\n  validation {\n    condition = local.a == 1\n    error_message = "x"\n  }\n}',
        "Invalid variable validation condition",
        "must refer to var.v",
    ),
    (
        'variable "v" {\n  validation {\n    conditon = var.v\n    error_message = "x"\n  }\n}',
        "Unsupported argument",
        'Did you mean "condition"?',
    ),
    (
        'variable "v" {\n  validation {\n    condition = var.v > var.w\n    error_message = "x"\n  }\n}',
        "Reference to undeclared input variable",
        '"w"',
    ),
]


@pytest.mark.parametrize(("text", "summary", "words"), BLOCKS_GONE_WRONG)
def test_what_a_variable_has_not_is_told(tmp_path: Path, text: str, summary: str, words: str) -> None:
    given = [("var", "v=1")] if 'variable "v"' in text else []
    found = next(t for t in told(tmp_path, text, *given) if t[0] == summary)
    assert (found[0], words in found[2]) == (summary, True)


RULES = """
variable "least" { default = 2 }
locals { most = var.least * 5 }
variable "n" {
  type = number
  validation {
    condition     = var.n >= var.least
    error_message = "n is ${var.n}, and must be at least ${var.least}."
  }
  validation {
    condition     = var.n <= local.most && contains(range(100), var.n)
    error_message = "n is at most ${local.most}."
  }
}
"""


def test_rules_refer_to_other_values_and_all_of_them_are_asked(tmp_path: Path) -> None:
    assert value(configuration(tmp_path, RULES, ("var", "n=5")), "n") == 5
    ((summary, place, words),) = told(tmp_path, RULES, ("var", "n=1"))
    assert (summary, place) == ("Invalid value for variable", "<value of -var n>:1:1")
    assert "n is 1, and must be at least 2." in words
    assert "checked by the validation rule at main.hcl:6:3" in words
    assert "('var.least', 'is 2')" in words
    assert "n is at most 10." in told(tmp_path, RULES, ("var", "n=11"))[0][2]


def test_a_condition_that_is_no_condition(tmp_path: Path) -> None:
    text = 'variable "v" {\n  validation {\n    condition = %s\n    error_message = %s\n  }\n}'
    ((summary, place, _),) = told(tmp_path, text % ("var.v", '"x"'), ("var", "v=x"))
    assert (summary, place) == ("Invalid condition result", "main.hcl:3:17")
    ((summary, place, _),) = told(tmp_path, text % ('var.v == "y"', "[var.v]"), ("var", "v=x"))
    assert (summary, place) == ("Invalid error message", "main.hcl:4:21")


def test_a_rule_about_what_is_not_known_yet_is_asked_when_it_is(tmp_path: Path) -> None:
    text = """
    disk "d" { size = 1 }
    variable "v" {
      validation {
        condition     = var.v == disk.d.id
        error_message = "v is not the disk."
      }
    }
    """
    config = configuration(tmp_path, text, ("var", "v=disk-1"))
    (desired,) = config.instances(config.order[0])
    config.settle(Resource(desired.address, {"id": UNKNOWN, "name": "d", "size": 1}))
    assert config.outputs() == {}
    config.settle(Resource(desired.address, {"id": "disk-2", "name": "d", "size": 1}), final=True)
    with pytest.raises(DiagnosticError) as caught:
        config.outputs()
    assert [d.detail for d in caught.value.diagnostics] == ["v is not the disk."]


def test_a_default_that_breaks_a_rule_is_told_where_the_value_is_needed_only(tmp_path: Path) -> None:
    text = RULES.replace("type = number", "default = 0")
    (tmp_path / "main.hcl").write_text(text)
    load(FolderSources(tmp_path), TYPES, PROVIDERS, {}, require_variables=False)
    assert [t[0] for t in told(tmp_path, text)] == ["Invalid value for variable"]


def test_a_secret_that_does_not_fit_is_not_shown(tmp_path: Path) -> None:
    text = 'variable "v" {\n  type      = list(number)\n  sensitive = true\n}'
    for given in ('v=["hunter2"]', "v=hunter2", "v=[hunter2", "v=hunter2("):
        with pytest.raises(DiagnosticError) as caught:
            configuration(tmp_path, text, ("var", given))
        (found,) = caught.value.diagnostics
        assert "hunter2" not in str(found.values) + (found.span.code if found.span else "")


def test_variables_without_a_value_are_asked_for_in_order(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(
        'variable "b" { type = list(number) }\nvariable "c" { default = 1 }\n'
        'variable "a" {\n  description = "The a."\n  sensitive = true\n}\n'
    )
    seen: list[tuple[str, str, bool]] = []

    def ask(name: str, description: str, secret: bool) -> str:
        seen.append((name, description, secret))
        return {"a": "x", "b": "[1, 2]"}[name]

    config = load(FolderSources(tmp_path), TYPES, PROVIDERS, {}, ask=ask)
    assert (value(config, "a"), value(config, "b")) == ("x", [1, 2])
    assert seen == [("a", "The a.", True), ("b", "", False)]


@pytest.mark.parametrize(
    ("given", "words"),
    [("v", "-var 'v=VALUE'"), ("w=1", 'No variable "w"'), ("v =1", "-var 'v=1'")],
)
def test_a_var_option_that_cannot_be(tmp_path: Path, given: str, words: str) -> None:
    ((summary, _, all_words),) = told(tmp_path, 'variable "v" {}', ("var", given))
    assert summary in ("Invalid -var option", "Value for undeclared variable")
    assert words in all_words


def test_a_declaration_in_a_var_file(tmp_path: Path) -> None:
    found = told(tmp_path, 'variable "v" { default = 1 }', files={"kfinfra.kfvars": 'variable "v" {\n  default = 2\n}\n'})
    assert [(f[0], "write: v = …" in f[2]) for f in found] == [("Variable declaration in a var file", True)]


NULLS = """
variable "o" {
  type = object({ zone = optional(string), size = optional(number), tags = optional(map(string)) })
}
variable "wanted" {
  type    = string
  default = null
}
locals { none = tostring(null) }
disk "d" {
  size = 1
  zone = var.o.zone
}
disk "e" {
  size = 1
  zone = local.none
}
disk "f" {
  size = 1
  zone = one([for zone in [var.wanted] : zone])
}
"""


@pytest.mark.parametrize("name", ["d", "e", "f"])
def test_a_null_of_a_type_is_an_argument_that_is_not_written(tmp_path: Path, name: str) -> None:
    config = configuration(tmp_path, NULLS, ("var", "o={}"))
    (desired,) = config.instances(BlockKey((), "disk", name))
    assert desired.resource.attributes["zone"] == "a"


def test_a_required_argument_that_is_a_null_of_a_type_is_told(tmp_path: Path) -> None:
    text = NULLS + 'disk "g" {\n  size = var.o.size\n}\n'
    found = validated(configuration(tmp_path, text, ("var", "o={}")))
    assert [d.summary for d in found] == ["Missing required argument"]
