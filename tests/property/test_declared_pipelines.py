"""A law: whatever pipeline is written in HCL and with kfp's DSL, of loops, branches and an exit handler, gives one package."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfinfra.diag import DiagnosticError, Severity
from kfinfra.pipelines.dag.failure import DagError
from kfinfra.pipelines.digest import package_digest
from kfinfra.pipelines.package import parse_package
from kfinfra.pipelines.strays import without_strays
from kfinfra.pipelines.validation import problems_of
from tests.fakes.declared import InProcess, package_of, pipelines_in

PARTS = """
import copy

from kfp import dsl


def work(x: int, y: int = 0) -> int:
    return x + y


def tell(x: int, status: dsl.PipelineTaskFinalStatus):
    pass


made = dsl.component(work, base_image="python:3.11")
told = dsl.component(tell, base_image="python:3.11")


def named(component, name):
    out = copy.copy(component)
    out.component_spec = copy.copy(component.component_spec)
    out.component_spec.name = name
    return out


@dsl.pipeline(name="p")
def p(n: int, values: list):
"""
HCL = """pipeline "p" {
  parameter "n" { type = integer }
  parameter "values" { type = list }
  component "work" {
    python     = "pipeline.py:work"
    base_image = "python:3.11"
  }
  component "tell" {
    python     = "pipeline.py:tell"
    base_image = "python:3.11"
  }
"""


@dataclass
class Writer:
    """One random pipeline in both languages; `seen` are the (HCL, Python) forms of what may stand in an argument here."""

    chance: random.Random
    hcl: list[str] = field(default_factory=list)
    python: list[str] = field(default_factory=list)
    made: int = 0

    def task(self, seen: list[tuple[str, str]], tasks: list[str], depth: int) -> None:
        name = f"t{self.made}"
        self.made += 1
        given = {"x": self.chance.choice(seen)}
        given |= {"y": self.chance.choice(seen)} if self.chance.random() < 0.5 else {}
        after = [t for t in tasks if self.chance.random() < 0.2]
        arguments = ", ".join(f"{key} = {hcl}" for key, (hcl, _) in given.items())
        waits = f"\n after = [{', '.join(f'task.{t}' for t in after)}]" if after else ""
        self.hcl.append(f'task "{name}" {{\n component = component.work\n arguments = {{ {arguments} }}{waits}\n}}')
        call = ", ".join(f"{key}={python}" for key, (_, python) in given.items())
        later = f".after({', '.join(after)})" if after else ""
        self.python.append("    " * depth + f'{name} = named(made, "{name}")({call}){later}')
        seen.append((f"task.{name}.output", f"{name}.output"))
        tasks.append(name)

    def group(self, seen: list[tuple[str, str]], tasks: list[str], depth: int, own: tuple[str, str] | None = None) -> None:
        """One to three steps; what is made in them is not seen outside. kfp loses fields of items in inner groups."""
        seen, tasks = [pair for pair in seen if not pair[0].endswith(".a") or pair == own], list(tasks)
        if own is not None:  # kfp loses a list whose items nothing takes
            self.task([own], tasks, depth)
        for _ in range(self.chance.randint(1, 3)):
            kind = self.chance.choice(["task", "task", "loop", "branch"] if depth < 4 else ["task"])
            if kind == "task":
                self.task(seen, tasks, depth)
            elif kind == "loop":
                self.loop(seen, tasks, depth)
            else:
                self.branch(seen, tasks, depth)

    def loop(self, seen: list[tuple[str, str]], tasks: list[str], depth: int) -> None:
        name = f"g{self.made}"
        self.made += 1
        limit = self.chance.choice([0, 2])
        items, item = self.chance.choice([("[1, 2]", ""), ("[{ a = 1 }]", ".a"), ("param.values", "")])
        self.hcl.append(f'parallel_for "{name}" {{\n items = {items}\n parallelism = {limit}')
        written = {"[{ a = 1 }]": '[{"a": 1}]', "param.values": "values"}.get(items, items)
        self.python.append("    " * depth + f'with dsl.ParallelFor({written}, name="{name}", parallelism={limit}) as {name}:')
        own = (f"parallel_for.{name}.value{item}", name + item)
        self.group([*seen, own], tasks, depth + 1, own)
        self.hcl.append("}")

    def branch(self, seen: list[tuple[str, str]], tasks: list[str], depth: int) -> None:
        name = f"g{self.made}"
        self.made += 1
        compared = [pair for pair in seen if not pair[0][0].isdigit() and "value" not in pair[0]]
        self.hcl.append(f'condition "{name}" {{')
        words = self.chance.choice([["if"], ["if", "otherwise"], ["if", "else_if", "otherwise"]])
        for word in words:
            hcl, python = self.chance.choice(compared)
            op = self.chance.choice(["==", "!=", "<", "<=", ">", ">="])
            if word != "if":
                self.hcl.append(f"{word} {{")
            self.hcl += [f" when = {hcl} {op} 3"] if word != "otherwise" else []
            call = {"if": f'If({python} {op} 3, name="{name}")', "else_if": f"Elif({python} {op} 3)", "otherwise": "Else()"}[word]
            self.python.append("    " * depth + f"with dsl.{call}:")
            self.group(seen, tasks, depth + 1)
            self.hcl += ["}"] if word != "if" else []
        self.hcl.append("}")


def written(seed: int) -> tuple[str, str]:
    """A pipeline in HCL and in Python."""
    writer = Writer(random.Random(seed))
    seen = [("1", "1"), ("param.n", "n")]
    if writer.chance.random() < 0.5:
        writer.hcl.append('exit_handler "e" {\ntask "end" {\n component = component.tell\n arguments = { x = param.n }\n}\n}')
        writer.python.append('    with dsl.ExitHandler(named(told, "end")(x=n), name="e"):')
        writer.group(seen, [], 2)
    else:
        writer.group(seen, [], 1)
    return HCL + "\n".join(writer.hcl) + "\n}\n", PARTS + "\n".join(writer.python) + "\n"


def of_hcl(folder: Path) -> str:
    """The digest of the package of HCL; empty where it is refused."""
    try:
        return package_digest(package_of(pipelines_in(folder)["p"].resource.attributes, folder))
    except (AssertionError, DagError, DiagnosticError):
        return ""


def of_python(folder: Path) -> str:
    """The digest of the package of Python; empty where kfp fails, or makes what no server runs."""
    try:
        package = without_strays(parse_package(InProcess(folder).compile("pipeline.py", "p"), "python"))
    except AssertionError:
        return ""
    return "" if any(d.severity is Severity.ERROR for d in problems_of(package)) else package_digest(package)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.integers(0, 2**32))
def test_random_pipelines_are_equal_in_both_languages(seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hcl, python = written(seed)
        (folder / "main.hcl").write_text(hcl)
        (folder / "pipeline.py").write_text(python)
        assert of_hcl(folder) == of_python(folder), hcl + python
