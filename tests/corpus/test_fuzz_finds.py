"""What tools/fuzz_expressions.py found and was mended: each expression with the value that terraform 1.11.4 prints."""

# ruff: noqa: E501
from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.evaluating import Console, open_console
from kfinfra.app.options import Workplace
from kfinfra.diag import DiagnosticError

CONFIGURATION = """\
variable "s" {
  default   = 5
  sensitive = true
}
variable "ev" {
  default   = "gone"
  ephemeral = true
}
variable "groups" {
  type    = list(object({ name = string, size = optional(number), tags = optional(map(string), {}) }))
  default = [{ name = "a", tags = { x = 1 } }, { name = "b", size = "7" }]
}
variable "ut" { type = tuple([string, number]) }
variable "ug" { type = object({ name = string, tags = optional(map(string)) }) }
variable "u" { type = string }
variable "un" { type = number }
variable "ub" { type = bool }
variable "ul" { type = list(string) }
variable "um" { type = map(number) }
variable "uo" { type = object({ a = string, b = number }) }
variable "ua" { type = any }
locals {
  sl = [1, sensitive("in")]
  sm = { a = sensitive(1), b = "open" }
  tpl = "<$${a}|%%{ for x in b ~} $${x}%%{ endfor }>"
  lo = [{ id = "a", v = 1 }, { id = "b", v = null }]
}
"""
HEREDOC = "<<-E\n   0x1F ${2 ~}\n .5\nE\n"
VALUES = {
    # numbers have 512 bits, and print as the shortest decimal that stands for them
    "1/3*3": "1",
    "1/3": "0." + 153 * "3" + "35",
    "99999999.99999999 % 1050": "99.99999999" + 139 * "0" + "1287",
    "3.141592653589793238462643383279502884": "3.141592653589793238462643383279502884",
    "123456789012345678901234567890 - 0.2": "123456789012345678901234567889.8",
    "log(10, 2)": "3.3219280948873626",
    "log(10, 2) * 1": "3.32192809488736262579777758219279348850250244140625",
    "5 % 0": "5",
    "range(1, 1, 0)": "tolist([])",
    # numbers of subnets and hosts may be as large as IPv6 has them
    'cidrsubnet("fd00::/8", 80, 1180591620717411303424)': '"fd00:4000::/88"',
    'cidrhost("fd00::/8", 1180591620717411303424)': '"fd00:0:0:40::"',
    'nonsensitive("${var.s[*]}")': "[\n  (sensitive value),\n]",
    # zeros stand before an empty text, too
    'format("[%05s|%-5s|%05d]", "", "", -3)': '"[00000|     |-0003]"',
    # letters become others one by one
    'lower("İX")': '"ix"',
    # an empty separator cuts between code points, which "\r\n" has two of
    'length(split("", "1\\r\\n2"))': "4",
    # marks stay on the part that has them
    "merge(local.sm, {c = 2})": '{\n  "a" = (sensitive value)\n  "b" = "open"\n  "c" = 2\n}',
    "concat(local.sl, [3])": "[\n  1,\n  (sensitive value),\n  3,\n]",
    "element(local.sl, 0)": "1",
    'lookup(local.sm, "b")': '"open"',
    "keys(local.sm)": '[\n  "a",\n  "b",\n]',
    "nonsensitive(local.sl)": "[\n  1,\n  (sensitive value),\n]",
    "issensitive(local.sl)": "false",
    "ephemeralasnull(local.sl)": "[\n  1,\n  (sensitive value),\n]",
    "tomap(local.sm)": 'tomap({\n  "a" = (sensitive value)\n  "b" = "open"\n})',
    # both branches mark a conditional
    "false ? var.s : 2.5": "(sensitive value)",
    # `try` and `can` take an expanded list
    "try([1, 2]...)": "1",
    'try(tonumber("a"), [can(1)]...)': "true",
    # `~` reaches to the end of one line of a heredoc, and the indent is taken after it
    HEREDOC: "<<EOT\n0x1F 2 .5\n\nEOT",
    '"\\u2028 ${~ 1}"': '"1"',
    "element(tolist([1, 2, 3]), -1)": "3",
    "tolist(local.lo)[*].id": 'tolist([\n  "a",\n  "b",\n])',
    "setproduct(toset([1]), [2, 2])": "toset([\n  [\n    1,\n    2,\n  ],\n])",
    'coalesce("a", [1], null)': '"a"',
    'title("ǆ")': '"ǅ"',
    'timeadd("1999-12-31T00:00:00-05:30", "0")': '"1999-12-31T00:00:00-05:30"',
    "coalesce(1, var.u)": '"1"',
    'coalesce("", "b", var.u)': '"b"',
    "anytrue([true, can(var.u)])": "true",
    "1 == var.u": "false",
    "sensitive(var.u)": "(known after apply)",
    "[for v in [] : v if sensitive(true)]": "[]",
    'lookup({ a = 1 }, "a", sensitive(2))': "1",
    'substr("hello", -2, 0)': '"lo"',
    # types: an empty collection keeps its own, elements of one type are looked for with a bare null among them, too
    'setsubtract([true], compact(jsondecode("[]")))': 'toset([\n  "true",\n])',
    "coalesce(null, [1], [1, 2])": "[\n  1,\n]",
    "tolist([[], [null], [1]])": "tolist([\n  tolist([]),\n  tolist([\n    tonumber(null),\n  ]),\n  tolist([\n    1,\n  ]),\n])",
    'contains(tolist(["1"]), 1)': "false",
    "tolist([]) == compact([])": "false",
    # a branch that is not taken has the type that what can be told of it has
    'can(true ? [[1], [2, 3]] : "${-1} ${~ null}")': "false",
    'true ? 1 : "${[]} a"': '"1"',
    'true ? { a = 1 } : { b = regex("x", "y") }': 'tomap({\n  "a" = 1\n})',
    # sets of structures are in the order of cty's
    "toset([[], [null], [1]])": "toset([\n  tolist([\n    1,\n  ]),\n  tolist([]),\n  tolist([\n    tonumber(null),\n  ]),\n])",
    # what is not known yet: the types of results, what equality can tell, what is not looked at
    "[for k, v in [] : k if contains(v, null)]": "[]",
    "alltrue([var.ub, false])": "(known after apply)",
    "var.u == var.un": "(known after apply)",
    "var.ul == [1]": "false",
    "[var.u, 1] == [var.u, 2]": "(known after apply)",
    'sort([var.u, "a"])': "tolist([\n  (known after apply),\n  (known after apply),\n])",
    "setunion([var.u], [1])": 'toset([\n  "1",\n  (known after apply),\n])',
    "keys(var.uo)": '[\n  "a",\n  "b",\n]',
    'formatlist("%s", var.u)': "tolist([\n  (known after apply),\n])",
    "var.ub ? 0.2 : 0.2": "0.2",
    '"a${var.u}"[*]': "[\n  (known after apply),\n]",
    "try([var.u], 1)": "(known after apply)",
    '{ for k, v in [1] : "${var.u}" => parseint(k, v) }': "(known after apply)",
    # nulls have the type that they were converted to
    "tostring(null)": "tostring(null)",
    "[tostring(null)] == [null]": "false",
    "tostring(null) == null": "true",
    "true ? null : 1": "tonumber(null)",
    "one(compact([]))": "tostring(null)",
    "var.groups[*][*] == tolist([for g in var.groups : [g]])": "true",
    "var.groups[*].size": "tolist([\n  tonumber(null),\n  7,\n])",
    "merge(null, tomap({ a = 1 }))": '{\n  "a" = 1\n}',
    'regexall("(x)|(a)", "x")': 'tolist([\n  [\n    "x",\n    tostring(null),\n  ],\n])',
    "ephemeralasnull({ a = var.ev, b = 1 })": '{\n  "a" = tostring(null)\n  "b" = 1\n}',
    'format("%v", tostring(null))': '"null"',
    # a branch that fails has the marks and the keys of what does not fail in it
    '"%{ if false }${sensitive(null)}%{ else }b%{ endif }"': '"b"',
    '"%{ if true }a%{ else }${sensitive(1)}${[]}%{ endif }"': "(sensitive value)",
    "true ? 1 : { for k, v in {} : v => k if { a = !null }.a }": "1",
    # numbers to the last bit
    "log(3, 2)": "1.584962500721156",
    "pow(0.1, 10)": "0.00000000010000000000000011",
    "pow(2.5, 3) % 0.7": "0.22499999999999964",
    "pow(0.3, 3) + pow(0.7, 2)": "0.5169999999999999",
    # what is not known yet
    "[for v in { a = var.un } : v if v]": "(known after apply)",
    "setproduct([], var.ut)": "tolist([])",
    "chunklist(toset([var.un, null]), 3)": "(known after apply)",
    "element([], var.un)": "(known after apply)",
    "zipmap([var.u], [1, 2])": "(known after apply)",
    "flatten(toset([var.u, 1]))": "(known after apply)",
    "one(toset([var.u, 1]))": "(known after apply)",
    "flatten([var.ug])": "[\n  (known after apply),\n]",
    'strcontains("a-${var.u}", "x")[*]': "(known after apply)",
    "[1, 2] == [var.un, null]": "false",
    # what a text begins with that is not known yet: its last letter may still get an accent
    'startswith("a${var.u}", "a")': "(known after apply)",
    'startswith("a-${var.u}", "a-")': "true",
    'startswith("a-${var.u}", "a-b")': "(known after apply)",
    'startswith("a-${var.u}", "b")': "false",
    'format("a-%s", var.u) == "b"': "false",
    'jsonencode([var.u]) == "x"': "false",
    "can(false ? 1 : templatestring(local.tpl, { a = null, b = [] }))": "false",
    # texts are in normal form C, whatever they were put together from
    'length("e${"\\u0301"}")': "1",
    'join("", ["e", "\\u0301"]) == "é"': "true",
    '[strrev("\\u0301e"), replace("e1", "1", "\\u0301"), format("e%s", "\\u0301")] == ["é", "é", "é"]': "true",
    'base64decode("ZcyB") == "é"': "true",
    '"%{ for x in ["e", "\\u0301"] }${x}%{ endfor }" == "é"': "true",
    # YAML
    'yamlencode({ "a\\nb" = [1], "c\\r" = { d = 1 } })': '<<EOT\n? |-\n  a\n  b\n: - 1\n? "c\\r"\n: "d": 1\n\nEOT',
    'yamldecode("2020-01-01")': '"2020-01-01T00:00:00Z"',
    'yamldecode("[1e3, 1_000, 017, 0o17, 0x1F, yes, 1:30]")': '[\n  1000,\n  "1_000",\n  17,\n  15,\n  31,\n  true,\n  "1:30",\n]',
    'yamldecode("a: &x {p: 1}\\nb:\\n  <<: *x\\n  q: 2").b': '{\n  "p" = 1\n  "q" = 2\n}',
    'chomp(yamlencode("\\U0001f469\\u2028\\t"))': '"\\"\\\\U0001F469\\\\L\\\\t\\""',
}
ERRORS = [
    "[for v in [] : v if 1.5]",
    'yamldecode("")',
    'csvdecode("x\\n\\"q\\n")',
    'indent(-2, "a")',
    'coalescelist(toset([1]), [2])',
    "signum(1e20)",
    'format("%[1]s", 1, 2)',
    'format("%d", 0.5)',
    'lookup(tomap({ a = 1 }), "a", "x")',
    "coalescelist([1], true)",
    "zipmap([1], toset([2]))",
    'templatestring("a", {})',
    'yamldecode("? [a]\\n: 1")',
    # no type in common
    'element(coalesce(local.lo.*.id, regexall("(x)|(a)", "y")), 4)',
    "distinct([null, true ? {} : {1 = 2}])",
    "toset([[1], null])",
    "setintersection([1], csvdecode(\"a\\n\"))",
    # what types tell of values that are not known yet
    'lookup(var.um, "a", var.ul)',
    "length(var.un)",
    "tonumber(var.ub)",
    "element(setunion([var.u], []), 0)",
    'regex("[", var.u)',
    "one(var.u)",
    "zipmap([], var.uo)",
    "matchkeys(tolist([var.ul]), [null, 1], [])",
    "[for v in var.u : v]",
    "[for v in var.ul : v if {a = v}.nope]",
    "[1, 2][var.uo]",
    '-lookup(var.uo, "nope", [1])',
    'jsondecode("p ${var.u}")',
    "merge(1, { (var.u) = 1 })",
    "[for v in var.ut[1] : v]",
    "[for v in [var.ub] : v if var.ul]",
    "var.ub ? var.ug : tomap({ a = 1 })",
    # nulls of a type
    "tolist(null)[*]",
    "coalescelist(null, [1])",
    # sets that have nothing in common after all, and what does not convert to what they have
    "setsubtract([[], [null]], [null])",
    'setunion([{}, { a = null }], toset([{ k = "b", n = [] }]))',
    "setintersection([3], setunion([null], [[1], [2, 3]]))",
    'zipmap(["a", null], [1, 2])',
    # names that a template uses in vain, and what it cannot take
    "templatestring(local.tpl, { a = 1 })",
    "templatestring(local.tpl, { a = [1], b = [var.u] })",
]  # fmt: skip


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    folder: Path = tmp_path_factory.mktemp("found")
    (folder / "main.hcl").write_text(CONFIGURATION)
    return open_console(Workplace(folder, {}))


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_is_terraforms(console: Console, expression: str) -> None:
    assert console.answer(expression) == VALUES[expression]


@pytest.mark.parametrize("expression", ERRORS)
def test_an_error_is_one_here_too(console: Console, expression: str) -> None:
    with pytest.raises(DiagnosticError):
        console.answer(expression)
