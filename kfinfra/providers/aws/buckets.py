"""Buckets: observed, created, changed, deleted, one setting at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Run
from kfinfra.providers.aws.client import Aws, code_of, translated

OWNER = "kfinfra.dev/owner"
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def observe(aws: Aws, name: str, default_tags: Mapping[str, str]) -> Observed:
    """The bucket as it is; S3 has no list with detail, so each setting is a call."""
    from botocore.exceptions import ClientError

    s3 = aws.s3
    with translated(f"read the bucket {name}"):
        try:
            head = s3.head_bucket(Bucket=name)
        except ClientError as problem:
            if code_of(problem) in ("404", "NoSuchBucket"):
                return Observed(None)
            raise
        tags = {t["Key"]: t["Value"] for t in _optional(s3.get_bucket_tagging, name, "NoSuchTagSet").get("TagSet", [])}
        owner = tags.pop(OWNER, None)
        block = _optional(s3.get_public_access_block, name, "NoSuchPublicAccessBlockConfiguration")
        rules = _optional(s3.get_bucket_lifecycle_configuration, name, "NoSuchLifecycleConfiguration").get("Rules", [])
        policy = _optional(s3.get_bucket_policy, name, "NoSuchBucketPolicy").get("Policy")
        encryption = _optional(s3.get_bucket_encryption, name, "ServerSideEncryptionConfigurationNotFoundError")
        versioning = s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"
    own: dict[str, Plain] = {k: v for k, v in tags.items() if default_tags.get(k) != v}
    attributes: dict[str, Plain] = {
        "name": name,
        "versioning": versioning,
        "encryption": _encryption(encryption),
        "block_public_access": all(block.get("PublicAccessBlockConfiguration", {}).get(b) for b in _BLOCKS),
        "lifecycle_rules": [_rule(r) for r in rules] or None,
        "policy": policy,
        "tags": own or None,
        "arn": f"arn:aws:s3:::{name}",
        "region": head["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", aws.s3.meta.region_name),
    }
    return Observed(attributes, owner=owner)


def _optional(call: Callable[..., Any], name: str, missing: str) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        found: dict[str, Any] = call(Bucket=name)
    except ClientError as problem:
        if code_of(problem) == missing:
            return {}
        raise
    return found


def _rule(rule: Mapping[str, Any]) -> dict[str, Plain]:
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    return {"prefix": prefix, "expire_after_days": rule.get("Expiration", {}).get("Days")}


def _encryption(found: Mapping[str, Any]) -> Plain:
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    if not rules:
        return None
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    return {"algorithm": default.get("SSEAlgorithm"), "kms_key": default.get("KMSMasterKeyID")}


def create(aws: Aws, operation: Operation, default_tags: Mapping[str, str]) -> Run:
    """Makes the bucket with its mark, then sets the rest. One that bears our mark already is taken over."""
    name = str(operation.desired["name"])
    found = observe(aws, name, default_tags)
    if found.attributes is not None and found.owner != operation.owner:
        raise DiagnosticError(
            error(
                "Bucket already exists",
                f"The bucket {name} exists, and was not made by this configuration.",
                hint="choose another name, or import it",
            )
        )
    if found.attributes is None:
        _make(aws, name, _tags(operation, default_tags))
    yield Checkpoint({"name": name})
    return configure(aws, operation, default_tags, everything=True)


def _make(aws: Aws, name: str, tags: list[dict[str, str]]) -> None:
    """The bucket and its mark in one call, so that nothing can come between; S3 itself has it since November 2025.

    A server that knows buckets but not this (MinIO, Ceph) ignores the tags: then a second call sets them.
    """
    region = aws.s3.meta.region_name
    where: dict[str, Any] = {"Tags": tags} if region == "us-east-1" else {"LocationConstraint": region, "Tags": tags}
    with translated(f"create the bucket {name}"):
        aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        if not _optional(aws.s3.get_bucket_tagging, name, "NoSuchTagSet").get("TagSet"):
            aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def configure(aws: Aws, operation: Operation, default_tags: Mapping[str, str], *, everything: bool) -> Attributes:
    """Sets what changed (or everything), and reads it all back."""
    desired, s3, name = operation.desired, aws.s3, str(operation.desired["name"])
    changed = operation.changed
    with translated(f"configure the bucket {name}"):
        if everything or "block_public_access" in changed:
            wanted = bool(desired.get("block_public_access"))
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(_BLOCKS, wanted))
        if "versioning" in changed or (everything and desired.get("versioning")):
            status = "Enabled" if desired.get("versioning") else "Suspended"
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        if "encryption" in changed or (everything and desired.get("encryption")):
            _set_encryption(s3, name, desired.get("encryption"))
        if "lifecycle_rules" in changed or (everything and desired.get("lifecycle_rules")):
            _set_lifecycle(s3, name, desired.get("lifecycle_rules"))
        if "policy" in changed or (everything and desired.get("policy")):
            _set_policy(s3, name, desired.get("policy"))
        if "tags" in changed:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(operation, default_tags)})
    read = observe(aws, name, default_tags).attributes or {}
    return {**read, "force_destroy": desired.get("force_destroy")}


def _set_lifecycle(s3: Any, name: str, rules: Plain) -> None:
    if not isinstance(rules, list) or not rules:
        s3.delete_bucket_lifecycle(Bucket=name)
        return
    wire = [
        {
            "ID": f"kfinfra-{index}",
            "Status": "Enabled",
            "Filter": {"Prefix": rule["prefix"]},
            "Expiration": {"Days": rule["expire_after_days"]},
        }
        for index, rule in enumerate(rules)
        if isinstance(rule, dict)
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": wire})


def _set_encryption(s3: Any, name: str, wanted: Plain) -> None:
    if not isinstance(wanted, dict):
        s3.delete_bucket_encryption(Bucket=name)
        return
    key = {"KMSMasterKeyID": wanted["kms_key"]} if wanted.get("kms_key") else {}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": wanted["algorithm"], **key}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _set_policy(s3: Any, name: str, policy: Plain) -> None:
    if policy:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(json.loads(str(policy))))
    else:
        s3.delete_bucket_policy(Bucket=name)


def _tags(operation: Operation, default_tags: Mapping[str, str]) -> list[dict[str, str]]:
    own = operation.desired.get("tags")
    tags = {**default_tags, **(own if isinstance(own, dict) else {}), OWNER: operation.owner}
    return [{"Key": k, "Value": str(v)} for k, v in sorted(tags.items())]


def mark(aws: Aws, name: str, owner: str | None) -> None:
    """Sets or removes our tag; S3 takes all tags of a bucket at once, so the others are read and written back."""
    with translated(f"tag the bucket {name}"):
        there = _optional(aws.s3.get_bucket_tagging, name, "NoSuchTagSet").get("TagSet", [])
        tags = [t for t in there if t["Key"] != OWNER] + ([{"Key": OWNER, "Value": owner}] if owner is not None else [])
        if tags:
            aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
        elif there:
            aws.s3.delete_bucket_tagging(Bucket=name)


def delete(aws: Aws, operation: Operation) -> Run:
    """Deletes the bucket; what it holds only with force_destroy."""
    from botocore.exceptions import ClientError

    yield from ()
    s3, name = aws.s3, str(operation.prior["name"])
    with translated(f"delete the bucket {name}"):
        try:
            _check_ours(aws, name, operation)
            if operation.prior.get("force_destroy"):
                _empty(s3, name)
            s3.delete_bucket(Bucket=name)
        except ClientError as problem:
            if code_of(problem) == "BucketNotEmpty":
                hint = "set force_destroy = true, apply, and destroy again"
                detail = f"The bucket {name} still holds objects, and force_destroy is not set."
                raise DiagnosticError(error("Bucket is not empty", detail, hint=hint)) from problem
            if code_of(problem) != "NoSuchBucket":
                raise
    return {}


def _check_ours(aws: Aws, name: str, operation: Operation) -> None:
    """A bucket that somebody made in the place of ours is not deleted, and not emptied either. Raises DiagnosticError."""
    there = _optional(aws.s3.get_bucket_tagging, name, "NoSuchTagSet").get("TagSet", [])
    owner = next((t["Value"] for t in there if t["Key"] == OWNER), None)
    if owner != operation.owner:
        mark = f'"{owner}"' if owner else "missing"
        detail = f"The bucket {name} is not deleted: its tag {OWNER} is {mark}, so it is not this configuration's."
        hint = f"drop it from state (kfinfra state rm {operation.address}), or delete it with aws s3 rb"
        raise DiagnosticError(error("Bucket is not ours", detail, hint=hint))


def _empty(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            keys = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in found]
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
