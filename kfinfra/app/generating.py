"""plan -generate-config-out: blocks for objects that import blocks name and nothing declares, in a new file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from kfinfra.app.session import Session
from kfinfra.config.imports import Import, id_form
from kfinfra.config.written import obstacles, written
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.hcl.writing import block_text
from kfinfra.model.ports import ReadRequest

HEAD = """\
# kfinfra has written this file for import blocks that name resources which were not declared.
# Look it over, change it as you like, and move what it holds to where it belongs.
"""


def check_target(root: Path, path: Path) -> None:
    """Refuses a file that exists, or that a plan of `root` would not read. Raises DiagnosticError."""
    if path.exists():
        detail = f"{path} exists already, and configuration is written into a new file only."
        raise DiagnosticError(error("Target generated file already exists", detail, hint="choose another name"))
    if path.suffix != ".hcl" or path.name.startswith(".") or path.resolve().parent != root.resolve():
        detail = f"{path} would not be part of the configuration: its files end in .hcl, and lie in its folder itself."
        hint = "write: -generate-config-out=imported.hcl"
        raise DiagnosticError(error("Invalid target for generated configuration", detail, hint=hint))


def generate(session: Session, path: Path) -> int:
    """Writes `path`; how many blocks are in it: with none there is no file. Raises DiagnosticError, and then writes nothing."""
    imports = session.config.imports()
    problems = list(imports.problems)
    declared, known = session.config.repeats, session.state.resources
    todo = [t for a, t in sorted(imports.targets.items()) if declared(a) is None and a not in known]
    problems.extend(d for target in todo for d in _not_writable(target))
    if problems:
        raise DiagnosticError(problems)
    blocks: list[str] = []
    for target in todo:
        try:
            blocks.append(_block(session, target))
        except DiagnosticError as problem:
            problems.extend(d.at(target.span, str(target.address)) for d in problem.diagnostics)
    if problems:
        raise DiagnosticError(problems)
    if blocks:
        _write(path, "\n".join([HEAD, *blocks]))
    return len(blocks)


def _not_writable(target: Import) -> Iterator[Diagnostic]:
    if target.address.module or target.address.key is not None:
        detail = f"No block can be written for {target.address}: it would need a module, or count or for_each, to stand in."
        hint = "write the block by hand, or import it to an address without a key"
        yield error("Cannot generate configuration", detail, target.span, hint=hint)


def _block(session: Session, target: Import) -> str:
    schema = session.config.types[target.address.type]
    provider = session.provider(target.provider or schema.provider)
    found = provider.read([ReadRequest(target.address, target.identity)])[target.address]
    if found.attributes is None:
        raise DiagnosticError(_found_nothing(found.diagnostics, target, id_form(schema)))
    identity = {n: v for n, v in target.identity.items() if v is not None}
    arguments = written(schema, {**found.attributes, **identity})
    why = list(obstacles(schema, arguments))
    if why:
        detail = f"No valid block can be written for {target.address}: {'; '.join(why)}."
        raise DiagnosticError(error("Cannot generate configuration", detail, hint="write this block by hand"))
    reference = {"provider": target.provider} if target.provider else {}
    return block_text(target.address.type, [target.address.name], arguments, reference)


def _found_nothing(found: Iterable[Diagnostic], target: Import, form: str) -> list[Diagnostic]:
    hint = f"check the id of the import block ({form}), and where the provider leads to"
    return [
        error("Cannot import non-existent remote object", d.detail, target.span, hint=hint)
        if d.summary == "Data source not found"
        else d
        for d in found
    ]


def _write(path: Path, text: str) -> None:
    """A new file, never in the place of another one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        detail = f"{path}: {problem.strerror or problem}."
        raise DiagnosticError(error("Cannot write the generated configuration", detail)) from problem
