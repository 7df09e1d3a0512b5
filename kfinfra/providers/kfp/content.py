"""A pipeline's content: from its source or package to the YAML that is uploaded, its digest and what a plan shows of it.

Reads files of this machine only; the compiler that turns Python into a package is handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from kfinfra.config.files import read_file
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, error, warning
from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.model.ports import DetailLine
from kfinfra.pipelines.origin import origin as origin

if TYPE_CHECKING:
    from kfinfra.pipelines.effective import Setting
    from kfinfra.pipelines.package import Package

NAMED = 16
RUNNABLE = 700_000
"""The bytes of a package beyond which its runs may not fit: Argo's part of the object grows with it."""
SHOWN_OF_CODE = 60
"""The most lines that a plan shows of the difference of one task's code."""


class PipelineCompiler(Protocol):
    """Turns Python into a package."""

    def compile(self, source: str, function: str | None) -> str:
        """The package's YAML. Raises DiagnosticError where the code is wrong."""
        ...

    def compile_dag(self, dag: Mapping[str, Plain], name: str, texts: Mapping[str, str]) -> str:
        """The package's YAML of a pipeline in HCL. Raises DagError for mistakes in it."""
        ...

    def component_text(self, url: str, digest: str) -> str:
        """The text of a component that lies at a URL, pinned by its digest. Raises DiagnosticError."""
        ...


@dataclass(frozen=True, slots=True)
class Content:
    """A package with the task settings written into it."""

    text: str
    digest: str
    tasks: Plain
    parameters: Plain
    platform: bool
    sources: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def version(self) -> str:
        """The name of a version that holds it."""
        return version_name(self.digest)


def version_name(digest: str) -> str:
    """The name of a version, by content."""
    return f"v-{digest.rpartition(':')[2][:NAMED]}"


def parameters_of(summary: Plain) -> Plain:
    """The parameters in a summary: of each its type, with a `?` where a run need not give it a value."""
    found = summary.get("parameters") if isinstance(summary, dict) else None
    if not isinstance(found, dict):
        return {}
    shown = {name: about for name, about in found.items() if isinstance(about, dict)}
    return {n: f"{a.get('type')}{'?' if a.get('optional') or 'default' in a else ''}" for n, a in shown.items()}


def load(attributes: Attributes, root: Path, compiler: PipelineCompiler) -> Content:
    """The content that an `origin` (all known) asks for. Raises DiagnosticError."""
    from kfinfra.pipelines.notes import notes_on
    from kfinfra.pipelines.overrides import with_settings
    from kfinfra.pipelines.package import to_yaml
    from kfinfra.pipelines.validation import problems_of

    written, overrides = _package(attributes, root, compiler), _overrides(attributes)
    package = with_settings(written, _block(attributes, "defaults"), overrides, _own(attributes))
    problems = problems_of(package)
    if any(p.severity is Severity.ERROR for p in problems):
        raise DiagnosticError(problems)
    found = _content(package, to_yaml(package))
    notes = notes_on(_block(attributes, "defaults"), {**_own(attributes), **overrides})
    return replace(found, warnings=(*problems, *notes, *_size(found.text)))


def _size(text: str) -> tuple[Diagnostic, ...]:
    """A warning for a package that is stored, but may not be run: a run is one Kubernetes object (etcd takes 1.5 MiB)."""
    size = len(text.encode())
    if size <= RUNNABLE:
        return ()
    detail = f"It has {size // 1000} kB. KFP stores it, but Argo keeps a run in one Kubernetes object, which holds some "
    hint = "move code into an image, or data into S3"
    return (warning("Package may be too large to run", f"{detail}{RUNNABLE // 1000} kB of a package.", hint=hint),)


def check_source(attributes: Attributes, root: Path, compiler: PipelineCompiler) -> None:
    """Reads the file of an `origin` whose settings are not all known: a mistake in it is told in the plan, not in the apply.

    Raises DiagnosticError.
    """
    written = {name: attributes.get(name) for name in ("source", "package", "function")}
    if is_known(written) and (written["source"] or written["package"]):
        _package(written, root, compiler)


def settings_of(attributes: Attributes, root: Path, compiler: PipelineCompiler) -> Mapping[str, Sequence[Setting]]:
    """Each task's settings in the end, by path, of an `origin` (all known). Raises DiagnosticError."""
    from kfinfra.pipelines.effective import effective

    package, overrides = _package(attributes, root, compiler), _overrides(attributes)
    return effective(package, _block(attributes, "defaults"), overrides, _own(attributes))


