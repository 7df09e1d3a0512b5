"""Copying folders from and to S3: the component that does it as a task, and a command with it around in one pod."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from kfinfra.components import S3_SYNC
from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Plain
from kfinfra.pipelines.package import parse_package
from kfinfra.pipelines.reading import entries, mapping, sequence

_AROUND = """\
python3 -c 'import boto3' 2>/dev/null || PIP_DISABLE_PIP_VERSION_CHECK=1 python3 -m pip install --quiet 'boto3>=1.34' || exit 1
program=$0 copies=$1; shift
python3 -c "$program" before "$copies" || exit 1
"$@" || exit $?
python3 -c "$program" after "$copies" || exit 1
"""
_CALLS = "\nimport json, sys\nfor one in json.loads(sys.argv[2])[sys.argv[1]]:\n    s3_sync(**one)\n"


@dataclass(frozen=True, slots=True)
class Copy:
    """A folder of a task and its place in S3; `to_s3` tells the direction. `prefix` and `folder` end without a slash."""

    bucket: str
    prefix: str
    folder: str
    to_s3: bool

    @property
    def arguments(self) -> dict[str, str]:
        """What s3_sync is called with."""
        url = f"s3://{self.bucket}/{self.prefix}".rstrip("/")
        return {"source": self.folder, "target": url} if self.to_s3 else {"source": url, "target": self.folder}


@cache
def _component() -> tuple[dict[str, Plain], dict[str, Plain]]:
    package = parse_package(S3_SYNC.read_text(), S3_SYNC.name)
    ((_, component),) = entries(package.spec, "components")
    ((_, executor),) = entries(package.spec, "deploymentSpec", "executors")
    return mapping(component), mapping(executor)


def sync_component() -> tuple[dict[str, Plain], dict[str, Plain]]:
    """The component and its executor, as a package holds them."""
    return copy.deepcopy(_component())


def wrapped(container: dict[str, Plain], before: Sequence[Copy], after: Sequence[Copy], path: str) -> dict[str, Plain]:
    """The container whose command copies before and after. Raises DiagnosticError for one that is no Python component's.

    The command needs python3 and pip in the image, which KFP's Python components need themselves.
    """
    command = sequence(container, "command")
    if not any("kfp.dsl.executor_main" in str(word) for word in command):
        detail = f"Task {path} is a container component: its image may hold no Python to copy with on scratch space."
        hint = 'mount a claim around the folder: mounts = [{ pvc = …, path = "…" }]; then tasks of their own copy'
        raise DiagnosticError(error("Cannot copy in this container", detail, hint=hint))
    program = str(sequence(mapping(_component()[1], "container"), "command")[-1])
    source = program[program.index("def s3_sync") :].rstrip() + "\n" + _CALLS
    copies = {"before": [c.arguments for c in before], "after": [c.arguments for c in after]}
    return {**container, "command": ["sh", "-c", _AROUND, source, json.dumps(copies, sort_keys=True), *command]}
