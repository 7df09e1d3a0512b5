"""Module calls: nested addresses, repetition, one graph over all modules, targets, and what a child sees of its parent."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.config.configuration import Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address, Target
from kfinfra.plan.change import Mode
from tests.fakes.bench import Bench, actions
from tests.fakes.world import PROVIDERS, TYPES

CHILD = """
variable "size" { type = number }
variable "zone" { default = "a" }
locals { double = var.size * 2 }
disk "d" {
  for_each = toset(["one", "two"])
  name     = "${var.zone}-${each.key}"
  size     = local.double
}
machine "m" {
  name = "${var.zone}-m"
  disk = disk.d["one"]
}
output "disks" { value = disk.d }
output "machine" { value = machine.m.id }
output "folder" { value = path.module }
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    write(tmp_path, "m/main.hcl", CHILD)
    return Bench(tmp_path)


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def loaded(folder: Path, text: str) -> Configuration:
    write(folder, "main.hcl", text)
    return load(FolderSources(folder), TYPES, PROVIDERS, {})


REPEATED = """
module "a" {
  source   = "./m"
  for_each = { x = 1, y = 2 }
  size     = each.value
  zone     = each.key
}
machine "top" { disk = module.a["x"].disks["two"] }
output "sizes" { value = { for k, m in module.a : k => m.disks["one"].size } }
output "made" { value = module.a["y"].machine }
output "folder" { value = module.a["x"].folder }
"""


def test_instances_have_nested_addresses_and_values_of_their_own(bench: Bench) -> None:
    plan = bench.plan(REPEATED)
    assert actions(plan) == dict.fromkeys(
        [
            'module.a["x"].disk.d["one"]', 'module.a["x"].disk.d["two"]', 'module.a["x"].machine.m',
            'module.a["y"].disk.d["one"]', 'module.a["y"].disk.d["two"]', 'module.a["y"].machine.m', "machine.top",
        ],
        "create",
    )  # fmt: skip
    result = bench.apply(REPEATED)
    assert not result.failed
    assert {n: o.value for n, o in result.outputs.items()} == {
        "sizes": {"x": 2, "y": 4}, "made": bench.world.objects["machine", "y-m"]["id"], "folder": "m",
    }  # fmt: skip
    assert bench.world.objects["machine", "top"]["disk"] == bench.world.objects["disk", "x-two"]["id"]
    assert set(actions(bench.plan(REPEATED)).values()) == {"no-op"}


def test_what_lies_beside_is_waited_for_and_what_lies_in_another_instance_is_not(bench: Bench) -> None:
    plan = bench.plan(REPEATED)
    before = {str(c.address): sorted(map(str, c.dependencies)) for c in plan.changes}
    assert before['module.a["x"].machine.m'] == ['module.a["x"].disk.d["one"]']
    assert before["machine.top"] == ['module.a["x"].disk.d["one"]', 'module.a["x"].disk.d["two"]']


@pytest.mark.parametrize(
    ("reference", "used"),
    [
        ('disk.d["a"].id', "a"), ("disk.d[each.key].id", "a"), ("disk.d[local.a].id", "a"), ("disk.d[var.a].id", "a"),
        ('disk.d[local.more["a"]].id', "a"), ('"${disk.d["b"].id}${disk.d[each.key].id}"', "ab"),
        ("values(disk.d)[0].id", "ab"), ("local.through", "ab"), ('[for k in ["b"] : disk.d[k].id][0]', "ab"),
        ('[for each in [{ key = "b" }] : disk.d[each.key].id][0]', "ab"),
        ('disk.d["a"].id == "" ? "" : disk.d[local.more.a].id', "a"),
        ('try(disk.d[0].id, "x")', "ab"), ("disk.d[disk.e.zone].id", "abe"), ("disk.e.id", "e"),
    ],
)  # fmt: skip
def test_an_instance_that_is_chosen_by_a_key_is_waited_for_alone(tmp_path: Path, reference: str, used: str) -> None:
    text = f"""
variable "a" {{ default = "a" }}
locals {{
  a       = "a"
  more    = {{ a = "a" }}
  through = disk.d["a"].id
}}
disk "d" {{
  for_each = toset(["a", "b"])
  size     = 1
}}
disk "e" {{
  size = 1
  zone = "a"
}}
machine "m" {{
  for_each = toset(["a"])
  disk     = {reference}
}}
"""
    plan = Bench(tmp_path).plan(text)
    (machine,) = (c for c in plan.changes if c.address.type == "machine")
    assert "".join(str(a.key or a.name) for a in sorted(machine.dependencies)) == used


