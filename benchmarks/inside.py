"""What is measured within one process: a function each, called as `python -m benchmarks.inside FUNCTION ARGUMENT…`.

Prints one line of JSON: names of figures to their values, in seconds of processor time where nothing else is said.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path


def language(folder: str, cache: str) -> dict[str, float]:
    """Parse and evaluate the configuration in `folder`, with the parse cache in `cache` (`none`: without one)."""
    from kfinfra.app.catalogue import provider_functions, provider_types, resource_types
    from kfinfra.app.validation import validated
    from kfinfra.config.files import FolderSources
    from kfinfra.config.loading import load
    from kfinfra.hcl.cache import ParseCache
    from kfinfra.hcl.functions import Clock, standard_functions

    kept = None if cache == "none" else ParseCache(Path(cache), b"")
    types, providers, own = resource_types(), provider_types(), provider_functions()
    standard_functions(FolderSources(Path(folder)), Clock(), own)  # a program's start imports them, too
    began = time.process_time()
    config = load(FolderSources(Path(folder)), types, providers, {}, (), kept, require_variables=False, own=own)
    loaded = time.process_time()
    found = validated(config)
    ended = time.process_time()
    if found:
        raise RuntimeError(f"{folder} is not valid: {found[0]}")
    heavy = sum(name in sys.modules for name in ("lark", "hcl2"))
    return {"load": loaded - began, "evaluate": ended - loaded, "total": ended - began, "parsers": heavy}


def apply(count: str) -> dict[str, float]:
    """Create `count` resources against a fake that answers at once, with a real store: seconds of wall clock."""
    from tests.fakes.bench import Bench

    text = "\n".join(f'disk "d{n}" {{\n  size = {n % 9 + 1}\n}}\n' for n in range(int(count)))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        began, used = time.monotonic(), time.process_time()
        session = bench.session(text)
        plan = session.plan()
        planned = time.monotonic()
        result = session.apply(plan, threading.Event())
        ended = time.monotonic()
        if result.failed or len(bench.world.objects) != int(count):
            raise RuntimeError(f"the apply failed: {result.failed}")
        return {"plan": planned - began, "apply": ended - planned, "total": ended - began, "cpu": time.process_time() - used}


def main() -> None:
    """Calls the function that the command line names, as the installed command would run."""
    import gc

    sys.path.insert(0, str(Path(__file__).parent.parent))
    sys.setrecursionlimit(50_000)
    gc.set_threshold(100_000, 20, 20)
    print(json.dumps({"language": language, "apply": apply}[sys.argv[1]](*sys.argv[2:])))


if __name__ == "__main__":
    main()
