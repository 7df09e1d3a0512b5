"""What a pipeline version is named by: a digest over what the package means, whoever wrote it down.

The digest of what a server returns equals that of what was uploaded, so drift is seen without tags. Left out: `sdkVersion`
and the `kfp==` that kfp puts into its own pip command (a new kfp is no new pipeline), and the times inside embedded archives.
"""

from __future__ import annotations

import hashlib
import json
import re

from kfinfra.model import quantity
from kfinfra.model.plain import Plain
from kfinfra.pipelines.archives import unpacked
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import entries, mapping
from kfinfra.pipelines.wire import Flaw, read

_PIN = re.compile(r"'kfp==[^']+'(?=\s+'--no-deps'\s+'typing-extensions)")


def package_digest(package: Package) -> str:
    """The hex sha256 of the canonical package."""
    text = json.dumps(canonical(package), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def canonical(package: Package) -> dict[str, Plain]:
    """The package as JSON of which every meaning has one form: `spec`, and `platforms` where they say anything."""
    flaws: list[Flaw] = []
    spec = read(package.spec, "PipelineSpec", flaws)
    spec.pop("sdkVersion", None)
    for _, executor in entries(spec, "deploymentSpec", "executors"):
        _one_spelling(executor)
    out: dict[str, Plain] = {"spec": _each_text(spec)}
    platform = read(package.platform, "PlatformSpec", flaws) if package.platform is not None else {}
    if stated := _stated(platform):
        out["platforms"] = stated
    return out


def neutral_text(text: str) -> str:
    """A command or source text without what changes by itself: the injected pin, and archives as their content."""
    return unpacked(_PIN.sub("'kfp'", text))


def neutral_quantity(text: str) -> str:
    """A quantity in its one spelling (`1000m` is `1`); what is none, such as a placeholder, as it is."""
    try:
        return quantity.canonical(text)
    except ValueError:
        return text


def _one_spelling(executor: Plain) -> None:
    """Rewrites the quantities of a canonical executor, which nobody else holds."""
    container = executor.get("container") if isinstance(executor, dict) else None
    resources = container.get("resources") if isinstance(container, dict) else None
    if isinstance(resources, dict):
        resources |= {k: neutral_quantity(v) for k, v in resources.items() if k.startswith("resource") and isinstance(v, str)}


def _each_text(value: Plain) -> Plain:
    match value:
        case str():
            return neutral_text(value)
        case dict():
            return {key: _each_text(item) for key, item in value.items()}
        case list():
            return [_each_text(item) for item in value]
        case _:
            return value


def _stated(platform: Plain) -> dict[str, Plain]:
    """The PlatformSpec's platforms that say anything: an executor without settings is as good as none."""
    out: dict[str, Plain] = {}
    for name, single in entries(platform, "platforms"):
        kept = {key: value for key, value in mapping(single).items() if key != "deploymentSpec"}
        executors: dict[str, Plain] = {
            label: config for label, config in entries(single, "deploymentSpec", "executors") if config
        }
        if executors:
            kept["deploymentSpec"] = {"executors": executors}
        if kept:
            out[name] = kept
    return out
