"""Where modules lie: what an address means, what the lock file pins, and what git is asked, of a repository on this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.app.installing import install_modules
from kfinfra.app.options import Workplace
from kfinfra.config.configuration import Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.installed import LOCK_FILE, lock_text, read_lock
from kfinfra.config.loading import load
from kfinfra.config.sources import GitSource, SourceError, git_source, redacted
from kfinfra.diag import DiagnosticError
from kfinfra.stores.repositories import Repositories

COMMIT = "0123456789012345678901234567890123456789"


@pytest.mark.parametrize(
    ("text", "url", "ref", "subdir"),
    [
        ("git::https://h.example/r.git", "https://h.example/r.git", "", ""),
        ("git::https://h.example/r.git?ref=v1", "https://h.example/r.git", "v1", ""),
        ("git::https://h.example/a/r.git//x/y?ref=feature/z&depth=1", "https://h.example/a/r.git", "feature/z", "x/y"),
        ("git::ssh://git@h.example:22/r.git//x", "ssh://git@h.example:22/r.git", "", "x"),
        ("git::git@h.example:o/r.git//x?ref=a", "ssh://git@h.example/o/r.git", "a", "x"),
        ("git@github.com:o/r.git", "ssh://git@github.com/o/r.git", "", ""),
        ("github.com/o/r//x/./y?ref=a", "https://github.com/o/r.git", "a", "x/y"),
        ("github.com/o/r.git", "https://github.com/o/r.git", "", ""),
        ("git::file:///srv/r.git//x", "file:///srv/r.git", "", "x"),
        ("git::/srv/r.git//x?ref=a", "file:///srv/r.git", "a", "x"),
    ],
)
def test_git_addresses(text: str, url: str, ref: str, subdir: str) -> None:
    assert git_source(text) == GitSource(url, ref, subdir)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("terraform-aws-modules/vpc/aws", 'git::https://HOST/terraform-aws-modules/vpc/aws.git'),
        ("app.terraform.io/acme/vpc/aws", "registry"),
        ("modules/a", 'write: "./modules/a"'),
        ("/srv/m", "absolute"), ("C:\\m", "absolute"),
        ("https://h.example/m.zip", "Archives"), ("s3::https://h.example/m", '"s3::"'), ("hg::http://h.example/m", '"hg::"'),
        ("git::ext::sh -c x", "no URL"), ("git::ftp://h.example/r", '"ftp"'), ("git::https://h.example", "no repository"),
        ("git::https://h.example/r?reff=1", '"reff"'), ("git::https://h.example/r?ref=--upload-pack=x", "no branch"),
        ("git::https://h.example/r?ref=", "no branch"), ("git::https://h.example/r//../x", "no folder"),
        ("git::ssh://-oProxyCommand=x/r", "no repository"), ("github.com/o", "no repository"),
    ],
)  # fmt: skip
def test_addresses_that_name_nothing_say_what_to_write(text: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        git_source(text)
    assert words in f"{caught.value} {caught.value.hint}"


def test_credentials_are_taken_out_of_whatever_is_shown() -> None:
    assert git_source("git::https://me:s3cret@h.example/r.git?ref=a").key == "git::https://h.example/r.git?ref=a"
    assert (
        redacted("fatal: 'https://tok3n@h.example/r': denied, ssh://git@h") == "fatal: 'https://h.example/r': denied, ssh://git@h"
    )


def git(folder: Path, *words: str) -> str:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main", "-c", "tag.gpgsign=false")
    return subprocess.run(["git", *who, *words], cwd=folder, env=env, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two modules, of which one uses the other; tagged v1."""
    folder = tmp_path / "repo"
    (folder / "outer").mkdir(parents=True)
    (folder / "inner").mkdir()
    (folder / "outer" / "o.hcl").write_text(
        'module "in" {\n  source = "../inner"\n  size = 1\n}\noutput "id" { value = module.in.id }'
    )
    (folder / "inner" / "i.hcl").write_text(
        'variable "size" {}\nnamespace "d" { labels = { size = var.size } }\noutput "id" { value = namespace.d.name }'
    )
    git(folder, "init", "-q")
    commit(folder)
    git(folder, "tag", "-a", "v1", "-m", "one")
    return folder


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def work(folder: Path, source: str) -> Workplace:
    (folder / "root").mkdir(exist_ok=True)
    (folder / "root" / "main.hcl").write_text(f'module "a" {{\n  source = "{source}"\n}}\n')
    return Workplace(folder / "root", dict(os.environ))


def loaded(place: Workplace) -> Configuration:
    return load(FolderSources(place.root), resource_types(), provider_types(), {})


