"""Backends: what a `backend` block may hold, by its type, and its values. Pure data; `stores` has what they do.

The names are those of Terraform's backends of the same type. What Terraform's have and these have not is answered with
what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kfinfra.config.bodies import decode_body
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, Span, did_you_mean, error
from kfinfra.hcl.evaluate import Scope
from kfinfra.model.plain import Attributes, Plain, is_known
from kfinfra.model.schema import Attribute, Problem
from kfinfra.model.urls import url_check
from kfinfra.values.types import BOOL, STRING

DEFAULT_STATE = "state/default.kfstate"


def _no_slash(value: Plain) -> Iterable[Problem]:
    key = str(value)
    if not key or key.startswith("/") or key.endswith("/") or "//" in key:
        yield Problem((), "Invalid key", f'"{key}" names no object: a key has no slash at its ends, and never two together.')


def _suffix(value: Plain) -> Iterable[Problem]:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?", str(value)):
        detail = f'"{value}" cannot be a part of a Secret\'s name: lower-case letters, digits and hyphens, at most 42.'
        yield Problem((), "Invalid secret_suffix", detail)


ROLE = {
    "role_arn": Attribute(STRING, required=True),
    "session_name": Attribute(STRING),
    "external_id": Attribute(STRING),
}

BACKENDS: Mapping[str, Mapping[str, Attribute]] = {
    "local": {"path": Attribute(STRING, default=DEFAULT_STATE, doc="The state's file, relative to the root module.")},
    "s3": {
        "bucket": Attribute(STRING, required=True, doc="The bucket, which must exist; versioning is worth having."),
        "key": Attribute(STRING, required=True, check=_no_slash, doc="The state's object; what belongs to it is beside it."),
        "region": Attribute(STRING, doc="The bucket's region; AWS_REGION where it is not written."),
        "profile": Attribute(STRING, doc="A profile of the AWS configuration files."),
        "assume_role": Attribute(fields=ROLE, doc="A role to take on first."),
        "endpoints": Attribute(
            fields={s: Attribute(STRING, check=url_check) for s in ("s3", "sts")}, doc="Endpoint URLs, by service."
        ),
        "endpoint": Attribute(STRING, check=url_check, doc="The same as endpoints.s3."),
        "use_path_style": Attribute(BOOL, doc="Whether the bucket stands in the path and not in the host's name."),
        "encrypt": Attribute(BOOL, doc="Whether S3 is asked to encrypt with its own key (it does so by itself since 2023)."),
        "kms_key_id": Attribute(STRING, doc="The KMS key that S3 encrypts with."),
        "workspace_key_prefix": Attribute(STRING, default="env:", check=_no_slash, doc="Before the key of other workspaces."),
    },
    "kubernetes": {
        "secret_suffix": Attribute(STRING, required=True, check=_suffix, doc="The end of the names of the Secrets and Lease."),
        "namespace": Attribute(STRING, doc="Where they lie; the context's namespace, else default, where it is not written."),
        "config_path": Attribute(STRING, doc="The kubeconfig file; else KUBECONFIG, else ~/.kube/config."),
        "context": Attribute(STRING, doc="The kubeconfig's context."),
        "in_cluster": Attribute(BOOL, doc="Whether to use the pod's service account; excludes the others."),
        "host": Attribute(STRING, check=url_check, doc="The API server's URL, in the place of a kubeconfig."),
        "token": Attribute(STRING, sensitive=True, doc="A bearer token."),
        "ca_certificate": Attribute(STRING, doc="The server's CA: PEM text, or the path of such a file."),
        "insecure": Attribute(BOOL, doc="Whether to trust any server certificate."),
    },
}

PLACE: Mapping[str, tuple[str, ...]] = {
    "local": ("path",),
    "s3": ("bucket", "key", "endpoint", "endpoints", "workspace_key_prefix"),
    "kubernetes": ("secret_suffix", "namespace", "config_path", "context", "in_cluster", "host"),
}
"""Which of the arguments say where the state lies; the others say how to get there."""

_LOCK = "remove it: the state is always locked, by an object beside it"
_KEYS = "remove it: keys come from the environment, a profile or a role, and never from a file that is shared"
_CHECKS = "remove it: nothing of the kind is checked"
INSTEAD: Mapping[str, Mapping[str, str]] = {
    "local": {"workspace_dir": "remove it: states of workspaces lie beside the default one"},
    "s3": {
        "use_lockfile": _LOCK,
        "dynamodb_table": _LOCK,
        "dynamodb_endpoint": _LOCK,
        "access_key": _KEYS,
        "secret_key": _KEYS,
        "token": _KEYS,
        "role_arn": "write: assume_role = { role_arn = … }",
        "session_name": "write: assume_role = { session_name = … }",
        "external_id": "write: assume_role = { external_id = … }",
        "force_path_style": "write: use_path_style = true",
        "sts_endpoint": "write: endpoints = { sts = … }",
        "sse_customer_key": "write an encryption block, with a key that kfinfra holds itself",
        "shared_credentials_file": "set AWS_SHARED_CREDENTIALS_FILE",
        "shared_credentials_files": "set AWS_SHARED_CREDENTIALS_FILE",
        "shared_config_files": "set AWS_CONFIG_FILE",
        "skip_credentials_validation": _CHECKS,
        "skip_region_validation": _CHECKS,
        "skip_requesting_account_id": _CHECKS,
        "skip_metadata_api_check": "set AWS_EC2_METADATA_DISABLED",
        "skip_s3_checksum": "set AWS_REQUEST_CHECKSUM_CALCULATION=when_required",
    },
    "kubernetes": {
        "in_cluster_config": "write: in_cluster = true",
        "config_paths": "set KUBECONFIG, which may name several files",
        "config_context": "write: context = …",
        "cluster_ca_certificate": "write: ca_certificate = …",
        "exec": "write it into a kubeconfig, and name that with config_path",
    },
}
"""What Terraform's backend of the type has, and what to do here."""


