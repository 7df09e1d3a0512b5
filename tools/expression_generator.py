"""Random expressions of a wanted kind, now and then of another one: what the fuzz of the evaluator asks both sides."""

# ruff: noqa: E501  (tables)
from __future__ import annotations

from random import Random

from expression_samples import FUNCTIONS, NUMBERS, STRINGS, TEXTS

KINDS = ("number", "string", "bool", "list", "map", "any")
KEYS = ("a", "b", "c", "x", "é", "a-b")
# The names that both sides know (`PREAMBLE`), by kind.
NAMES = {
    "number": ["local.n", "local.f", "var.sn"], "string": ["local.s", "local.e", "var.ss", "var.ev"], "bool": ["local.b"],
    "list": [
        "local.l", "local.ln", "local.lo", "local.t", "local.st", "local.sl", "local.tl", "local.nt", "local.el", "local.es", "local.sn",
        "local.so", "local.ll", "var.groups", "var.groups[*].name", "local.lo.*.id", "values(var.sizes)",
    ],
    "map": ["local.m", "local.o", "local.tm", "local.sm", "local.em", "local.mo", "{a = var.ev, b = 1}", "var.group", "var.groups[0]", "var.sizes"],
    "any": ["local.nul", "local.o.meta", "local.lo[0].v", "var.group.tags", "var.groups[0].tags", "local.nt[1]", "local.mo.b.n", "var.nothing"],
}  # fmt: skip
UNKNOWN = {
    "number": ["var.un", "var.ug.size"],
    "string": ["var.us", "var.ug.name", '"a-${var.us}"'],
    "bool": ["var.ub"],
    "list": ["var.ul", "var.ut", "var.ust", "var.ulo", "[var.us, 1]", "[var.un, null]", "var.ulo[*].name"],
    "map": ["var.um", "var.uo", "var.ug", "{a = var.un, b = 1}", "{(var.us) = 1}", "var.uml"],
    "any": ["var.ua", "var.ua.x", "var.ua[0]"],
}
TYPES = {
    "number": ["tonumber"],
    "string": ["tostring"],
    "bool": ["tobool"],
    "list": ["tolist", "toset"],
    "map": ["tomap"],
    "any": ["tostring", "tolist", "toset", "tomap"],
}
PREAMBLE = """\
variable "sn" {
  default   = 5
  sensitive = true
}
variable "ss" {
  default   = "hush"
  sensitive = true
}
variable "ev" {
  type      = string
  default   = "gone"
  ephemeral = true
}
variable "un" { type = number }
variable "us" { type = string }
variable "ub" { type = bool }
variable "ul" { type = list(string) }
variable "um" { type = map(number) }
variable "uo" { type = object({ a = string, b = number }) }
variable "ua" { type = any }
variable "ut" { type = tuple([string, number]) }
variable "ust" { type = set(string) }
variable "ulo" { type = list(object({ name = string, n = number })) }
variable "ug" { type = object({ name = string, size = optional(number, 3), tags = optional(map(string)) }) }
variable "uml" { type = map(list(string)) }
variable "nothing" {
  type    = string
  default = null
}
variable "group" {
  type    = object({ name = string, size = optional(number, 3), tags = optional(map(string)) })
  default = { name = "g" }
}
variable "groups" {
  type    = list(object({ name = string, size = optional(number), tags = optional(map(string), {}) }))
  default = [{ name = "a", tags = { x = 1 } }, { name = "b", size = "7" }]
}
variable "sizes" {
  type    = map(any)
  default = { a = [1], b = ["x", 2] }
}
locals {
  tl = tolist(["1", "true"])
  nt = tolist([1, null])
  el = compact([])
  es = toset([])
  em = tomap({})
  sn = toset([10, 9, 1e3])
  so = toset([{ k = "b", n = [] }, { k = "a", n = [] }])
  ll = [[1, 2], [3], []]
  mo = tomap({ a = { n = 1 }, b = { n = null } })
  tpl = "<$${a}|%%{ for x in b ~} $${x}%%{ endfor }>"
  n = 7
  f = 2.5
  s = "héllo-World"
  e = ""
  b = true
  l = ["a", "b", "c"]
  ln = [3, 1, 2]
  m = { x = 1, y = 2, "z-1" = 3 }
  o = { name = "gpu", sizes = [1, 2, 3], meta = { team = "ml", on = true } }
  lo = [{ id = "a", v = 1 }, { id = "b", v = 2 }, { id = "c", v = null }]
  nul = null
  t = tolist(["q", "r"])
  st = toset(["u", "v"])
  tm = tomap({ a = 1, b = 2 })
  sl = [1, sensitive("in")]
  sm = { a = sensitive(1), b = "open" }
}
"""


