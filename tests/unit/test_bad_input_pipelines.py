"""Mistakes in pipelines that HCL declares: each is told where it is written, by its words, and never by kfp's traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.declared import mistakes_in

PARTS = """
from typing import List, NamedTuple

from kfp import dsl


def fit(epochs: int, rate: float = 0.1) -> float:
    return rate


def map(of: dict):
    pass


def two(name: str) -> NamedTuple("Out", [("a", str), ("b", List[str])]):
    return name, [name]


def read(data: dsl.Input[dsl.Model]) -> bool:
    return True


@dsl.component(base_image="python:3.11")
def make(data: dsl.Output[dsl.Dataset]):
    pass


@dsl.component(base_image="python:3.11")
def tell(status: dsl.PipelineTaskFinalStatus, text: str = ""):
    pass
"""
HEAD = """pipeline "p" {
  parameter "n" { type = integer }
  component "fit" { python = "parts.py:fit" }
  component "two" { python = "parts.py:two" }
  component "read" { python = "parts.py:read" }
  component "make" { python = "parts.py:make" }
  component "tell" { python = "parts.py:tell" }
  task "fit" {
    component = component.fit
    arguments = { epochs = param.n }
  }
"""
AT = HEAD.count("\n")


def task(arguments: str, component: str = "two", name: str = "t") -> str:
    return f'task "{name}" {{\n    component = component.{component}\n    arguments = {arguments}\n  }}\n'


MAKE = 'task "t" {\n    component = component.make\n    '
ONE = 'output "o" {\n    value = task.t.outputs.a\n  }\n'
NAMED = '{ name = "x" }'
MISTAKES = [
    (task("{ name = task.t.outputs.a }"), "Task takes its own output", 3, "wait for itself"),
    (task("{ name = each.value }"), 'Reference to "each" in context without for_each', 3, "parallel_for"),
    (task("{ name = param }"), "Invalid reference", 3, "param.NAME"),
    ('parameter "x-y" { type = string }\n', "Invalid name", 1, "no word of Python"),
    ('parameter "class" { type = string }\n', "Invalid name", 1, "no word of Python"),
    (task("{}", "tell"), "Final status outside of an exit handler", 2, "exit_handler"),
    ('override "fid" {\n    cache = true\n  }\n', "Override of a task that does not exist", 1, 'Did you mean "fit"'),
    (
        task(NAMED) + 'parallel_for "l" {\n    items = [1, 2]\n'
        + task("{ epochs = each.value, rate = each.value }", "fit", "u") + "  }\n",
        "Item of two types", 6, "converts none",
    ),
    (
        'component "map" { python = "parts.py:map" }\n' + task("{ of = { a = [1, { b = null }] } }", "map"),
        "Null in an argument", 4, 'at ["a"][1]["b"]',
    ),
    (task("{ nam = \"x\" }"), "Unknown input", 3, 'Did you mean "name"?'),
    (task("{}"), "Missing input", 3, '"name"'),
    (task("{ name = 1 }"), "Wrong type of argument", 3, "is a string; this is the number 1"),
    (task("{ name = null }"), "Missing input", 3, '"name"'),
    (task("{ name = param.n }"), "Wrong type of argument", 3, "param.n, an integer"),
    (task("{ epochs = task.fit.output }", "fit"), "Wrong type of argument", 3, "an integer; this is task.fit.output, a number"),
    (task('{ epochs = "${param.n}0" }', "fit"), "Wrong type of argument", 3, "a string"),
    (task("{ epochs = 1.5 }", "fit"), "Wrong type of argument", 3, "1.5"),
    (task("{ name = param.m }"), "Reference to undeclared parameter", 3, 'no parameter "m"'),
    (task("{ name = task.fitt.output }"), "Reference to undeclared task", 3, 'Did you mean "fit"?'),
    (task("{ name = task.fit }"), "Invalid reference", 3, "is no value"),
    (task("{ name = task.fit.outptus.a }"), "Invalid reference", 3, 'Did you mean "outputs"?'),
    (task("{ name = task.fit.outputs.loss }"), "Unknown output", 3, "Its outputs are Output"),
    (task(NAMED) + task("{ name = task.t.output }", name="u"), "Unknown output", 7, "a, b"),
    (task("{ name = upper(task.fit.output) }"), "Computed from a value of a run", 3, "before the run"),
    (task("{ epochs = param.n + 1 }", "fit"), "Computed from a value of a run", 3, "before the run"),
    (task("{ name = each.value }"), 'Reference to "each" in context without for_each', 3, "for_each"),
    (task("{ name = component.two }"), "Invalid reference", 3, "no value"),
    (task(NAMED, "tow"), "Reference to undeclared component", 2, 'Did you mean "two"?'),
    ('task "t" {}\n', "Missing required argument", 1, "component"),
    ('task "t" { component = "two" }\n', "Invalid component reference", 1, "component.NAME"),
    (task(NAMED, name="fit"), "Duplicate name", 1, "rename"),
    (task(NAMED, name="Fit"), "Duplicate name", 1, "task.fit"),
    (task(NAMED, name="for-loop-1"), "Invalid task name", 1, "rename"),
    (MAKE + 'aftr = [task.fit]\n  }\n', "Unsupported argument", 3, 'Did you mean "after"?'),
    ('task "t" {\n    component = component.make\n    after = [task.no]\n  }\n', "Reference to undeclared step", 3, "task.no"),
    ('task "t" {\n    component = component.make\n    after = ["fit"]\n  }\n', "Invalid after", 3, "[task.NAME]"),
    ('task "t" {\n    component = component.make\n    after = [task.t]\n  }\n', "Invalid after", 3, "itself"),
    (
        'task "t" {\n    component = component.make\n    after = [\n      task.fit,\n      task.no,\n    ]\n  }\n',
        "Reference to undeclared step", 5, "task.no",
    ),
    (MAKE + 'env = { A = param.n }\n  }\n', "Value of a run in a setting", 3, "param.n"),
    (MAKE + 'retry = { cont = 1 }\n  }\n', "Unsupported argument", 3, 'Did you mean "count"?'),
    ('task "t" {\n    component = component.make\n    env { A = 1 }\n  }\n', "Unsupported block type", 3, "env"),
    (
        'task "a" {\n    component = component.make\n    after = [task.b]\n  }\n'
        '  task "b" {\n    component = component.make\n    after = [task.a]\n  }\n',
        "Steps wait for each other", 3, "task.a after task.b after task.a",
    ),
    ("task = 1\n", "Unsupported argument", 1, "is a block"),
    ('parallel_for "l" {\n    items = []\n' + task(NAMED) + "  }\n", "Invalid argument", 2, "at least one"),
    ('parallel_for "l" {\n    items = param.n\n' + task(NAMED) + "  }\n", "Wrong type of items", 2, "an integer"),
    ('parallel_for "l" {\n    items = ["a"]\n  }\n', "Group without tasks", 1, "remove it"),
    (
        'parallel_for "l" {\n    items = [1]\n    parallelism = -1\n' + task(NAMED) + "  }\n",
        "Invalid argument", 3, "whole number",
    ),
    (
        'parallel_for "l" {\n    items = [{ a = "x" }]\n' + task("{ name = each.value.b }") + "  }\n",
        "Unknown field of an item", 5, 'no field "b"',
    ),
    ('parallel_for "l" {\n    items = [1, 2]\n' + task("{ name = each.value }") + "  }\n", "Wrong type of argument", 5, "item 0"),
    ('parallel_for "l" {\n    items = ["a"]\n' + task("{ name = each.key }") + "  }\n", "Invalid reference", 5, "each.value"),
    (
        'parallel_for "l" {\n    items = ["a"]\n' + task(NAMED) + "  }\n" + task("{ name = task.t.outputs.a }", name="u"),
        "Output used outside its loop", 10, "collect(task.t.outputs.a)",
    ),
    (task(NAMED) + task("{ name = collect(task.t.outputs.a) }", name="u"), "Nothing to collect", 7, "no loop"),
    (
        'condition "c" {\n    when = param.n > 1\n' + task(NAMED) + "  }\n" + task("{ name = task.t.outputs.a }", name="u"),
        "Output used outside its branch", 10, "one_of",
    ),
    (
        'condition "c" {\n    when = param.n > 1\n' + task(NAMED) + "  }\n"
        + task("{ name = one_of(task.t.outputs.a) }", name="u"),
        "Invalid one_of", 10, "otherwise",
    ),
    ('condition "c" {\n    when = 1 > 2\n' + task(NAMED) + "  }\n", "Invalid when", 2, "Neither side"),
    ('condition "c" {\n    when = param.n\n' + task(NAMED) + "  }\n", "Wrong type in when", 2, "an integer"),
    ('condition "c" {\n    when = param.n > 1 || 1 < 0\n' + task(NAMED) + "  }\n", "Invalid when", 2, "Neither side"),
    (
        task(NAMED) + 'condition "c" {\n    when = task.t.outputs.a == param.n\n' + task(NAMED, name="u") + "  }\n",
        "Wrong type in when", 6, "cannot be compared",
    ),
    (
        task(NAMED) + 'condition "c" {\n    when = param.n > 1 || task.t.outputs.b == "x"\n' + task(NAMED, name="u") + "  }\n",
        "Wrong type in when", 6, "cannot be compared",
    ),
    ('condition "c" {\n    when = param.n == "x"\n' + task(NAMED) + "  }\n", "Wrong type in when", 2, "never equal"),
    ('condition "c" {\n    wen = param.n > 1\n' + task(NAMED) + "  }\n", "Unsupported argument", 2, 'Did you mean "when"?'),
    ('condition "c" {\n' + task(NAMED) + "  }\n", "Missing required argument", 1, "when"),
    (
        'condition "c" {\n    when = param.n > 1\n' + task(NAMED) + "  }\n"
        '  task "u" {\n    component = component.make\n    after = [condition.c]\n  }\n',
        "Invalid after", 10, "skipped",
    ),
    (
        'exit_handler "e" {\n' + task("{ text = task.fit.output }", "tell") + "  }\n",
        "Output in an exit handler", 4, "parameters and constants",
    ),
    ('exit_handler "e" {\n    guards = [task.no]\n' + task("{}", "tell") + "  }\n", "Reference to undeclared step", 2, "task.no"),
    ('exit_handler "e" {\n  }\n', "Invalid exit handler", 1, "one task"),
    (
        'parallel_for "l" {\n    items = ["a"]\n    exit_handler "e" {\n' + task("{}", "tell") + "    }\n"
        + task(NAMED, name="u") + "  }\n",
        "Unsupported block type", 3, "exit handler",
    ),
    ('component "x" {}\n', "Invalid component", 1, "exactly one"),
    ('component "x" {\n    file = "a.yaml"\n    image = "b"\n  }\n', "Invalid component", 1, "file and image"),
    ('component "x" { url = "https://example.org/x.yaml" }\n', "Component without a digest", 1, "sha256sum"),
    (
        'component "x" {\n    python = "parts.py"\n    fucntion = "fit"\n  }\n',
        "Unsupported argument", 3, 'Did you mean "function"?',
    ),
    (
        'component "x" {\n    image = "b"\n    args = [input.txt]\n    input "text" { type = string }\n  }\n',
        "Reference to undeclared input", 3, 'Did you mean "text"?',
    ),
    ('component "fit" { image = "b" }\n', "Duplicate declaration", 1, "rename"),
    ('parameter "m" { type = strng }\n', "Invalid type specification", 1, 'Did you mean "string"?'),
    ('parameter "m" {\n    type = integer\n    default = "x"\n  }\n', "Invalid argument", 3, "an integer"),
    ('parameter "m" {}\n', "Missing required argument", 1, "type"),
    ('parameter "n" { type = string }\n', "Duplicate declaration", 1, "rename"),
    ('output "o" { value = param.n }\n', "Invalid argument", 1, "one of its tasks"),
    (task("{ data = task.m.output }", "read") + task("{}", "make", "m"), "Wrong type of argument", 3, "an artifact (Dataset)"),
    ('source = "x.py"\n', "Invalid pipeline", 1, "exactly one"),
    (task(NAMED) + ONE + ONE, "Duplicate declaration", 8, "rename"),
    ('importer "i" {\n    uri = true\n    type = Model\n  }\n', "Invalid argument", 2, "a string"),
    ('parallel_for "l" {\n    items = [null]\n' + task(NAMED) + "  }\n", "Wrong type of items", 2, "of one type"),
    ("dag = {}\n", "Read-only argument", 1, "cannot be written"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_in_a_pipeline_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "parts.py").write_text(PARTS)
    (tmp_path / "main.hcl").write_text(HEAD + "  " + text + "}\n")
    found = mistakes_in(tmp_path)
    told = [(d.summary, d.span.start.line - AT if d.span else 0) for d in found]
    assert (summary, line) in told, [(*t, d.detail) for t, d in zip(told, found, strict=True)]
    said = next(d for d, t in zip(found, told, strict=True) if t == (summary, line))
    assert words in f"{said.detail} {said.hint}"


def test_a_secret_never_gets_into_a_package(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(PARTS)
    secret = 'variable "s" {\n  default = "x"\n  sensitive = true\n}\n'
    (tmp_path / "main.hcl").write_text(secret + HEAD + task("{ name = var.s }") + "}\n")
    (found,) = mistakes_in(tmp_path)
    assert found.summary == "Sensitive value in a pipeline" and "secret_env" in found.hint


def test_kfp_words_of_a_refusal_are_told_at_the_step(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(PARTS)
    loop = '  parallel_for "l" {\n    items = [{ "a-b" = 1 }]\n' + task("{ epochs = 1 }", "fit", "u")
    (tmp_path / "main.hcl").write_text(HEAD + loop + "  }\n}\n")
    found = mistakes_in(tmp_path)[-1]
    assert found.summary == "KFP refuses this" and found.span is not None


@pytest.mark.parametrize(
    ("component", "words"),
    [
        ('python = "none.py"', "no file below"),
        ('python = "../parts.py"', "no file below"),
        ('file = "none.yaml"', "no file below"),
        ('file = "parts.py"', "cannot be read"),
        ('python = "main.hcl"', "no Python file"),
        ('python = "parts.py"', "must be said"),
        ('python = "parts.py:fi"', 'no component or function "fi"'),
        ('python = "parts.py:make"\n    base_image = "x"', "is a component already"),
        ('image = "b"\n    args = [input.text.path]\n    input "text" { type = string }', "which is a parameter"),
    ],
)
def test_a_component_that_cannot_be_had_is_told_in_words(tmp_path: Path, component: str, words: str) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "parts.py").write_text(PARTS)
    folder = tmp_path / "inner"
    (folder / "parts.py").write_text(PARTS)
    text = f'  component "x" {{\n    {component}\n  }}\n  task "x" {{ component = component.x }}\n}}\n'
    (folder / "main.hcl").write_text(HEAD + text)
    (found,) = mistakes_in(folder)
    assert words in found.detail and found.span is not None and found.span.code.strip() == 'component "x" {'
