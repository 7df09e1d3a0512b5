"""What a run says besides which tests passed: how many corpus cases agreed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a machine that is busy is no failure
settings.load_profile("untimed")


@pytest.fixture
def agreed(record_property: Callable[[str, object], None]) -> Callable[[str, int, int], None]:
    """Takes a corpus's name, how many of its cases agree, and how many there are."""

    def record(corpus: str, right: int, all_: int) -> None:
        record_property("corpus", f"{corpus}: {right} of {all_} cases agree")

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what `agreed` was told, and how many parametrized corpus cases passed in each file that does not tell."""
    told: list[str] = []
    passed: dict[str, int] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            lines = [str(value) for name, value in report.user_properties if name == "corpus"]
            told += lines
            if not lines and "tests/corpus/" in report.nodeid and "[" in report.nodeid and outcome == "passed":
                file = report.nodeid.partition("::")[0]
                passed[file] = passed.get(file, 0) + 1
    told += [f"{file}: {count} cases passed" for file, count in passed.items()]
    if told:
        terminalreporter.section("corpora")
        for line in sorted(told):
            terminalreporter.write_line(line)
