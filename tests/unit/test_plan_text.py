"""A plan reads like Terraform's: the whole text of one that holds each kind of change."""

from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN
from kfinfra.model.ports import DetailLine
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
Resource actions are indicated with the following symbols:
  + create
  ~ update in-place
  - destroy
-/+ destroy and then create replacement

kfinfra will perform the following actions:

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
          - 1,
            2,
          + 3,
        ]
      ~ tags  = {
          + new  = "2"
          - old  = "1"
            same = "s"
        }
    }

  # disk.c[0] must be replaced
-/+ disk "c" {
        name = "c"
      ~ zone = "a" -> "b" # forces replacement
    }

  # disk.d[1] will be destroyed
  # (because index [1] is out of range for count)
  - disk "d" {
      - name = "d" -> null
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


OLD = {
    "arr": "[1,2,3]", "j2": '{"a":{"b":[1,{"c":2}]}}', "list": [f"item{i}" for i in range(12)], "long": "l",
    "m": {"a": 1, "b": 2}, "name": "n", "objs": [{"name": "a", "v": 1}, {"name": "b", "v": 2}, {"name": "c", "v": 3}],
    "same": [1, 2, 3], "tags": {"q": 1, "r": 2}, "text": "line 0\nline 1\nline 2", "tset": ["a", "b"],
}  # fmt: skip
NEW = OLD | {
    "arr": "[1,3]", "j2": '{"a":{"b":[1,{"c":3}]}}', "list": [f"item{i}" if i != 6 else "changed" for i in range(12)],
    "long": ["l"], "objs": [{"name": "a", "v": 1}, {"name": "b", "v": 5}, {"name": "d", "v": 3}],
    "text": "line 0\nnew\nline 2", "tset": ["a", "c"],
}  # fmt: skip

# What terraform 1.11.4 prints for a terraform_data whose input changes from OLD to NEW, without the word "resource".
TERRAFORM = """\
  ~ thing "a" {
        id    = "7c2d0302"
      ~ input = {
          ~ arr  = jsonencode(
              ~ [
                    1,
                  - 2,
                    3,
                ]
            )
          ~ j2   = jsonencode(
              ~ {
                  ~ a = {
                      ~ b = [
                            1,
                          ~ {
                              ~ c = 2 -> 3
                            },
                        ]
                    }
                }
            )
          ~ list = [
                # (5 unchanged elements hidden)
                "item5",
              ~ "item6" -> "changed",
                "item7",
                # (4 unchanged elements hidden)
            ]
          ~ long = "l" -> [
              + "l",
            ]
            name = "n"
          ~ objs = [
                {
                    name = "a"
                    v    = 1
                },
              ~ {
                    name = "b"
                  ~ v    = 2 -> 5
                },
              ~ {
                  ~ name = "c" -> "d"
                    # (1 unchanged attribute hidden)
                },
            ]
            tags = {
                q = 1
                r = 2
            }
          ~ text = <<-EOT
                line 0
              - line 1
              + new
                line 2
            EOT
          ~ tset = [
                "a",
              ~ "b" -> "c",
            ]
            # (2 unchanged attributes hidden)
        }
      ~ out   = {
          - js   = jsonencode(
                {
                  - a = [
                      - 1,
                      - {
                          - c = 2
                        },
                    ]
                }
            )
          - tags = {
              - q = 1
            }
          - text = <<-EOT
                l1
                l2
            EOT
        } -> (known after apply)
        # (1 unchanged attribute hidden)
    }
"""


def test_sentences_are_as_wide_as_they_may_be() -> None:
    change = Change(Address("disk", "a"), Action.CREATE, "fake", None, {"name": "a long text that is left as it is"})
    plain, tinted = (render_plan(Plan(Mode.NORMAL, (change,)), color=color, width=30) for color in (False, True))
    assert plain.startswith("Resource actions are indicated\nwith the following symbols:\n")
    assert '+ name = "a long text that is left as it is"\n' in plain
    assert plain.endswith("Plan: 1 to add, 0 to change, 0\nto destroy.\n")
    assert tinted.endswith("\x1b[1mPlan:\x1b[0m 1 to add, 0 to change, 0\nto destroy.\n")


def test_nested_values_differ_as_in_terraform() -> None:
    out = {"js": '{"a":[1,{"c":2}]}', "tags": {"q": 1}, "text": "l1\nl2\n"}
    change = Change(
        Address("thing", "a"), Action.UPDATE, "fake",
        {"id": "7c2d0302", "input": OLD, "out": out, "kept": 1}, {"id": "7c2d0302", "input": NEW, "out": UNKNOWN, "kept": 1},
        (Difference(("input",), OLD, NEW), Difference(("out",), out, UNKNOWN)),
    )  # fmt: skip
    text = render_plan(Plan(Mode.NORMAL, (change,)))
    header = "  # thing.a will be updated in-place\n"
    assert text.partition(header)[2].partition("\nPlan: ")[0] == TERRAFORM


def test_drift_is_told_apart_from_the_plan() -> None:
    drift = Change(
        Address("disk", "b"), Action.UPDATE, "fake", {"name": "b", "size": 1}, {"name": "b", "size": 2},
        (Difference(("size",), 1, 2),),
    )  # fmt: skip
    gone = Change(Address("disk", "c"), Action.DELETE, "fake", {"name": "c"}, None)
    assert (
        render_plan(Plan(Mode.NORMAL, (), (drift, gone)))
        == """\
Note: Objects have changed outside of kfinfra

kfinfra found these changes, made since the last "kfinfra apply":

  # disk.b has changed
  ~ disk "b" {
        name = "b"
      ~ size = 1 -> 2
    }

  # disk.c has been deleted
  - disk "c" {
      - name = "c" -> null
    }

─────────────────────────────────────────────────────────────────────────────

No changes. Your infrastructure matches the configuration.

Applying this plan records what was found above in the state, and changes nothing else.
"""
    )
    undone = Change(Address("disk", "b"), Action.CREATE, "fake", None, {"name": "b"})
    assert "\nUnless the configuration was changed alike, the following plan undoes these changes.\n" in render_plan(
        Plan(Mode.NORMAL, (undone,), (drift,))
    )


def test_details_stand_in_the_place_of_what_they_say_better() -> None:
    details = (DetailLine("~", 'task "fit"'), DetailLine("~", 'memory: "4G" -> "8G"', 1), DetailLine("", "2 tasks unchanged"))
    change = Change(
        Address("pipeline", "train"), Action.UPDATE, "fake", {"name": "t", "digest": "a", "tasks": {"fit": 1}},
        {"name": "t", "digest": "b", "tasks": {"fit": 2}},
        (Difference(("digest",), "a", "b"), Difference(("tasks",), 1, 2)), details=details, write_only=("token",),
    )  # fmt: skip
    assert """\
  ~ pipeline "train" {
        name  = "t"
      ~ token = (write-only attribute)
      ~ task "fit"
        ~ memory: "4G" -> "8G"
        2 tasks unchanged
    }
""" in render_plan(Plan(Mode.NORMAL, (change,)))


def test_each_reason_is_in_the_header() -> None:
    each = Change(Address("disk", "d", "x y"), Action.DELETE, "fake", {"name": "d"}, None, reason="delete_because_each_key")
    block = Change(Address("disk", "e"), Action.DELETE, "fake", {"name": "e"}, None, reason="delete_because_no_resource_config")
    taint = Change(Address("disk", "f"), Action.REPLACE, "fake", {"id": "1"}, {"id": UNKNOWN}, reason="replace_because_tainted")
    asked = Change(Address("disk", "g"), Action.REPLACE, "fake", {"id": "1"}, {"id": UNKNOWN}, reason="replace_by_request")
    said = [line for line in render_plan(Plan(Mode.NORMAL, (each, block, taint, asked))).split("\n") if line.startswith("  # ")]
    assert said == [
        '  # disk.d["x y"] will be destroyed',
        '  # (because key ["x y"] is not in for_each map)',
        "  # disk.e will be destroyed",
        "  # (because disk.e is not in configuration)",
        "  # disk.f is tainted, so must be replaced",
        "  # disk.g will be replaced, as requested",
    ]


def test_outputs_alone_and_their_nested_values() -> None:
    outputs = (
        OutputChange("gone", Action.DELETE, "x", None),
        OutputChange("hidden", Action.UPDATE, None, None, True),
        OutputChange("l", Action.UPDATE, [1, 2, 3], [1, 3]),
        OutputChange("old secret", Action.DELETE, None, None, True),
        OutputChange("same", Action.NOOP, 1, 1),
    )
    assert (
        render_plan(Plan(Mode.NORMAL, (), outputs=outputs))
        == """\
Changes to Outputs:
  - gone         = "x" -> null
  ~ hidden       = (sensitive value)
  ~ l            = [
        1,
      - 2,
        3,
    ]
  - "old secret" = (sensitive value) -> null

Applying this plan saves these outputs in the state, and changes nothing else.
"""
    )


def test_nothing_sensitive_is_shown_when_items_of_a_list_move() -> None:
    old = [{"name": "a", "password": "hunter1"}, {"name": "b", "password": "hunter2"}]
    new = [{"name": "z", "password": "hunter3"}, *old]
    change = Change(
        Address("disk", "a"), Action.UPDATE, "fake", {"users": old}, {"users": new}, (Difference(("users",), old, new),),
        sensitive=frozenset({("users", 0, "password")}),
    )  # fmt: skip
    assert "hunter" not in render_plan(Plan(Mode.NORMAL, (change,)))


def test_meaning_survives_without_colour() -> None:
    import re

    plan = Plan(Mode.NORMAL, (CREATE, UPDATE, REPLACE, DELETE))
    assert re.sub(r"\x1b\[\d+m", "", render_plan(plan, color=True)) == render_plan(plan)
