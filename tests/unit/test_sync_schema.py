"""What may not be written of a synced folder."""

from __future__ import annotations

import pytest

from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.providers.aws.sync_schema import check_direction, check_percent, check_sync

UP: dict[str, Plain] = {"prefix": "p", "direction": "upload", "source": "data", "target": None}
DOWN: dict[str, Plain] = {"prefix": "p", "direction": "download", "source": None, "target": "data"}
REFUSED: list[tuple[dict[str, Plain], str, str]] = [
    ({**UP, "prefix": "/p"}, "Invalid prefix", "slash"),
    ({**UP, "prefix": "a//b"}, "Invalid prefix", "slash"),
    ({**UP, "prefix": ""}, "Invalid prefix", "empty"),
    ({**UP, "source": None}, "Missing required argument", '"source"'),
    ({**UP, "target": "x"}, "Unsupported argument", "other direction"),
    ({**UP, "overwrite": True}, "Unsupported argument", "for downloads"),
    ({**DOWN, "target": None}, "Missing required argument", '"target"'),
    ({**DOWN, "source": "x"}, "Unsupported argument", 'write target = "…"'),
    ({**DOWN, "target": "."}, "Invalid target", "folder of its own"),
    ({**DOWN, "target": "./"}, "Invalid target", "folder of its own"),
]


@pytest.mark.parametrize(("written", "summary", "words"), REFUSED)
def test_a_mistake_is_told(written: dict[str, Plain], summary: str, words: str) -> None:
    (found,) = check_sync(written)
    assert found.summary == summary
    assert words in found.detail + found.hint


def test_what_is_right_or_not_known_yet_is_let_be() -> None:
    for written in (UP, DOWN, {**UP, "direction": UNKNOWN}, {**UP, "prefix": UNKNOWN, "source": UNKNOWN}):
        assert list(check_sync(written)) == []
    assert list(check_direction("upload")) == list(check_percent(0)) == list(check_percent(100)) == []
    assert list(check_direction("both"))
    assert list(check_percent(101))