@dataclass(frozen=True, slots=True)
class Backend:
    """Where state lies. An attribute may be UNKNOWN (a variable without a value): then the state cannot be reached.

    `missing` are those that the block must have and leaves out: `init -backend-config` may give them.
    """

    type: str = "local"
    attributes: Attributes = field(default_factory=lambda: {"path": DEFAULT_STATE})
    span: Span | None = None
    missing: tuple[str, ...] = ()

    @property
    def place(self) -> Attributes:
        """The attributes that say where the state lies."""
        return {n: v for n, v in self.attributes.items() if n in PLACE[self.type] and v is not None}


def read_backend(declared: Declared, scope: Scope | None, found: list[Diagnostic]) -> Backend | None:
    """The block's values; what is wrong goes to `found`. Without a scope only its shape is looked at."""
    labels = declared.labels()
    if len(labels) != 1 or labels[0] not in BACKENDS:
        shown = " ".join((declared.block.type, *(f'"{x}"' for x in labels)))
        known = ", ".join(f'"{b}"' for b in BACKENDS)
        detail = f"{shown} is not a backend of kfinfra.{did_you_mean(labels[0], BACKENDS) if labels else ''}"
        found.append(error("Unsupported backend type", detail, declared.span, hint=f"the backends are {known}"))
        return None
    kind, before = labels[0], len(found)
    for attribute in declared.block.body.attributes:
        if attribute.name in INSTEAD[kind] and attribute.name not in BACKENDS[kind]:
            detail = f'The {kind} backend has no argument "{attribute.name}".'
            found.append(error("Unsupported argument", detail, declared.name_span(attribute), hint=INSTEAD[kind][attribute.name]))
    only_early(declared, "a backend", found)
    if scope is None or len(found) > before:
        return None
    schema = BACKENDS[kind]
    decoded = decode_body(declared, {n: replace(a, required=False) for n, a in schema.items()}, {}, scope, kept=False)
    found.extend(decoded.diagnostics)
    missing = tuple(n for n, a in schema.items() if a.required and decoded.attributes[n] is None)
    return None if decoded.diagnostics else Backend(kind, decoded.attributes, declared.span, missing)


def only_early(declared: Declared, what: str, found: list[Diagnostic], allowed: tuple[str, ...] = ()) -> None:
    """Refuses references to what is not known before the state is read: resources, data, modules."""
    names = ("var", "local", "path", *allowed)
    for attribute in declared.block.body.attributes:
        for reference in attribute.refers:
            if reference.root not in names:
                detail = f"{reference.root} cannot be used in {what}, which is needed before the state can be read."
                span = declared.source.span(reference.start, reference.end)
                found.append(error("Reference not allowed", detail, span, hint="refer to variables and local values only"))
    for block in declared.block.body.blocks:
        only_early(declared.inner(block), what, found, allowed)


def is_reachable(backend: Backend) -> bool:
    """Whether all that says where the state lies is known."""
    return not backend.missing and is_known(dict(backend.attributes))
