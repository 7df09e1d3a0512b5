"""The differ: laws, and what each schema flag means."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.model.resource import Desired, Lifecycle, Resource
from kfinfra.model.schema import Attribute, ResourceType, Shape
from kfinfra.plan.change import Action
from kfinfra.plan.diff import diff, drift
from kfinfra.plan.merge import same
from kfinfra.values.types import ANY, NUMBER, STRING, MapType

ADDRESS = Address("thing", "a")
SCALING = {"min": Attribute(NUMBER), "desired": Attribute(NUMBER, initial_only=True)}
THING = ResourceType(
    "thing",
    "fake",
    {
        "name": Attribute(STRING, required=True),
        "size": Attribute(STRING, equal=lambda a, b: str(a).lower() == str(b).lower()),
        "zone": Attribute(STRING, replaces=True),
        "labels": Attribute(MapType(STRING)),
        "scaling": Attribute(fields=SCALING, shape=Shape.OBJECT),
        "extra": Attribute(ANY, unmanaged_if_null=True),
        "arn": Attribute(STRING, computed=True),
        "status": Attribute(STRING, computed=True, volatile=True),
        "version": Attribute(STRING, computed=True, recomputed=True),
    },
    ("name",),
)
SERVER = {"arn": "arn:1", "status": "ACTIVE", "version": "v1"}


def wanted(**attributes: object) -> Desired:
    return Desired(Resource(ADDRESS, {"name": "a", **attributes}), "fake")  # type: ignore[dict-item]


def there(**attributes: object) -> Resource:
    return Resource(ADDRESS, {"name": "a", **SERVER, **attributes})  # type: ignore[dict-item]


LABELS = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@given(LABELS, st.none() | st.text(max_size=3), st.none() | st.fixed_dictionaries({"min": st.integers(0, 3)}))
def test_a_thing_does_not_differ_from_itself(labels: dict[str, str], size: str | None, scaling: dict[str, int] | None) -> None:
    same = {"labels": labels, "size": size, "scaling": scaling}
    assert diff(wanted(**same), there(**same), THING, "fake").action is Action.NOOP
    assert drift(there(**same), there(**same), THING, "fake") is None


@given(LABELS, LABELS)
def test_applying_a_plan_makes_the_next_one_empty(old: dict[str, str], new: dict[str, str]) -> None:
    change = diff(wanted(labels=new), there(labels=old), THING, "fake")
    made = {**(change.after or {}), **SERVER}
    assert diff(wanted(labels=new), Resource(ADDRESS, made), THING, "fake").action is Action.NOOP


def test_a_create_knows_what_is_written_and_not_what_the_server_sets() -> None:
    change = diff(wanted(size="1"), None, THING, "fake")
    assert change.action is Action.CREATE and change.after is not None
    assert change.after["size"] == "1" and change.after["arn"] is UNKNOWN and change.after["zone"] is None


def test_an_update_keeps_what_is_stable_and_forgets_what_it_makes_anew() -> None:
    change = diff(wanted(labels={"a": "b"}), there(), THING, "fake")
    assert change.action is Action.UPDATE and change.after is not None
    assert change.after["arn"] == "arn:1" and change.after["version"] is UNKNOWN and change.after["status"] is UNKNOWN


def test_what_forces_a_replacement_replaces_and_says_so() -> None:
    change = diff(wanted(zone="b"), there(zone="a"), THING, "fake")
    assert change.action is Action.REPLACE and [d.path for d in change.differences if d.replaces] == [("zone",)]
    assert change.after is not None and change.after["arn"] is UNKNOWN
    first = replace(wanted(zone="b"), lifecycle=Lifecycle(create_before_destroy=True))
    assert diff(first, there(zone="a"), THING, "fake").action is Action.CREATE_THEN_DELETE


def test_an_unknown_value_where_a_change_would_replace_replaces() -> None:
    assert diff(wanted(zone=UNKNOWN), there(zone="a"), THING, "fake").action is Action.REPLACE


def test_a_value_that_means_the_same_is_no_change() -> None:
    assert diff(wanted(size="ABC"), there(size="abc"), THING, "fake").action is Action.NOOP


def test_initial_only_and_unmanaged_values_are_left_alone() -> None:
    change = diff(wanted(scaling={"min": 1, "desired": 5}), there(scaling={"min": 1, "desired": 2}, extra="x"), THING, "fake")
    assert change.action is Action.NOOP


def test_ignored_changes_are_ignored_at_any_depth() -> None:
    ignoring = Lifecycle(ignore_changes=(("labels", "b"), ("size",)))
    desired = replace(wanted(labels={"a": "1", "b": "2"}, size="1"), lifecycle=ignoring)
    assert diff(desired, there(labels={"a": "1", "b": "other"}, size="9"), THING, "fake").action is Action.NOOP


def test_what_is_ignored_and_was_not_there_does_not_come() -> None:
    def after(labels: Plain, before: Plain, *ignored: str) -> Plain:
        desired = replace(wanted(labels=labels), lifecycle=Lifecycle(ignore_changes=tuple(("labels", i) for i in ignored)))
        change = diff(desired, there(labels=before), THING, "fake")
        assert change.after is not None
        return change.after["labels"]

    assert after({"a": "1"}, {"a": "1"}, "team") == {"a": "1"}
    assert after({"a": "1", "team": "x"}, {"a": "1"}, "team") == {"a": "1"}
    assert after({"a": "1", "team": "x"}, None, "team") == {"a": "1"}
    assert after({"a": "1"}, {"a": "1", "team": "y"}, "team") == {"a": "1", "team": "y"}
    assert after(None, {"team": "y", "b": "2"}, "team") == {"team": "y"}
    assert after(None, None, "team") is None


def test_drift_is_what_changed_but_for_what_changes_by_itself() -> None:
    assert drift(there(), there(status="UPDATING", scaling=None), THING, "fake") is None
    changed = drift(there(labels={}), there(labels={"x": "y"}), THING, "fake")
    assert changed is not None and [d.path for d in changed.differences] == [("labels",)]
    gone = drift(there(), None, THING, "fake")
    assert gone is not None and gone.action is Action.DELETE


def test_a_changed_secret_is_an_update_that_shows_no_value() -> None:
    desired = replace(wanted(), resource=replace(wanted().resource, write_only={"data": "digest-2"}))
    change = diff(desired, replace(there(), write_only={"data": "digest-1"}), THING, "fake")
    assert change.action is Action.UPDATE and change.write_only == ("data",)


def test_an_empty_collection_is_none() -> None:
    assert same(Attribute(MapType(STRING)), None, {}) and same(Attribute(MapType(STRING)), [], None)
    assert not same(Attribute(MapType(STRING)), None, {"a": "b"})


def test_what_a_new_object_will_have_besides_is_no_cause_of_its_making() -> None:
    disk = replace(THING, attributes={**THING.attributes, "volume": Attribute(STRING, computed=True, replaces=True)})
    tainted = diff(wanted(), there(volume="v1"), disk, "fake", forced="replace_because_tainted")
    assert [d.path for d in tainted.differences if d.replaces] == []
    assert tainted.after is not None and tainted.after["volume"] is UNKNOWN
    moved = diff(wanted(zone="b"), there(zone="a", volume="v1"), disk, "fake")
    assert [d.path for d in moved.differences if d.replaces] == [("zone",)]
