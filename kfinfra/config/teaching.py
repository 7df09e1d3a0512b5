"""What a Terraform user writes by habit, and what to write here instead."""

from __future__ import annotations

from collections.abc import Collection

from kfinfra.diag import Diagnostic, Span, did_you_mean, error

_SAME_THING = {
    "aws_eks_node_group": "node_group",
    "aws_s3_bucket": "s3_bucket",
    "aws_s3_object": "s3_sync",
    "aws_s3_bucket_object": "s3_sync",
    "aws_eks_cluster": "eks_cluster",
    "kubernetes_namespace": "namespace",
    "kubernetes_config_map": "config_map",
    "kubernetes_secret": "secret",
    "kubernetes_persistent_volume_claim": "pvc",
    "kubernetes_storage_class": "storage_class",
    "kubernetes_limit_range": "limit_range",
    "kubernetes_resource_quota": "resource_quota",
    "kubernetes_manifest": "manifest",
    "kubectl_manifest": "manifest",
}
"""Types of Terraform's providers, by the type that does the same here."""
_PARTS = {
    "aws_s3_bucket_versioning": "versioning = true",
    "aws_s3_bucket_public_access_block": "public_access_block = { … }",
    "aws_s3_bucket_server_side_encryption_configuration": "encryption = { … }",
    "aws_s3_bucket_lifecycle_configuration": "lifecycle_rules = [{ … }]",
    "aws_s3_bucket_policy": "policy = jsonencode({ … })",
}
"""Types that are an attribute of `s3_bucket` here."""


def same_thing(kind: str, known: Collection[str]) -> str:
    """The type that is what Terraform calls `kind` (`kubernetes_config_map_v1`), or `kind` itself where it is none of these."""
    if kind in known:
        return kind
    found = _SAME_THING.get(kind.removesuffix("_v1"), "")
    return found if found in known else kind


def resource_block(labels: tuple[str, ...], span: Span, types: Collection[str]) -> Diagnostic:
    """What is said of `resource "TYPE" "NAME"`."""
    kind = labels[0] if labels else "TYPE"
    better = same_thing(kind, types)
    name = f'"{labels[1]}"' if len(labels) > 1 else '"NAME"'
    detail = 'Resource types are blocks of their own here: there is no "resource" block.'
    if kind in _PARTS:
        hint = f"write in the s3_bucket's block: {_PARTS[kind]}"
    elif better in types or not labels:
        hint = f"write: {better} {name} {{ … }}"
    else:
        hint = _unknown_type(kind, types)
    return error("Unsupported block type", detail, span, hint=hint)


def _unknown_type(kind: str, types: Collection[str]) -> str:
    known = sorted(t for t in types if "." not in t)
    return f"{kind} is no type of kfinfra.{did_you_mean(kind, known)} The types are {', '.join(known)}"


def unknown_block(kind: str, labels: tuple[str, ...], span: Span, types: Collection[str], known: Collection[str]) -> Diagnostic:
    """What is said of a top-level block that does not exist."""
    detail, hint = f'Blocks of type "{kind}" are not expected here.{did_you_mean(kind, known)}', ""
    better = same_thing(kind, types)
    if kind == "terraform":
        detail = 'There is no "terraform" block here: the settings stand in a block named "kfinfra".'
        hint = (
            'write: kfinfra { required_version = ">= 0.1", backend "s3" { … } }; '
            "required_providers is not needed, since the providers are a part of kfinfra"
        )
    elif kind in ("local", "vars", "var", "variables", "outputs"):
        word = {"local": "locals", "outputs": "output"}.get(kind, "variable")
        detail, hint = f'Blocks of type "{kind}" are not expected here. Did you mean "{word}"?', ""
    elif better != kind:
        detail = f'Blocks of type "{kind}" are not expected here. What it is in Terraform is "{better}" here.'
        hint = " ".join([f"write: {better}", *(f'"{label}"' for label in labels), "{ … }"])
    elif kind in _PARTS:
        detail = f'Blocks of type "{kind}" are not expected here: this is an attribute of s3_bucket.'
        hint = f"write in its block: {_PARTS[kind]}"
    return error("Unsupported block type", detail, span, hint=hint)
