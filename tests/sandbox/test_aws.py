"""The sandbox's S3 is no kinder than S3: tags come with the bucket, and what AWS does not take as a tag is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from kfinfra.sandbox.aws import Aws


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    server = Aws()
    yield boto3.client("s3", endpoint_url=server.url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    server.stop()


def make(s3: Any, name: str, tags: dict[str, str]) -> None:
    wire = [{"Key": k, "Value": v} for k, v in tags.items()]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": wire})


def test_a_bucket_comes_with_its_tags(s3: Any) -> None:
    make(s3, "tagged", {"kfinfra.dev/owner": "l/s3_bucket.a", "b": "c + d"})
    assert {t["Key"] for t in s3.get_bucket_tagging(Bucket="tagged")["TagSet"]} == {"kfinfra.dev/owner", "b"}


def test_a_bucket_that_exists_keeps_its_tags(s3: Any) -> None:
    make(s3, "twice", {"first": "1"})
    with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
        make(s3, "twice", {"second": "2"})
    assert s3.get_bucket_tagging(Bucket="twice")["TagSet"] == [{"Key": "first", "Value": "1"}]


@pytest.mark.parametrize("value", ['a["b"]', "x" * 257, "a&b"])
def test_a_tag_that_aws_refuses_is_refused(s3: Any, value: str) -> None:
    with pytest.raises(ClientError, match="InvalidTag"):
        make(s3, "never", {"k": value})
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with pytest.raises(ClientError, match="InvalidTag"):
        s3.put_bucket_tagging(Bucket="plain", Tagging={"TagSet": [{"Key": "k", "Value": value}]})
    assert "never" not in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    s3.delete_bucket(Bucket="plain")
