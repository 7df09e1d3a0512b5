"""What gives another answer each time: the time, `uuid`, `bcrypt`. Unknown in a plan, so that what is planned is what is done.

As in Terraform: `plantimestamp` is when the plan was made, also where a saved plan is applied; the others are worked out by an
apply (and by the console), and are unknown before it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.hcl.functions.numeric import whole
from kfinfra.hcl.functions.times import stamp
from kfinfra.values.data import Unknown, Value
from kfinfra.values.types import STRING

_COST = 10
_LONGEST_PASSWORD = 72  # bcrypt uses no more bytes than these


@dataclass
class Clock:
    """The time as functions see it: `planned` is when the plan was made, `now` gives the time once things are done."""

    planned: datetime | None = None
    now: Callable[[], datetime] | None = None


def functions(clock: Clock) -> dict[str, Implementation]:
    """The functions; they look at `clock` whenever they are called."""

    def timestamp() -> Value:
        return stamp(clock.now().astimezone(UTC)) if clock.now else Unknown(STRING, not_null=True)

    def plantimestamp() -> Value:
        return stamp(clock.planned.astimezone(UTC)) if clock.planned else Unknown(STRING, not_null=True)

    def made_uuid() -> Value:
        return str(uuid.uuid4()) if clock.now else Unknown(STRING, not_null=True)

    def hashed(password: str, *cost: Value) -> Value:
        if len(cost) > 1:
            raise FunctionError("takes a text and at most one cost")
        rounds = whole(cost[0], 1) if cost else _COST
        if not 4 <= rounds <= 31:
            raise FunctionError(f"the cost must be from 4 to 31, not {rounds}", 1)
        if len(password.encode()) > _LONGEST_PASSWORD:
            raise FunctionError(f"a password of more than {_LONGEST_PASSWORD} bytes cannot be hashed", 0)
        return _bcrypt(password, rounds) if clock.now else Unknown(STRING, not_null=True, prefix="$2a$")

    return {"timestamp": timestamp, "plantimestamp": plantimestamp, "uuid": made_uuid, "bcrypt": hashed}


def _bcrypt(password: str, rounds: int) -> str:
    import bcrypt

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds, prefix=b"2a")).decode()
