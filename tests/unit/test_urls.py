"""Addresses of servers: what is told of one that is none, before anything is connected to."""

from __future__ import annotations

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.urls import wrong_with
from kfinfra.providers.kfp.access import Access

GOOD = ["https://x", "http://127.0.0.1:8888/pipeline", "HTTPS://kfp.example.org/", "https://[::1]:8888", "http://x:65535"]
BARE = ["kfp.example.org", "localhost:8888", "kfp.example.org/pipeline"]
BAD = [
    ("ftp://x", '"ftp" is no scheme'),
    ("htps://x", '"htps" is no scheme'),
    ("http:/x", "two slashes"),
    ("https:///x", "names no host"),
    ("http://", "names no host"),
    ("//x", "no scheme"),
    ("http://a b", "a space"),
    ("http://a\0b", "control character"),
    ("http://x:99999", "number up to 65535"),
    ("http://x:abc", "number up to 65535"),
    ("http://x:0", "port is 0"),
    ("http://[::1", "host or its port"),
    ("https://ada:secret@x", "a user or a password"),
]


@pytest.mark.parametrize("url", GOOD)
def test_good_ones(url: str) -> None:
    assert wrong_with(url) == wrong_with(url, bare=True) == ""


@pytest.mark.parametrize("url", BARE)
def test_a_scheme_may_be_left_out_where_https_is_meant(url: str) -> None:
    assert wrong_with(url, bare=True) == ""
    assert "no scheme" in wrong_with(url)


@pytest.mark.parametrize(("url", "words"), BAD)
def test_bad_ones(url: str, words: str) -> None:
    assert words in wrong_with(url)
    assert words in wrong_with(url, bare=True)
    assert "secret" not in wrong_with(url)


@pytest.mark.parametrize("config", [{"host": "ftp://x"}, {}])
def test_the_address_of_kfp(config: dict[str, str]) -> None:
    with pytest.raises(DiagnosticError, match="Invalid KFP endpoint") as failed:
        _ = Access(config, {"KF_PIPELINES_ENDPOINT": "ftp://x"}).host
    assert '"ftp" is no scheme' in failed.value.diagnostics[0].detail
