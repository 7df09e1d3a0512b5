"""What this machine gives: its clock, and where things are kept between commands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kfinfra.app.options import Workplace

if TYPE_CHECKING:
    from kfinfra.hcl.cache import ParseCache


DATA_FOLDER = ".kfinfra"


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)


def parse_cache(work: Workplace) -> ParseCache:
    """Where parsed files are kept between commands."""
    from kfinfra.hcl.cache import ParseCache, user_key
    from kfinfra.hcl.usercache import user_cache

    return ParseCache(work.root / DATA_FOLDER / "cache" / "hcl", user_key(user_cache(work.env)))
