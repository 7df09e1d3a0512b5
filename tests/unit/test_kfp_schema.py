"""What may be written of KFP, and what is said of it before a server is asked; marks and wire shapes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.app.session import new_state
from kfinfra.diag import DiagnosticError
from kfinfra.engine.operation import owner_mark
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.providers.kfp import checks, marks, translate
from kfinfra.providers.kfp.cron import check_cron
from kfinfra.providers.kfp.parameters import check_parameters, same_json
from kfinfra.providers.kfp.schema import PIPELINE, RECURRING_RUN, RESOURCE_TYPES, same_pipeline, same_version

STATE = new_state()
TIMED: dict[str, Plain] = {"pipeline": {"id": UNKNOWN}, "cron": "0 0 2 * * *"}


def said(problems: Any) -> str:
    return " ".join(f"{p.path} {p.summary}: {p.detail} {p.hint}" for p in problems)


def test_types_are_those_of_the_design() -> None:
    assert {t.name: t.identity for t in RESOURCE_TYPES} == {
        "experiment": ("namespace", "name"),
        "pipeline": ("namespace", "name"),
        "recurring_run": ("namespace", "name"),
    }
    assert PIPELINE.blocks["defaults"].labels == () and PIPELINE.blocks["override"].labels == ("task",)


def test_a_cron_of_five_fields_is_shown_with_six() -> None:
    words = said(check_cron("0 2 * * *"))
    assert 'write "0 0 2 * * *"' in words and "five fields" in words


@pytest.mark.parametrize(
    "cron", ["0 0 2 * * *", "*/10 0-30/5 1,2 ? JAN-MAR mon", "@daily", "@every 1h30m", "  0 0 2 * * * ", "0 0 0 31 12 6"]
)
def test_crons_that_robfig_takes_are_taken(cron: str) -> None:
    assert not list(check_cron(cron))


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("60 0 2 * * *", "from 0 to 59"),
        ("0 0 24 * * *", "from 0 to 23"),
        ("0 0 2 0 * *", "from 1 to 31"),
        ("0 0 2 * * 7", "from 0 to 6"),
        ("0 0 2 * FOO *", "from 1 to 12"),
        ("0 0 5-2 * * *", "begins after its end"),
        ("0 */0 2 * * *", "no step"),
        ("0 0 2 * * * 2026", "7 fields"),
        ("", "0 fields"),
        ("@dayly", '"@daily"'),
    ],
)
def test_crons_that_robfig_refuses_are_refused(cron: str, words: str) -> None:
    assert words in said(check_cron(cron))


@pytest.mark.parametrize("name", ["a" * 128, "Größe", "with space"])
def test_names_that_kfp_takes(name: str) -> None:
    check = PIPELINE.attributes["name"].check
    assert check is not None and not list(check(name))


@pytest.mark.parametrize("name", ["a" * 129, "ü" * 65, "", " ", "a\nb", "a/b"])
def test_names_that_kfp_refuses(name: str) -> None:
    check = PIPELINE.attributes["name"].check
    assert check is not None and said(check(name))


@pytest.mark.parametrize("time", ["2026-01-31T02:00:00Z", "2026-01-31t02:00:00.5+02:00"])
def test_times_with_an_offset_are_taken(time: str) -> None:
    assert not list(checks.check_time(time))


@pytest.mark.parametrize("time", ["2026-01-31", "2026-01-31T02:00:00", "2026-02-30T02:00:00Z", "tomorrow"])
def test_other_times_are_refused(time: str) -> None:
    assert "RFC 3339" in said(checks.check_time(time))


def test_the_same_moment_is_no_change() -> None:
    assert checks.same_time("2026-01-31T02:00:00Z", "2026-01-31T04:00:00.7+02:00")
    assert not checks.same_time("2026-01-31T02:00:00Z", "2026-01-31T02:00:00+02:00")
    assert checks.same_interval("1h", "60m") and not checks.same_interval("1h", "61m")


@pytest.mark.parametrize("interval", ["0s", "500ms", "1.5s", "1 hour", ""])
def test_an_interval_is_of_whole_seconds(interval: str) -> None:
    assert said(checks.check_interval(interval))


def test_a_number_that_a_double_cannot_hold_is_refused_where_it_stands() -> None:
    assert "('a', 1)" in said(check_parameters({"a": [1, 2**53 + 1]}))
    assert not list(check_parameters({"a": 2**53, "b": 1e300, "c": True}))


def test_true_is_not_one() -> None:
    assert same_json({"a": [1, {"b": 2.0}]}, {"a": [1.0, {"b": 2}]})
    assert not same_json({"a": True}, {"a": 1})


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "none is written"),
        ({"source": "a.py", "package": "a.yaml"}, "source and package are written"),
        ({"package": "a.yaml", "function": "f"}, "compiled package holds just one"),
    ],
)
def test_a_pipeline_has_one_origin(written: dict[str, Plain], words: str) -> None:
    assert words in said(checks.check_pipeline(written))
    assert not list(checks.check_pipeline({"source": UNKNOWN, "function": "f"}))


def test_a_recurring_run_has_one_trigger() -> None:
    assert "both are written" in said(checks.check_recurring_run({**TIMED, "interval": "1h"}))
    assert "none is written" in said(checks.check_recurring_run({"pipeline": UNKNOWN}))
    backwards = {"start": "2026-01-31T02:00:00Z", "end": "2026-01-31T02:00:00+01:00"}
    assert "before it starts" in said(checks.check_recurring_run({**TIMED, **backwards}))


def with_parameters(given: Plain, **more: Plain) -> dict[str, Plain]:
    known: Plain = {"epochs": "NUMBER_INTEGER", "rate": "NUMBER_DOUBLE?"}
    pipeline: Plain = {"id": UNKNOWN, "name": "train", "version": "v-1", "parameters": known}
    return {**TIMED, "pipeline": pipeline, "parameters": given, **more}


def test_parameters_are_checked_against_the_pipeline() -> None:
    assert 'no parameter "epoch". Did you mean "epochs"?' in said(checks.check_recurring_run(with_parameters({"epoch": 3})))
    assert 'needs a value for its parameter "epochs"' in said(checks.check_recurring_run(with_parameters(None)))
    assert not list(checks.check_recurring_run(with_parameters({"epochs": 3})))
    assert not list(checks.check_recurring_run(with_parameters(UNKNOWN)))


@pytest.mark.parametrize(
    ("epochs", "right"), [(3, True), (0.5, True), (UNKNOWN, True), ("3", False), (True, False), (None, False), ([3], False)]
)
def test_a_value_has_its_parameters_type(epochs: Plain, right: bool) -> None:
    words = said(checks.check_recurring_run(with_parameters({"epochs": epochs})))
    assert (words == "") if right else ("takes a number (NUMBER_INTEGER)" in words)


def test_parameters_of_another_version_are_not_judged() -> None:
    assert not list(checks.check_recurring_run(with_parameters({"old": 1}, version="v-0")))
    assert said(checks.check_recurring_run(with_parameters({"old": 1}, version="v-1")))


def test_a_newer_version_is_no_change_to_what_follows_it() -> None:
    old: Plain = {"id": "p", "version": "v-1"}
    assert same_pipeline(old, {"id": "p", "version": UNKNOWN})
    assert not same_pipeline(old, {"id": UNKNOWN, "version": "v-1"})
    assert not same_pipeline(old, {"id": "q", "version": "v-1"})
    equal = RECURRING_RUN.attributes["pipeline"].equal
    assert equal is same_pipeline


def test_an_upload_again_is_the_same_version() -> None:
    assert same_version("v-0123456789ab", "v-0123456789ab-2")
    assert not same_version("v-0123456789ab", "v-0123456789ac")
    assert same_version("mine", "mine") and not same_version("mine", "mine-2")


@given(st.text(max_size=80).filter(lambda t: t == t.strip() and "[kfinfra" not in t), st.text(max_size=40), st.integers(0, 3))
def test_a_mark_is_read_back_with_the_description(description: str, name: str, key: int) -> None:
    address = Address("recurring_run", "a", name, (("m", key),))
    owner = owner_mark(STATE, address)
    assert marks.split(marks.marked(description, owner)) == (description or None, owner)
    if len(owner) < 250:
        assert marks.names(owner, address)
        assert not marks.names(owner, Address("recurring_run", "b", name, (("m", key),)))
    assert marks.lineage(owner) == STATE.lineage


def test_a_description_that_leaves_no_room_for_the_mark_is_refused() -> None:
    owner = owner_mark(STATE, Address("experiment", "a"))
    room = 255 - len(marks.marked(None, owner)) - 1
    assert len(marks.marked_short("x" * room, owner)) == 255
    with pytest.raises(DiagnosticError, match=f"{room} are left here, and {room + 1} are written"):
        marks.marked_short("x" * (room + 1), owner)


def test_a_description_cannot_forge_the_mark() -> None:
    assert "cannot be written" in said(checks.check_description("x [kfinfra.dev/owner=y]"))


def desired(**more: Plain) -> dict[str, Plain]:
    base: dict[str, Plain] = {
        "name": "nightly",
        "pipeline": {"id": "p"},
        "cron": "0 0 2 * * *",
        "enabled": True,
        "catchup": False,
    }
    return {**base, "max_concurrency": 1, **more}


def wire(**more: Plain) -> dict[str, Any]:
    """The server's answer to what `desired` sends: ids and times of its own, defaults filled in, empty parts left out."""
    body = translate.recurring_run_body(desired(**more), "l/a", "", None, None)
    body.pop("namespace")
    server = {"recurring_run_id": "r", "status": "ENABLED", "experiment_id": "e", "service_account": "pipeline-runner"}
    if not body["runtime_config"]["parameters"]:
        body.pop("runtime_config")
    return {**body, **server}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"cron": None, "interval": "90m", "start": "2026-01-31T02:00:00+02:00"},
        {"parameters": {"a": 1, "b": [True, None, "x"]}, "catchup": True, "description": "Every night."},
    ],
)
def test_what_is_sent_is_read_back(more: dict[str, Plain]) -> None:
    told = translate.recurring_run(wire(**more))
    for name, value in desired(**more).items():
        if name != "pipeline":
            equal = RECURRING_RUN.attributes[name].equal
            assert told[name] == value or (equal is not None and equal(told[name], value)), name
    body = translate.recurring_run_body(desired(**more), "l/a", "", None, None)
    assert translate.does_the_same(wire(**more), body)
    other = translate.recurring_run_body(desired(**{**more, "max_concurrency": 2}), "l/a", "", None, None)
    assert not translate.does_the_same(wire(**more), other)


def test_whether_it_is_enabled_does_not_make_it_another() -> None:
    off = translate.recurring_run_body(desired(enabled=False), "l/a", "", None, None)
    assert off["mode"] == "DISABLE" and translate.does_the_same(wire(), off)


@pytest.mark.parametrize(("length", "text"), [(3600, "1h"), (5400, "1h30m"), (59, "59s"), (86401, "24h1s")])
def test_seconds_read_as_a_duration(length: int, text: str) -> None:
    assert translate.duration(length) == text and checks.same_interval(text, f"{length}s")