def test_count_is_a_tuple_and_nested_modules_have_both_keys(tmp_path: Path) -> None:
    inner = 'variable "n" {}\ndisk "d" {\n  name = "d${var.n}"\n  size = var.n\n}\noutput "n" { value = disk.d.size }'
    write(tmp_path, "inner/i.hcl", inner)
    write(
        tmp_path,
        "outer/o.hcl",
        'variable "n" {}\nmodule "in" {\n  source = "../inner"\n  count = 2\n  n = var.n + count.index\n}\n'
        'output "all" { value = module.in[*].n }\noutput "last" { value = module.in[1].n }',
    )
    text = 'module "out" {\n  source = "./outer"\n  n = 5\n}\noutput "o" { value = module.out }'
    bench = Bench(tmp_path)
    assert list(actions(bench.plan(text))) == ["module.out.module.in[0].disk.d", "module.out.module.in[1].disk.d"]
    assert {o.name: o.after for o in bench.plan(text).outputs} == {"o": {"all": [5, 6], "last": 6}}


def test_a_child_sees_nothing_of_its_caller(bench: Bench, tmp_path: Path) -> None:
    write(tmp_path, "m/more.hcl", 'output "x" { value = local.secret }')
    with pytest.raises(DiagnosticError, match='no local value named "secret"'):
        bench.plan('locals { secret = 1 }\nmodule "a" {\n  source = "./m"\n  size = 1\n}')
    write(tmp_path, "m/more.hcl", "")
    with pytest.raises(DiagnosticError, match='no disk named "d"'):
        bench.plan('module "a" {\n  source = "./m"\n  size = 1\n}\noutput "x" { value = disk.d }')


def test_a_module_is_no_barrier_in_the_graph(tmp_path: Path) -> None:
    """A module's second half may use what its first half gave to the caller."""
    write(
        tmp_path,
        "m/main.hcl",
        'variable "back" {}\ndisk "first" { size = 1 }\nmachine "second" { disk = var.back }\n'
        'output "first" { value = disk.first.id }\noutput "second" { value = machine.second.id }',
    )
    text = 'module "a" {\n  source = "./m"\n  back = local.through\n}\nlocals { through = module.a.first }'
    bench = Bench(tmp_path)
    assert not bench.apply(text).failed
    assert bench.world.objects["machine", "second"]["disk"] == "id-1"
    graph = loaded(tmp_path, text).edges
    assert {str(k): [str(v) for v in wanted] for k, wanted in graph.items()} == {
        "module.a.disk.first": [], "module.a.machine.second": ["module.a.disk.first"],
    }  # fmt: skip


def test_a_cycle_through_modules_names_each_edge(tmp_path: Path) -> None:
    write(tmp_path, "m/main.hcl", 'variable "v" {}\noutput "o" { value = var.v }')
    with pytest.raises(DiagnosticError) as caught:
        loaded(
            tmp_path, 'module "a" {\n  source = "./m"\n  v = module.b.o\n}\nmodule "b" {\n  source = "./m"\n  v = module.a.o\n}'
        )
    (found,) = caught.value.diagnostics
    assert found.summary == "Cycle"
    for edge in (
        "module.a.var.v (main.hcl:3:7)", "module.b.output.o (m/main.hcl:2:22)", "module.b.var.v (main.hcl:7:7)",
        "module.a.output.o (m/main.hcl:2:22)",
    ):  # fmt: skip
        assert edge in found.detail


def test_targets_name_modules_their_instances_and_what_lies_in_them(bench: Bench) -> None:
    assert len(bench.plan(REPEATED, targets=("module.a",)).changes) == 6
    assert set(actions(bench.plan(REPEATED, targets=('module.a["y"]',)))) == {
        'module.a["y"].disk.d["one"]', 'module.a["y"].disk.d["two"]', 'module.a["y"].machine.m',
    }  # fmt: skip
    only = bench.plan(REPEATED, targets=('module.a["y"].disk.d["one"]',))
    assert list(actions(only)) == ['module.a["y"].disk.d["one"]']
    with pytest.raises(DiagnosticError, match=r'Did you mean "module\.a'):
        bench.plan(REPEATED, targets=("module.aa",))
    bench.apply(REPEATED)
    assert set(actions(bench.plan("", targets=('module.a["y"]',), mode=Mode.DESTROY)).values()) == {"delete"}


def test_what_leaves_the_configuration_is_destroyed_with_its_reason(bench: Bench) -> None:
    bench.apply(REPEATED)
    less = REPEATED.replace(", y = 2", "").replace('output "made" { value = module.a["y"].machine }', "")
    plan = bench.plan(less)
    gone = {str(c.address): c.reason for c in plan.changes if c.action.value == "delete"}
    assert gone == dict.fromkeys(
        ['module.a["y"].disk.d["one"]', 'module.a["y"].disk.d["two"]', 'module.a["y"].machine.m'], "delete_because_no_module"
    )
    assert not bench.apply(less).failed
    assert not bench.apply("").failed
    assert not bench.world.objects


def test_depends_on_a_module_waits_for_all_in_it(bench: Bench) -> None:
    text = 'module "a" {\n  source = "./m"\n  size = 1\n}\ndisk "late" {\n  size = 1\n  depends_on = [module.a]\n}\n'
    late = next(c for c in bench.plan(text).changes if str(c.address) == "disk.late")
    assert len(late.dependencies) == 3
    text = 'disk "early" { size = 1 }\nmodule "a" {\n  source = "./m"\n  size = 1\n  depends_on = [disk.early]\n}'
    assert all(Address.parse("disk.early") in c.dependencies for c in bench.plan(text).changes if str(c.address) != "disk.early")


