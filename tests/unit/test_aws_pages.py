"""A page of objects that is read cheaply says what botocore reads in it, or is left to botocore."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import botocore.session
import pytest
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.providers.aws.pages import read_objects

SHAPE = botocore.session.Session().get_service_model("s3").operation_model("ListObjectsV2").output_shape
QUOTES = {"'": "&#39;", '"': "&#34;"}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
CHARACTERS = st.characters(min_codepoint=0x20, exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("&<>\"'%+/ ")
TEXTS = st.text(CHARACTERS, min_size=1)


def page(objects: list[tuple[str, str, int]], head: str = HEAD, quote: str = "&quot;") -> bytes:
    contents = "".join(
        f"<Contents><Key>{escape(key, QUOTES)}</Key><LastModified>2026-11-28T00:00:00.000Z</LastModified>"
        f"<ETag>{quote}{etag}{quote}</ETag><Size>{size}</Size><StorageClass>STANDARD</StorageClass>"
        "<Owner><ID>me</ID></Owner></Contents>"
        for key, etag, size in objects
    )
    inside = f"<Name>b</Name><Prefix>p/</Prefix><KeyCount>{len(objects)}</KeyCount><IsTruncated>true</IsTruncated>{contents}"
    more = "<NextContinuationToken>more</NextContinuationToken>"
    return f'{head}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}{more}</ListBucketResult>'.encode()


def parsed(body: bytes, status: int = 200) -> Any:
    return create_parser("rest-xml").parse({"status_code": status, "headers": {}, "body": body}, SHAPE)


def cheaply(body: bytes, status: int = 200) -> tuple[bytes, dict[str, Any]]:
    response: dict[str, Any] = {"status_code": status, "headers": {}, "body": body}
    custom: dict[str, Any] = {}
    read_objects(response_dict=response, customized_response_dict=custom, operation_model=None)
    return response["body"], custom


@given(st.lists(st.tuples(TEXTS, st.text("0123456789abcdef-", min_size=1), st.integers(0, 2**62)), min_size=1, max_size=5))
@settings(deadline=None)
def test_the_objects_are_those_that_botocore_reads(objects: list[tuple[str, str, int]]) -> None:
    whole = parsed(page(objects))
    rest, custom = cheaply(page(objects))
    assert [{n: o[n] for n in ("Key", "ETag", "Size")} for o in whole.pop("Contents")] == custom["Contents"]
    assert parsed(rest) == whole


@pytest.mark.parametrize(
    "body",
    [
        page([("a", "1", 1)], head='<?xml version="1.0" encoding="ISO-8859-1"?>'),
        page([("a", "1", 1)]).replace(b"<Key>a<", b"<Key><![CDATA[a]]><"),
        page([("a", "1", 1)]).replace(b"<Name>", b"<!-- <Contents></Contents> --><Name>"),
        page([("a", "1", 1)]).replace(b"<Key>a<", b"<Key>&#x85;<"),
        page([("a", "1", 1)]).replace(b"<Size>1<", b"<Size>one<"),
        page([("a", "1", 1)]).replace(b"<Key>a</Key>", b""),
        page([("a", "1", 1), ("b", "2", 2)]).replace(b"<Contents><Key>b", b'<Contents xml:space="preserve"><Key>b'),
        page([]),
        b"<Error><Code>SlowDown</Code><Message>no</Message></Error>",
        b"",
    ],
)
def test_a_page_of_another_form_is_left_to_botocore(body: bytes) -> None:
    assert cheaply(body) == (body, {})


def test_a_refusal_is_left_to_botocore() -> None:
    body = page([("a", "1", 1)])
    assert cheaply(body, status=403) == (body, {})
