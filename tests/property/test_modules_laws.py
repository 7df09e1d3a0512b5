"""Laws of addresses with modules, and of the lock file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.config.files import FolderSources
from kfinfra.config.installed import LOCK_FILE, lock_text, read_lock
from kfinfra.model.address import Address, Key, Target

names = st.from_regex(r"[a-z_][a-z0-9_-]{0,5}", fullmatch=True).filter(lambda n: n not in ("module", "data"))
keys: st.SearchStrategy[Key] = st.none() | st.integers(0, 10**6) | st.text(st.characters(codec="utf-8"), max_size=8)
addresses = st.builds(Address, names, names, keys, st.lists(st.tuples(names, keys), max_size=3).map(tuple), st.booleans())


@given(addresses)
@settings(deadline=None)
def test_an_address_is_read_as_it_is_written_and_named_by_itself_and_its_modules(address: Address) -> None:
    assert Address.parse(str(address)) == address
    assert Target.parse(str(address)).contains(address) and str(Target.parse(str(address))) == str(address)
    for length in range(1, len(address.module) + 1):
        module = Target(address.module[:length])
        assert Target.parse(str(module)) == module and module.contains(address)
        assert Target((*address.module[: length - 1], (address.module[length - 1][0], None))).contains(address)


@given(st.lists(addresses, max_size=6))
@settings(deadline=None)
def test_a_module_comes_before_those_inside_it(found: list[Address]) -> None:
    depths = [len(a.module) for a in sorted(found)]
    assert depths == sorted(depths)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1),
        st.from_regex("[0-9a-f]{40}", fullmatch=True),
    )
)
@settings(deadline=None, max_examples=40)
def test_a_lock_file_says_what_was_written(commits: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, LOCK_FILE).write_text(lock_text(commits), encoding="utf-8")
        found = read_lock(FolderSources(Path(folder)))
    assert len(found) <= len(commits) and set(found.values()) <= set(commits.values())
    assert {k: v for k, v in commits.items() if k.isascii()}.items() <= found.items()
