"""Importing a user's source in the child process, inside its package where it stands in one."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


class Refused(Exception):
    """The source holds no pipeline, or not the one that is meant. The arguments are summary, detail and hint."""


def load_module(source: Path, root: Path) -> ModuleType:
    """The source as a module, inside its package where it stands in one (so that relative imports work)."""
    names, folder = [source.stem], source.parent
    while (folder / "__init__.py").is_file() and folder != root:
        names.insert(0, folder.name)
        folder = folder.parent
    for path in (str(root), str(folder)):
        if path in sys.path:
            sys.path.remove(path)
        sys.path.insert(0, path)
    name = ".".join(names)
    if len(names) > 1:
        return importlib.import_module(name)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(source):
        return known
    spec = importlib.util.spec_from_file_location(name, source)
    if spec is None or spec.loader is None:
        raise Refused("Invalid pipeline source", f"{source.name} is no Python source.", "source names a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
