"""`after` in an override: added to what the code says, within one group, and never a circle."""

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import mapping

TASK = {"componentRef": {"name": "comp-a"}}
FROM_A = {"parameters": {"x": {"taskOutputParameter": {"producerTask": "a", "outputParameterKey": "Output"}}}}


def package() -> Package:
    """Three tasks, of which b takes an output of a, and c stands in a loop beside d."""
    loop = {"componentRef": {"name": "comp-loop"}}
    inner = {"dag": {"tasks": {n: {**TASK, "taskInfo": {"name": n}} for n in ("c", "d")}}}
    tasks = {"a": {**TASK, "taskInfo": {"name": "a"}}, "b": {**TASK, "taskInfo": {"name": "b"}, "inputs": FROM_A}, "loop": loop}
    components = {"comp-a": {"executorLabel": "exec-a"}, "comp-loop": inner}
    executors = {"exec-a": {"container": {"image": "alpine", "command": ["true"]}}}
    return Package(
        {"root": {"dag": {"tasks": tasks}}, "components": components, "deploymentSpec": {"executors": executors}}, None
    )


def after(made: Package, *path: str) -> object:
    holder = mapping(made.spec, "root") if len(path) == 1 else mapping(made.spec, "components", "comp-loop")
    return mapping(holder, "dag", "tasks", path[-1]).get("dependentTasks")


def test_names_are_added_to_what_the_code_says() -> None:
    made = with_settings(package(), {"cache": False}, {"a": {"after": ["loop"]}, "loop/d": {"after": ["c"]}})
    assert after(made, "a") == ["loop"] and after(made, "b") is None and after(made, "loop", "d") == ["c"]


@pytest.mark.parametrize(
    ("override", "summary", "words"),
    [
        ({"a": {"after": ["c"]}}, "Unknown task in after", 'there is no task "c" beside it'),
        ({"loop/c": {"after": ["dd"]}}, "Unknown task in after", 'Did you mean "d"'),
        ({"a": {"after": ["b"]}}, "Tasks wait for each other", "none of them could ever run"),
        ({"a": {"after": ["a"]}}, "Tasks wait for each other", "a after a"),
    ],
)
def test_what_can_not_be_is_refused(override: dict[str, dict[str, list[str]]], summary: str, words: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        with_settings(package(), None, override)
    (found,) = caught.value.diagnostics
    assert found.summary == summary and words in found.detail and found.hint