class Generator:
    """Expressions from a seed; with `unknown` some of them use values that are not known."""

    def __init__(self, seed: int, unknown: bool = False) -> None:
        self.random = Random(seed)
        self.unknown = unknown
        self.names: list[tuple[str, str]] = []

    def make(self) -> str:
        """An expression of any kind."""
        self.names = []
        return self.of(self.pick(KINDS), self.random.choice((1, 2, 2, 3, 3, 4)))

    def pick(self, items: tuple[str, ...] | list[str]) -> str:
        """One of `items`."""
        return self.random.choice(items)

    def chance(self, share: float) -> bool:
        """True so often."""
        return self.random.random() < share

    def of(self, kind: str, depth: int) -> str:
        """An expression that mostly is of `kind`; `kind` may be that of an argument, too."""
        if self.chance(0.03):
            kind = self.pick(KINDS)
        if kind == "any":
            kind = self.pick(KINDS[:5]) if self.chance(0.9) else "null"
        if kind == "null":
            return "null"
        if kind == "small":
            return (
                self.pick(["0", "1", "2", "3", "-1", "8", "10", "16", "0.5", "-2", "4"])
                if self.chance(0.9)
                else self.of("number", depth)
            )
        if kind == "key":
            return self.quoted(self.pick(["a", "b", "x", "nope"]))
        if kind in TEXTS and kind != "string":
            return f'"{self.pick(TEXTS[kind]).replace("${", "$${")}"' if self.chance(0.93) else self.of("string", depth)
        if kind in ("bools", "strings", "numbers", "lists"):
            inner = {"bools": "bool", "strings": "string", "numbers": "number", "lists": "strings"}[kind]
            if kind == "lists":
                return (
                    "{"
                    + ", ".join(f"{self.pick(KEYS)} = {self.of(inner, depth - 1)}" for _ in range(self.random.randrange(3)))
                    + "}"
                )
            return "[" + ", ".join(self.of(inner, depth - 1) for _ in range(self.random.randrange(4))) + "]"
        if depth <= 0:
            return self.leaf(kind)
        ways = [self.leaf, self.common, self.common, self.call, self.call, getattr(self, "_" + kind), getattr(self, "_" + kind)]
        way = self.random.choice(ways)
        return way(kind) if way == self.leaf else way(kind, depth - 1)  # type: ignore[operator, no-any-return]

    def leaf(self, kind: str) -> str:
        """A literal or a name."""
        bound = [name for name, of in self.names if of in (kind, "any")]
        if bound and self.chance(0.6):
            return self.pick(bound)
        if self.chance(0.03):
            return "null"
        if self.unknown and self.chance(0.4):
            return self.pick(UNKNOWN[kind])
        if self.chance(0.2):
            return self.pick(NAMES[kind])
        match kind:
            case "number":
                return self.pick(NUMBERS)
            case "bool":
                return self.pick(["true", "false"])
            case "string":
                return f'"{self.pick(STRINGS)}"'
            case "list":
                return self.pick(
                    [
                        "[]",
                        "[1, 2, 3]",
                        '["a", "b"]',
                        '[1, "a", true]',
                        "[[1], [2, 3]]",
                        "[null, 1]",
                        "[null]",
                        "[[], [null]]",
                        "[{}, {a = null}]",
                        "[{a = 1}, {a = 2}]",
                        '["b", "a", "b"]',
                    ]
                )
            case _:
                return self.pick(
                    ["{}", "{a = 1}", '{a = "x", b = "y"}', "{a = 1, b = [1]}", "{b = {c = null}}", '{"a-b" = true}', "{1 = 2}"]
                )

    def common(self, kind: str, depth: int) -> str:
        """A shape that gives any kind."""
        match self.random.randrange(10):
            case 8:
                inner = self.of(self.pick([kind, kind, "any"]), depth)
                return f"{self.pick(TYPES[kind])}({inner})"
            case 9:
                return f"{self.of(self.pick(['map', 'list']), depth)}{self.pick(['.a', '.b', '.name', '.n', '[0]', '[1]'])}"
            case 0 | 1:
                return f"({self.of('bool', depth)} ? {self.of(kind, depth)} : {self.of(kind, depth)})"
            case 2:
                return f"({self.of(kind, depth)})"
            case 3:
                return f"[{self.of(kind, depth)}, {self.of('any', depth)}][{self.pick(['0', '0', '1', '2', self.of('number', depth)])}]"
            case 4:
                return f"{{a = {self.of(kind, depth)}, b = 1}}" + self.pick([".a", '["a"]', ".b", ".nope"])
            case 5:
                return f"{self.pick(['try', 'coalesce'])}({self.of(kind, depth)}, {self.of(kind, depth)})"
            case 6:
                return f"sensitive({self.of(kind, depth)})"
            case _:
                return f'"${{{self.of(kind, depth)}}}"'

    def call(self, kind: str, depth: int) -> str:
        """A call of a function that gives `kind`."""
        fitting = [f for f in FUNCTIONS if f[1] in (kind, "any")]
        name, _, takes = self.random.choice(fitting)
        arguments: list[str] = []
        for taken in takes:
            times = self.random.randrange(3) if taken.endswith("*") else 1
            arguments += [self.of(taken.rstrip("*"), depth) for _ in range(times)]
        if self.chance(0.01) and arguments:
            arguments.pop()
        if self.chance(0.03) and arguments:
            return f"{name}({', '.join([*arguments[:-1], f'[{arguments[-1]}]...'])})"
        return f"{name}({', '.join(arguments)})"

    def quoted(self, text: str) -> str:
        """A string literal of plain text."""
        return f'"{text}"'

    def templated(self, depth: int) -> str:
        """A call of `templatestring`, whose template's names are given, most of them."""
        names = {"a": self.of("any", depth), "b": self.of("list", depth)}
        if self.chance(0.1):
            names.pop(self.pick(["a", "b"]))
        return f"templatestring(local.tpl, {{{', '.join(f'{k} = {v}' for k, v in names.items())}}})"

    def directives(self, depth: int) -> str:
        """A heredoc of several lines with directives."""
        name, strip = self.pick(["x", "i"]), self.pick(["", "~"])
        pad = " " * self.random.randrange(4)
        body = self.bound([(name, "any")], lambda: self.template(depth).replace("\\", ""))
        test = self.flat(0)
        lines = [
            f"{pad}%{{ for {name} in {self.one_line('list', depth)} {strip}}}",
            f"{pad}  {body}",
            f"{pad}%{{ if {self.one_line('bool', depth)} {strip}}}",
            f"  y ${{{test}}}",
            f"{pad}%{{ else {strip}}}",
            f"{pad}n",
            f"{pad}%{{ endif {strip}}}",
            f"{pad}%{{ endfor }}",
        ]
        return f"{self.pick(['<<E', '<<-E'])}\n" + "\n".join(lines) + "\nE\n"

    def one_line(self, kind: str, depth: int) -> str:
        """An expression of `kind` without line breaks."""
        return next((made for _ in range(5) if "\n" not in (made := self.of(kind, depth))), self.leaf(kind))

    def _number(self, kind: str, depth: int) -> str:
        if self.chance(0.2):
            return f"-{self.of('number', depth)}" if self.chance(0.5) else f"-({self.of('number', depth)})"
        return f"{self.of('number', depth)} {self.pick(['+', '-', '*', '/', '%'])} {self.of('number', depth)}"

    def _bool(self, kind: str, depth: int) -> str:
        match self.random.randrange(4):
            case 0:
                return f"!{self.of('bool', 0)}"
            case 1:
                return f"{self.of('bool', depth)} {self.pick(['&&', '||', '==', '!='])} {self.of('bool', depth)}"
            case 2:
                return f"{self.of('number', depth)} {self.pick(['<', '<=', '>', '>=', '==', '!='])} {self.of('number', depth)}"
            case _:
                other = self.pick(KINDS)
                return f"{self.of(other, depth)} {self.pick(['==', '!='])} {self.of(other, depth)}"

    def _string(self, kind: str, depth: int) -> str:
        match self.random.randrange(7):
            case 0 | 1:
                return f'"{self.template(depth)}"'
            case 5:
                return self.directives(depth)
            case 6:
                return self.templated(depth)
            case 2:
                mark, lines = self.pick(["<<E", "<<-E"]), self.random.randrange(1, 4)
                body = "\n".join(" " * self.random.randrange(4) + self.template(depth).replace("\\", "") for _ in range(lines))
                return f"{mark}\n{body}\nE\n"
            case 3:
                mark, name = self.pick(["", "~"]), self.pick(["x", "i"])
                inner = self.bound([(name, "any")], lambda: self.template(depth))
                return f'"p %{{{mark} for {name} in {self.of("list", depth)} {mark}}} {inner} %{{{mark} endfor {mark}}} q"'
            case _:
                other = f"%{{ else ~}} {self.template(depth)} " if self.chance(0.5) else ""
                return f'"%{{ if {self.of("bool", depth)} }}{self.template(depth)} {other}%{{~ endif }}."'

    def template(self, depth: int) -> str:
        """Text and interpolations."""
        parts = []
        for _ in range(self.random.randrange(1, 4)):
            parts.append(
                f"${{{self.pick(['', '~ '])}{self.flat(depth)}{self.pick(['', ' ~'])}}}"
                if self.chance(0.5)
                else self.pick(STRINGS)
            )
        return " ".join(parts)

    def flat(self, depth: int) -> str:
        """An expression for an interpolation: one without line breaks."""
        for _ in range(5):
            made = self.of(self.pick(["string", "string", "number", "bool", "any"]), depth)
            if "\n" not in made:
                return made
        return "local.n"

    def bound(self, names: list[tuple[str, str]], make):  # type: ignore[no-untyped-def]
        """What `make` makes while `names` stand for something."""
        self.names += names
        try:
            return make()
        finally:
            del self.names[-len(names) :]

    def _list(self, kind: str, depth: int) -> str:
        match self.random.randrange(5):
            case 0 | 1:
                return "[" + ", ".join(self.of("any", depth) for _ in range(self.random.randrange(4))) + "]"
            case 2:
                if self.chance(0.3):
                    return f"{self.of('any', depth)}[*]"
                source = self.pick(
                    [
                        "local.lo",
                        "[{id = 1}]",
                        "tolist(local.lo)",
                        "local.o",
                        "var.sn",
                        "null",
                        "local.ll",
                        "var.groups",
                        "local.so",
                        "var.nothing",
                        "local.mo",
                    ]
                )
                return source + self.pick(
                    [
                        "[*].id",
                        ".*.id",
                        "[*].v",
                        "[*]",
                        "[*].name",
                        "[*].tags",
                        "[*][0]",
                        "[*][*]",
                        ".*.n",
                        "[*].tags[*]",
                        "[*].k[0]",
                        "[*].tags.x",
                    ]
                )
            case _:
                over = self.of(self.pick(["list", "list", "map"]), depth)
                body = self.bound([("v", "any")], lambda: self.of("any", depth))
                test = f" if {self.bound([('v', 'any')], lambda: self.of('bool', depth))}" if self.chance(0.4) else ""
                return f"[for {self.pick(['', 'k, '])}v in {over} : {body}{test}]"

    def _map(self, kind: str, depth: int) -> str:
        if self.chance(0.4):
            items = [f"{self.key(depth)} = {self.of('any', depth)}" for _ in range(self.random.randrange(4))]
            return "{" + ", ".join(items) + "}"
        over = self.of(self.pick(["list", "map"]), depth)
        names = [("v", "any"), ("k", "any")]
        key = self.bound(names, lambda: self.pick(["k", "v", '"k${k}"', self.of("string", depth)]))
        body = self.bound(names, lambda: self.of("any", depth))
        test = f" if {self.bound(names, lambda: self.of('bool', depth))}" if self.chance(0.3) else ""
        return f"{{for k, v in {over} : {key} => {body}{self.pick(['', '...'])}{test}}}"

    def key(self, depth: int) -> str:
        """An object's key as it may be written."""
        return self.pick([self.pick(KEYS), self.pick(KEYS), f'"{self.pick(STRINGS)}"', f"({self.of('string', depth)})", "1"])