def on_server(version: Mapping[str, Any]) -> Content | None:
    """What a version of the server's holds; None where it does not say (a spec that it cannot read itself)."""
    from kfinfra.pipelines.package import from_server

    spec = version.get("pipeline_spec")
    return _content(from_server(spec), "") if isinstance(spec, dict) and spec else None


def _content(package: Package, text: str) -> Content:
    from kfinfra.pipelines.digest import package_digest
    from kfinfra.pipelines.summary import sources, summarize

    tasks: Plain = summarize(package)
    return Content(text, package_digest(package), tasks, parameters_of(tasks), package.platform is not None, sources(package))


def _package(attributes: Attributes, root: Path, compiler: PipelineCompiler) -> Package:
    from kfinfra.pipelines.package import parse_content, parse_package
    from kfinfra.pipelines.strays import without_strays

    if attributes.get("source") is not None:
        source, function = str(attributes["source"]), attributes.get("function")
        compiled = compiler.compile(source, str(function) if function is not None else None)
        return without_strays(parse_package(compiled, source))
    if attributes.get("dag") is not None:
        name = str(attributes.get("name"))
        return without_strays(parse_package(_from_hcl(attributes, name, root, compiler), f'pipeline "{name}"'))
    where = str(attributes["package"])
    try:
        return parse_content(read_file(root / where), where)
    except OSError as problem:
        detail = f"{where}: {problem.strerror or problem}."
        raise DiagnosticError(error("Cannot read the package", detail, hint="check `package`")) from problem


def _from_hcl(attributes: Attributes, name: str, root: Path, compiler: PipelineCompiler) -> str:
    """The YAML of a pipeline in HCL; other pipelines that are its components are compiled before it."""
    from kfinfra.pipelines.dag.codec import decode
    from kfinfra.pipelines.dag.failure import SettingsError

    dag = _block(attributes, "dag")
    texts: dict[str, str] = {}
    for component in decode({n: v for n, v in dag.items() if n != "settings"}).components:
        options = component.options
        if component.kind == "url":
            try:
                texts[component.name] = compiler.component_text(str(options["url"]), str(options["digest"]))
            except DiagnosticError as problem:
                raise SettingsError([(("dag", f"component.{component.name}"), d) for d in problem.diagnostics]) from None
        elif component.kind == "pipeline":
            texts[component.name] = load(origin(_block(options, "origin")), root, compiler).text
    return compiler.compile_dag({n: v for n, v in dag.items() if n != "settings"}, name, texts)


def _own(attributes: Attributes) -> dict[str, Attributes]:
    """The settings that the tasks of a pipeline in HCL have of their own, by label."""
    found = _block(_block(attributes, "dag"), "settings")
    return {name: settings for name, settings in found.items() if isinstance(settings, dict)}


def details(
    before: Attributes | None, after: Attributes | None, there: Mapping[str, str], here: Mapping[str, str]
) -> Iterable[DetailLine]:
    """The semantic diff of a pipeline's content, as far as it is known; `there` and `here` are the tasks' sources."""
    from kfinfra.pipelines.compare import Sources, compare

    old, new = (side.get("tasks") if side else None for side in (before, after))
    if new is UNKNOWN:
        return ()
    told = Sources(there, here, SHOWN_OF_CODE)
    return compare(old if isinstance(old, dict) else None, new if isinstance(new, dict) else None, told)


def cautions(found: Content, attributes: Attributes) -> Iterable[DetailLine]:
    """What KFP cannot hold of the content, or not run, and what no node can take, as lines of a plan."""
    from kfinfra.pipelines.notes import misplaced

    placed = misplaced(_block(attributes, "defaults"), {**_own(attributes), **_overrides(attributes)})
    for told in (*found.warnings, *placed):
        yield DetailLine(" ", f"warning: {told.summary}: {told.detail}")
        if told.hint:
            yield DetailLine(" ", f"hint: {told.hint}", 1)


def _overrides(attributes: Attributes) -> dict[str, Attributes]:
    return {name: settings for name, settings in _block(attributes, "override").items() if isinstance(settings, dict)}


def _block(attributes: Attributes, name: str) -> dict[str, Plain]:
    found = attributes.get(name)
    return found if isinstance(found, dict) else {}