def test_providers_are_inherited_or_passed(tmp_path: Path) -> None:
    write(tmp_path, "m/main.hcl", 'disk "d" { size = 1 }\ndisk "e" {\n  size = 1\n  provider = fake.other\n}')
    text = (
        'provider "fake" { region = "x" }\nprovider "fake" {\n  alias = "west"\n}\n'
        'module "a" {\n  source = "./m"\n  providers = { fake.other = fake.west }\n}\n'
    )
    changes = Bench(tmp_path).plan(text).changes
    assert [(str(c.address), c.provider) for c in changes] == [("module.a.disk.d", "fake"), ("module.a.disk.e", "fake.west")]
    with pytest.raises(DiagnosticError, match=r"no provider fake\.other"):
        Bench(tmp_path).plan(text.replace("providers = { fake.other = fake.west }", ""))


@pytest.mark.parametrize(
    ("text", "names"),
    [("module.a", True), ('module.a["x"]', True), ('module.a["y"]', False), ("module.a.disk.d", True), ("module.b", False),
     ('module.a["x"].disk.d["k"]', True), ('module.a["x"].disk.d["l"]', False), ("disk.d", False), ("module.a.module.b", False)],
)  # fmt: skip
def test_a_target_without_a_key_stands_for_all_instances(text: str, names: bool) -> None:
    assert Target.parse(text).contains(Address.parse('module.a["x"].disk.d["k"]')) is names
    assert str(Target.parse(text)) == text


def test_what_state_has_besides_is_no_instance_even_where_a_provider_is_configured_from_it(tmp_path: Path) -> None:
    text = """
disk "d" {
  count = 3
  size  = 1
}
provider "fake" {
  alias  = "late"
  region = disk.d[0].id
}
machine "m" {
  provider = fake.late
  disk     = disk.d[0]
}
output "n" { value = length(disk.d) }
"""
    bench = Bench(tmp_path)
    assert not bench.apply(text).failed
    assert {o.name: o.after for o in bench.plan(text.replace("count = 3", "count = 2")).outputs} == {"n": 2}


UNKNOWN = """
disk "a" { size = 1 }
module "m" {
  source   = "./m"
  for_each = { x = disk.a.id }
  name     = each.value
}
output "label" { value = module.m["x"].label }
"""
LABELLED = """
variable "name" {
  type = string
  validation {
    condition     = length(var.name) < LIMIT
    error_message = "Too long."
  }
}
locals { text = "for ${var.name}" }
module "inner" {
  source = "../n"
  label  = local.text
}
output "label" { value = module.inner.label }
"""
INNER = """
variable "label" {}
machine "m" {
  disk  = "x"
  label = var.label
}
output "label" { value = machine.m.label }
"""


def test_what_is_known_only_after_apply_passes_through_modules(tmp_path: Path) -> None:
    write(tmp_path, "m/main.hcl", LABELLED.replace("LIMIT", "9"))
    write(tmp_path, "n/main.hcl", INNER)
    bench = Bench(tmp_path)
    result = bench.apply(UNKNOWN)
    assert not result.failed and result.outputs["label"].value == "for id-1"
    assert set(actions(bench.plan(UNKNOWN)).values()) == {"no-op"}


def test_a_rule_that_can_be_checked_only_after_apply_is_checked_then(tmp_path: Path) -> None:
    write(tmp_path, "m/main.hcl", LABELLED.replace("LIMIT", "2"))
    write(tmp_path, "n/main.hcl", INNER)
    bench = Bench(tmp_path)
    assert len(bench.plan(UNKNOWN).changes) == 2
    result = bench.apply(UNKNOWN)
    ((address, found),) = result.failed.items()
    assert str(address) == 'module.m["x"].module.inner.machine.m'
    assert [(d.summary, d.detail, str(d.span)) for d in found] == [("Invalid value for variable", "Too long.", "main.hcl:6:14")]


def test_an_output_that_a_module_does_not_have_may_be_tried(tmp_path: Path) -> None:
    write(tmp_path, "m/main.hcl", 'output "a" { value = 1 }\noutput "s" {\n  value = "x"\n  sensitive = true\n}')
    call = 'module "m" { source = "./m" }\n'
    text = call + 'output "a" { value = [try(module.m.b, "none"), can(module.m.b), can(module.m.a)] }'
    assert loaded(tmp_path, text).outputs()["a"] == (["none", False, True], False)
    for text in ('output "b" { value = module.m.b }', 'output "b" { value = [try(1, 2), module.m.b] }'):
        with pytest.raises(DiagnosticError, match='Module "m" has no output "b"'):
            loaded(tmp_path, call + text)
    with pytest.raises(DiagnosticError, match=r'The output "o" holds a sensitive value \(\[0\].s\)'):
        loaded(tmp_path, call + 'output "o" { value = [module.m] }').outputs()
