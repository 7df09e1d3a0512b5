"""What may be written of AWS: the provider block, buckets, synced folders. Pure data and checks; no SDK."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable

from kfinfra.model.data import data_type
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Attribute, Problem, ProviderType, ResourceType, Shape
from kfinfra.model.urls import url_check
from kfinfra.providers.aws.cluster import EKS_CLUSTER
from kfinfra.providers.aws.nodegroup_schema import NODE_GROUP
from kfinfra.providers.aws.sync_schema import S3_SYNC
from kfinfra.providers.aws.tags import check_tags
from kfinfra.values.types import BOOL, NUMBER, STRING, MapType

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_FORBIDDEN = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(value: Plain) -> Iterable[Problem]:
    """S3's rules for general purpose buckets (docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html)."""
    name = str(value)
    why = ""
    if not _BUCKET.fullmatch(name):
        why = "3 to 63 lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit"
    elif ".." in name:
        why = "no two dots beside each other"
    elif name.startswith(_FORBIDDEN) or name.endswith(_SUFFIXES):
        why = "a prefix or suffix that AWS keeps for itself"
    else:
        try:
            ipaddress.IPv4Address(name)
            why = "not formatted as an IP address"
        except ValueError:
            return
    yield Problem((), "Invalid bucket name", f'"{name}" is no bucket name that S3 accepts: {why}.')


def check_policy(value: Plain) -> Iterable[Problem]:
    """A policy is a JSON object."""
    try:
        if not isinstance(json.loads(str(value)), dict):
            yield Problem((), "Invalid policy", "A policy is a JSON object.", "write it with jsonencode({ … })")
    except ValueError as problem:
        yield Problem((), "Invalid policy", f"The policy is not JSON: {problem}.", "write it with jsonencode({ … })")


def same_json(old: Plain, new: Plain) -> bool:
    """Whether two JSON texts say the same."""
    try:
        return bool(json.loads(str(old)) == json.loads(str(new)))
    except ValueError:
        return old == new


def check_days(value: Plain) -> Iterable[Problem]:
    """Days are whole and at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield Problem((), "Invalid number of days", f"{value} is not a whole number of days, at least 1.")


LIFECYCLE_RULE = {
    "prefix": Attribute(STRING, default="", doc="Keys the rule is for; all where empty."),
    "expire_after_days": Attribute(NUMBER, required=True, check=check_days, doc="Objects go after so many days."),
}


def check_algorithm(value: Plain) -> Iterable[Problem]:
    """The algorithms that S3 knows."""
    if value not in ("AES256", "aws:kms", "aws:kms:dsse"):
        yield Problem((), "Invalid encryption", f'"{value}" is none of AES256, aws:kms, aws:kms:dsse.')


ENCRYPTION = {
    "algorithm": Attribute(STRING, default="AES256", check=check_algorithm, doc="AES256, aws:kms or aws:kms:dsse."),
    "kms_key": Attribute(STRING, doc="The ARN of the KMS key; S3's own key for the account where absent."),
}


def check_bucket(attributes: Attributes) -> Iterable[Problem]:
    """A KMS key needs a KMS algorithm."""
    wanted = attributes.get("encryption")
    if isinstance(wanted, dict) and wanted.get("kms_key") and wanted.get("algorithm") == "AES256":
        detail = "kms_key is used by aws:kms only, and the algorithm is AES256."
        yield Problem(("encryption", "kms_key"), "Invalid encryption", detail, 'write algorithm = "aws:kms"')


S3_BUCKET = ResourceType(
    "s3_bucket",
    "aws",
    {
        "name": Attribute(STRING, check=check_bucket_name, doc="The bucket's name; the label where it is not written."),
        "versioning": Attribute(BOOL, default=False, doc="Keep old versions; once on it can only be suspended."),
        "encryption": Attribute(fields=ENCRYPTION, unmanaged_if_null=True, doc="Encryption; S3's own where absent."),
        "block_public_access": Attribute(BOOL, default=True, doc="All four public access blocks."),
        "lifecycle_rules": Attribute(fields=LIFECYCLE_RULE, shape=Shape.LIST, doc="When objects expire."),
        "policy": Attribute(STRING, check=check_policy, equal=same_json, doc="The bucket policy, as JSON."),
        "tags": Attribute(MapType(STRING), check=check_tags, doc="Tags."),
        "force_destroy": Attribute(BOOL, default=False, doc="Whether destroying deletes what the bucket still holds."),
        "arn": Attribute(STRING, computed=True, doc="The ARN."),
        "region": Attribute(STRING, computed=True, doc="The region that the bucket lies in."),
    },
    ("name",),
    check=check_bucket,
    doc="An S3 bucket.",
)


RESOURCE_TYPES = (NODE_GROUP, S3_BUCKET, S3_SYNC)
DATA_TYPES = (
    data_type(NODE_GROUP, without=("force_update", "autoscaler_tags")),
    data_type(S3_BUCKET, without=("force_destroy",)),
    EKS_CLUSTER,
)

PROVIDER = ProviderType(
    "aws",
    {
        "region": Attribute(STRING, doc="The region; else AWS_REGION, AWS_DEFAULT_REGION, or the profile's."),
        "profile": Attribute(STRING, doc="The profile of ~/.aws/config; else AWS_PROFILE."),
        "endpoints": Attribute(
            fields={s: Attribute(STRING, check=url_check, doc=f"The URL of {s}.") for s in ("s3", "eks", "autoscaling", "sts")},
            doc="Endpoint URLs, by service.",
        ),
        "assume_role": Attribute(
            fields={
                "role_arn": Attribute(STRING, required=True, doc="The role's ARN."),
                "session_name": Attribute(STRING, doc="The name of the session, which CloudTrail shows."),
                "external_id": Attribute(STRING, doc="The external id that the role's trust policy asks for."),
            },
            doc="The role to act in; its credentials are renewed before they expire.",
        ),
        "default_tags": Attribute(MapType(STRING), check=check_tags, doc="Tags of all that is made; a resource's own win."),
    },
    doc="EKS and S3. Everything may be left out: boto3's environment and files are read as the AWS CLI reads them.",
)
