"""A plan reads like Terraform's: the whole text of one that holds each kind of change."""

from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN
from kfinfra.plan.change import Action, Change, Difference, Mode, OutputChange, Plan
from kfinfra.views.plan_text import render_plan

CREATE = Change(
    Address("disk", "a"), Action.CREATE, "fake", None,
    {"name": "a", "id": UNKNOWN, "tags": {"team": "ml", "x y": "1"}, "password": "hunter2", "size": 5, "zone": None},
    sensitive=frozenset({("password",)}),
)  # fmt: skip
UPDATE = Change(
    Address("disk", "b"), Action.UPDATE, "fake",
    {"name": "b", "id": "id-1", "ports": [1, 2], "tags": {"old": "1", "same": "s"}},
    {"name": "b", "id": "id-1", "ports": [2, 3], "tags": {"new": "2", "same": "s"}},
    (Difference(("ports",), [1, 2], [2, 3]), Difference(("tags",), {"old": "1"}, {"new": "2"})),
)  # fmt: skip
REPLACE = Change(
    Address("disk", "c", 0), Action.REPLACE, "fake", {"name": "c", "zone": "a"}, {"name": "c", "zone": "b"},
    (Difference(("zone",), "a", "b", True),), reason="replace_because_cannot_update",
)  # fmt: skip
DELETE = Change(Address("disk", "d", 1), Action.DELETE, "fake", {"name": "d"}, None, reason="delete_because_count_index")

TEXT = """\
kfinfra will perform the following actions:
  + create
  ~ update in-place
  - destroy
-/+ destroy and then create replacement

  # disk.a will be created
  + disk "a" {
      + id       = (known after apply)
      + name     = "a"
      + password = (sensitive value)
      + size     = 5
      + tags     = {
          + team  = "ml"
          + "x y" = "1"
        }
    }

  # disk.b will be updated in-place
  ~ disk "b" {
        id    = "id-1"
        name  = "b"
      ~ ports = [
          - 1
            # (1 unchanged element hidden)
          + 3
        ]
      ~ tags  = {
          + new = "2"
          - old = "1"
        }
    }

  # disk.c[0] must be replaced
-/+ disk "c" {
        name = "c"
      ~ zone = "a" -> "b" # forces replacement
    }

  # disk.d[1] will be destroyed (because its index is out of range for count)
  - disk "d" {
      - name = "d"
    }

Plan: 2 to add, 1 to change, 2 to destroy.

Changes to Outputs:
  + secret = (sensitive value)
"""


def test_each_kind_of_change() -> None:
    outputs = (OutputChange("secret", Action.CREATE, None, "hunter2", True),)
    plan = Plan(Mode.NORMAL, (CREATE, UPDATE, REPLACE, DELETE), outputs=outputs)
    assert render_plan(plan) == TEXT


def test_no_change_is_one_line() -> None:
    assert render_plan(Plan(Mode.NORMAL, ())) == "No changes. Your infrastructure matches the configuration.\n"


def test_meaning_survives_without_colour() -> None:
    import re

    plan = Plan(Mode.NORMAL, (CREATE, UPDATE, REPLACE, DELETE))
    assert re.sub(r"\x1b\[\d+m", "", render_plan(plan, color=True)) == render_plan(plan)
