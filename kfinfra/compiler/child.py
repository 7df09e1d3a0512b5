"""The child process that runs user code: imports a source, compiles the pipeline in it, reports through one descriptor.

Run as `python -P -m kfinfra.compiler.child` with the request as its input, in the configuration's folder. What user
code prints goes to the captured log. The report names every file below the folder that was read, as it was when it was
opened, so that the cache knows what the package was made from.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

from kfinfra.compiler import dag_build, dag_components
from kfinfra.compiler.inputs import Recorder
from kfinfra.compiler.loading import Refused, load_module
from kfinfra.model.schema import Problem
from kfinfra.pipelines.dag.codec import decode
from kfinfra.pipelines.dag.failure import DagError
from kfinfra.pipelines.dag.fitting import unfit_steps
from kfinfra.pipelines.dag.structure import DAG, ordered


def main(request: dict[str, Any]) -> dict[str, Any]:
    """The report for a request: `yaml` and `inputs`, or `error`, or the `problems` of a pipeline in HCL."""
    root = Path.cwd()
    recorder = Recorder(root, tuple(map(str, request["ignore"])))
    try:
        from kfp import compiler

        sys.dont_write_bytecode = True
        sys.addaudithook(recorder.heard)
        pipeline = declared(request, root) if "dag" in request else _written(request, root)
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "package.yaml")
            with dag_build.told((DAG,)) if "dag" in request else nullcontext():
                compiler.Compiler().compile(pipeline_func=pipeline, package_path=str(package))
            recorder.stop()
            return {"yaml": package.read_text("utf-8"), "inputs": recorder.inputs()}
    except DagError as problem:
        return {"problems": [dag_build.plain_problem(each) for each in problem.problems]}
    except Refused as problem:
        summary, detail, hint = problem.args
        return {"error": {"kind": "refused", "summary": summary, "message": detail, "hint": hint}}
    except BaseException as problem:
        recorder.stop()
        return {"error": _described(problem, root)}


def _written(request: dict[str, Any], root: Path) -> Any:
    return _pipeline(load_module(root / request["source"], root), request["function"], request["source"])


def declared(request: Mapping[str, Any], root: Path) -> Any:
    """kfp's GraphComponent of a pipeline in HCL. Raises DagError for what is wrong with it."""
    dag = ordered(decode(request["dag"]))
    components: dict[str, Any] = {}
    missing: list[Problem] = []
    for component in dag.components:
        try:
            components[component.name] = dag_components.load_component(component, root, request["texts"])
        except Refused as problem:
            missing.append(Problem((DAG, f"component.{component.name}"), *problem.args))
    if missing:
        raise DagError(missing)
    interfaces = {name: dag_components.interface_of(component) for name, component in components.items()}
    problems = unfit_steps(dag, interfaces)
    if problems:
        raise DagError(problems)
    return dag_build.graph(dag, request["name"], components, interfaces)


def _pipeline(module: ModuleType, function: str | None, source: str) -> Any:
    from kfp.dsl.base_component import BaseComponent
    from kfp.dsl.graph_component import GraphComponent

    found: dict[str, Any] = {n: v for n, v in vars(module).items() if isinstance(v, GraphComponent) and not n.startswith("__")}
    if function is not None:
        return _named(function, found, getattr(module, function, None), source, BaseComponent)
    own = {n: v for n, v in found.items() if v.pipeline_func.__module__ == module.__name__}
    distinct = {id(v): v for v in own.values()}
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    if not distinct:
        also = f" It imports {', '.join(sorted(found))}." if found else ""
        hint = (
            f'function = "{min(found)}" takes the one that is imported' if found else "decorate the pipeline with @dsl.pipeline"
        )
        raise Refused("No pipeline in the source", f"{source} defines no function decorated with @dsl.pipeline.{also}", hint)
    names = ", ".join(sorted(own))
    raise Refused("Several pipelines in the source", f"{source} defines {names}.", f'say which: function = "{min(own)}"')


def _named(function: str, found: dict[str, Any], there: object, source: str, component: type) -> Any:
    if function in found:
        return found[function]
    for value in found.values():
        if value.pipeline_func.__name__ == function:
            return value
    names = ", ".join(sorted(found)) or "none"
    if there is None:
        why = f'{source} has no "{function}"'
    elif isinstance(there, component):
        why = f'"{function}" in {source} is a component, not a pipeline'
    else:
        why = f'"{function}" in {source} is not decorated with @dsl.pipeline'
    raise Refused("No such pipeline in the source", f"{why}. Pipelines in it: {names}.", "")


def _described(problem: BaseException, root: Path) -> dict[str, Any]:
    """An exception as data: its words, and the last place in the user's own code."""
    out: dict[str, Any] = {"kind": type(problem).__name__, "message": str(problem), "missing": None}
    if isinstance(problem, ModuleNotFoundError):
        out["missing"] = problem.name
    if isinstance(problem, SyntaxError) and problem.filename and _own(problem.filename, root):
        out |= {"message": problem.msg, "file": problem.filename, "line": problem.lineno or 1}
        return out
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if _own(f.filename, root)]
    if frames:
        out |= {"file": frames[-1].filename, "line": frames[-1].lineno or 1}
    return out


def _own(filename: str, root: Path) -> bool:
    path = Path(filename).resolve()
    return path.is_relative_to(root.resolve()) and "site-packages" not in path.parts and path.is_file()


def _run() -> None:
    request = json.loads(sys.stdin.buffer.read())
    signal.alarm(int(request["timeout"]) + 10)
    report = json.dumps(main(request)).encode()
    with os.fdopen(request["report"], "wb") as out:
        out.write(report)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    _run()
