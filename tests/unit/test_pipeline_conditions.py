"""`when` of several comparisons: the CEL that the package holds decides as the HCL says, for every value."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import entries, mapping, text
from kfinfra.sandbox.runs.conditions import holds
from tests.fakes.declared import mistakes_in, package_of, pipelines_in

PARTS = "def say(what: str = '') -> str:\n    return what\n"
HEAD = """pipeline "p" {
  parameter "n" { type = integer }
  parameter "on" { type = bool }
  parameter "s" { type = string }
  component "say" { python = "parts.py:say" }
"""
TEXT = 'it\'s \\ "x"\nand y'
HCL_TEXT = '"it\'s \\\\ \\"x\\"\\nand y"'
VALUES = [{"n": n, "on": on, "s": s} for n, on, s in itertools.product((0, 1, 2), (True, False), ("", TEXT))]


def task(name: str) -> str:
    return f'task "{name}" {{ component = component.say }}\n'


def package(body: str, folder: Path) -> Package:
    (folder / "parts.py").write_text(PARTS)
    (folder / "main.hcl").write_text(HEAD + body + "}\n")
    assert mistakes_in(folder) == []
    return package_of(pipelines_in(folder)["p"].resource.attributes, folder)


def run_of(package: Package, values: Mapping[str, object]) -> set[str]:
    """The tasks that run for these parameters, by the conditions of the groups that they stand in."""
    return set(_within(package, mapping(package.spec, "root"), values))


def _within(package: Package, component: object, values: Mapping[str, object]) -> list[str]:
    out: list[str] = []
    for name, one in entries(component, "dag", "tasks"):
        given = {f: text(v, "componentInputParameter") for f, v in entries(one, "inputs", "parameters")}
        own = {f: values[source] for f, source in given.items() if source}
        if (condition := text(one, "triggerPolicy", "condition")) and not holds(condition, own):
            continue
        inner = mapping(package.spec, "components", text(one, "componentRef", "name"))
        out += _within(package, inner, own) if "dag" in inner else [name]
    return out


CASES = [
    ("param.n > 1 || param.on", lambda v: v["n"] > 1 or v["on"]),
    ("param.n > 1 || param.on || param.n == 0", lambda v: v["n"] != 1 or v["on"]),
    ("param.on && (param.n == 1 || param.n == 2)", lambda v: v["on"] and v["n"] > 0),
    ("param.on && param.n == 1 || param.n == 2", lambda v: (v["on"] and v["n"] == 1) or v["n"] == 2),
    ("!(param.on || param.n == 1)", lambda v: not (v["on"] or v["n"] == 1)),
    ("!(param.on && param.n == 1)", lambda v: not (v["on"] and v["n"] == 1)),
    ("!(param.on && !(param.n > 0 || param.n < 0))", lambda v: not (v["on"] and v["n"] == 0)),
    (f"param.s == {HCL_TEXT}", lambda v: v["s"] == TEXT),
    (f"param.on || param.s != {HCL_TEXT}", lambda v: v["on"] or v["s"] != TEXT),
]


@pytest.mark.parametrize(("when", "decides"), CASES, ids=[c[0] for c in CASES])
def test_what_a_condition_decides(when: str, decides: object, tmp_path: Path) -> None:
    found = package(f'condition "c" {{\nwhen = {when}\n{task("yes")}}}\n', tmp_path)
    for values in VALUES:
        assert run_of(found, values) == ({"yes"} if decides(values) else set()), values  # type: ignore[operator]


@pytest.mark.parametrize(("when", "decides"), CASES, ids=[c[0] for c in CASES])
def test_its_other_branches_run_where_it_does_not(when: str, decides: object, tmp_path: Path) -> None:
    more = f"else_if {{\nwhen = param.n == 0 || param.on && param.n == 1\n{task('else')}}}\notherwise {{\n{task('no')}}}\n"
    found = package(f'condition "c" {{\nwhen = {when}\n{task("yes")}{more}}}\n', tmp_path)
    for values in VALUES:
        second = "else" if values["n"] == 0 or (values["on"] and values["n"] == 1) else "no"
        assert run_of(found, values) == {"yes" if decides(values) else second}, values  # type: ignore[operator]


def test_a_value_of_one_branch_is_taken_beside_it(tmp_path: Path) -> None:
    body = f'condition "c" {{\nwhen = param.on || param.n > 1\n{task("yes")}otherwise {{\n{task("no")}}}\n}}\n'
    end = 'task "end" {\ncomponent = component.say\narguments = { what = one_of(task.yes.output, task.no.output) }\n}\n'
    found = package(body + end, tmp_path)
    assert [run_of(found, v) for v in VALUES] == [{"yes" if v["on"] or v["n"] > 1 else "no", "end"} for v in VALUES]