def test_a_commit_is_fetched_once_pinned_and_moved_by_upgrade_only(tmp_path: Path, repository: Path) -> None:
    place = work(tmp_path, f"git::file://{repository}//outer?ref=main")
    with pytest.raises(DiagnosticError, match="Module not installed"):
        loaded(place)
    first = git(repository, "rev-parse", "HEAD")
    (line,) = install_modules(place, upgrade=False)
    assert line == f"- module.a: git::file://{repository}?ref=main at {first[:12]}"
    config = loaded(place)
    assert [str(b) for b in config.order] == ["module.a.module.in.namespace.d"]
    assert read_lock(FolderSources(place.root)) == {f"git::file://{repository}?ref=main": first}
    (repository / "inner" / "more.hcl").write_text('namespace "e" {}')
    second = commit(repository)
    install_modules(place, upgrade=False)
    assert len(loaded(place).order) == 1
    (line,) = install_modules(place, upgrade=True)
    assert line.endswith(f"at {second[:12]} (was {first[:12]})")
    assert len(loaded(place).order) == 2 and loaded(place).digest != config.digest


def test_tags_commits_and_the_head_are_refs_too(tmp_path: Path, repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    (repository / "x").write_text("")
    head = commit(repository)
    sources = [git_source(f"git::file://{repository}{ref}") for ref in ("?ref=v1", f"?ref={first}", "")]
    assert [Repositories(dict(os.environ)).commit(s) for s in sources] == [first, first, head]
    for ref, words in (("nope", 'no branch and no tag "nope"'), (first[:8], "40 digits")):
        place = work(tmp_path, f"git::file://{repository}//outer?ref={ref}")
        with pytest.raises(DiagnosticError) as caught:
            install_modules(place, upgrade=False)
        (found,) = caught.value.diagnostics
        assert words in found.detail + found.hint and str(found.span) == "main.hcl:2:12"
        assert not (place.root / LOCK_FILE).exists()


def test_a_commit_that_the_repository_has_no_more_is_told_once(tmp_path: Path, repository: Path) -> None:
    place = work(tmp_path, f"git::file://{repository}//outer?ref=main")
    text = (place.root / "main.hcl").read_text()
    (place.root / "main.hcl").write_text(text + text.replace('"a"', '"b"').replace("//outer", "//inner"))
    (place.root / LOCK_FILE).write_text(lock_text({f"git::file://{repository}?ref=main": COMMIT}))
    with pytest.raises(DiagnosticError) as caught:
        install_modules(place, upgrade=False)
    (found,) = caught.value.diagnostics
    assert found.detail == f"file://{repository} has no commit {COMMIT}, which the lock file pins." and "-upgrade" in found.hint
    assert str(found.span) == "main.hcl:2:12" and found.context == 'module "a"'
    (place.root / "main.hcl").write_text(text.replace("ref=main", f"ref={COMMIT}"))
    with pytest.raises(DiagnosticError, match=rf"has no commit {COMMIT}\."):
        install_modules(place, upgrade=False)


def test_a_repository_within_a_module_is_told_by_its_whole_name(tmp_path: Path, repository: Path) -> None:
    place = work(tmp_path, "./own")
    (place.root / "own").mkdir()
    (place.root / "own" / "o.hcl").write_text(f'module "b" {{\n  source = "git::{repository}//outer"\n}}\n')
    (line,) = install_modules(place, upgrade=False)
    assert line.startswith(f"- module.a.module.b: git::file://{repository} at ")


def test_a_folder_that_the_repository_does_not_have(tmp_path: Path, repository: Path) -> None:
    place = work(tmp_path, f"git::file://{repository}//nope")
    with pytest.raises(DiagnosticError, match='The repository has no folder "nope" at the commit that is used'):
        install_modules(place, upgrade=False)


def test_a_module_cannot_lead_out_of_its_repository(tmp_path: Path, repository: Path) -> None:
    (repository / "outer" / "o.hcl").write_text('module "in" { source = "../../inner" }')
    place = work(tmp_path, f"git::file://{repository}//outer?ref={commit(repository)}")
    with pytest.raises(DiagnosticError, match="leads out of the repository"):
        install_modules(place, upgrade=False)


def test_what_git_says_has_no_credentials_and_nothing_is_asked(tmp_path: Path) -> None:
    source = git_source("git::https://me:s3cret@127.0.0.1:1/r.git")
    with pytest.raises(DiagnosticError) as caught:
        Repositories(dict(os.environ)).fetch(source, COMMIT, tmp_path / "m" / "x")
    assert "s3cret" not in str(caught.value) and "127.0.0.1:1" in str(caught.value)
    assert not list((tmp_path / "m").iterdir())
    (tmp_path / "main.hcl").write_text('module "a" { source = "git::https://me:s3cret@h.example/r.git" }')
    with pytest.raises(DiagnosticError) as caught:
        load(FolderSources(tmp_path), resource_types(), provider_types(), {})
    (found,) = caught.value.diagnostics
    assert found.hint == "run: kfinfra init" and found.span is not None and "s3cret" not in found.span.code + found.detail


def test_the_lock_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    commits = {'git::https://h.example/"q"${x}.git?ref=a': COMMIT, "git::file:///b": "f" * 40}
    (tmp_path / LOCK_FILE).write_text(lock_text(commits))
    assert read_lock(FolderSources(tmp_path)) == commits
    for text in ('module "a" { commit = "abc" }', 'modul "a" {}', 'module { commit = "' + COMMIT + '" }'):
        (tmp_path / LOCK_FILE).write_text(text)
        with pytest.raises(DiagnosticError, match="Invalid lock file"):
            read_lock(FolderSources(tmp_path))
