"""The `encryption` block: which keys there are, which methods use them, and what is encrypted by which.

Names and meaning are OpenTofu's (opentofu.org/docs/language/state/encryption): `key_provider`, `method`, and for `state` and
`plan` a method, a `fallback` that reads what was written before, and `enforced`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from kfinfra.config.backends import ROLE, only_early
from kfinfra.config.bodies import decode_body
from kfinfra.config.constants import constant_bool
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, SourceText, Span, did_you_mean, error, warning
from kfinfra.hcl.evaluate import Scope, evaluate
from kfinfra.hcl.nodes import Attr, Expr, Traversal
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Attribute, Problem
from kfinfra.model.urls import url_check
from kfinfra.values.data import EPHEMERAL, SENSITIVE
from kfinfra.values.marks import has_mark, wholly_known
from kfinfra.values.types import NUMBER, STRING

T = TypeVar("T")
SHORTEST = 16
"""Characters of a passphrase, as OpenTofu has it."""
LEAST = 200_000
"""Iterations of PBKDF2, as OpenTofu has it."""


def _passphrase(value: Plain) -> Iterable[Problem]:
    if len(str(value)) < SHORTEST:
        hint = "take several words, or the output of: openssl rand -base64 24"
        yield Problem((), "Passphrase is too short", f"A passphrase has at least {SHORTEST} characters.", hint)


def _whole(least: int, most: int) -> Callable[[Plain], Iterable[Problem]]:
    def check(value: Plain) -> Iterable[Problem]:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield Problem((), "Invalid value", f"{value} is not a whole number from {least} to {most}.")

    return check


def _one_of(*known: Plain) -> Callable[[Plain], Iterable[Problem]]:
    def check(value: Plain) -> Iterable[Problem]:
        if value not in known:
            yield Problem((), "Invalid value", f"{value} is none of {', '.join(map(str, known))}.")

    return check


KEY_PROVIDERS: Mapping[str, Mapping[str, Attribute]] = {
    "pbkdf2": {
        "passphrase": Attribute(STRING, required=True, sensitive=True, check=_passphrase),
        "key_length": Attribute(NUMBER, default=32, check=_one_of(16, 24, 32)),
        "iterations": Attribute(NUMBER, default=600_000, check=_whole(LEAST, 100_000_000)),
        "hash_function": Attribute(STRING, default="sha512", check=_one_of("sha256", "sha512")),
        "salt_length": Attribute(NUMBER, default=32, check=_whole(16, 1024)),
    },
    "aws_kms": {
        "kms_key_id": Attribute(STRING, required=True),
        "key_spec": Attribute(STRING, default="AES_256", check=_one_of("AES_128", "AES_256")),
        "region": Attribute(STRING),
        "profile": Attribute(STRING),
        "assume_role": Attribute(fields=ROLE),
        "endpoints": Attribute(fields={s: Attribute(STRING, check=url_check) for s in ("kms", "sts")}),
    },
}
METHODS = ("aes_gcm", "unencrypted")
TARGETS = ("state", "plan")


@dataclass(frozen=True, slots=True)
class KeyProvider:
    """Where a key comes from. An attribute may be UNKNOWN: then nothing can be encrypted or read."""

    kind: str
    name: str
    attributes: Attributes
    span: Span


@dataclass(frozen=True, slots=True)
class Method:
    """How something is encrypted; without keys, not at all."""

    kind: str
    name: str
    keys: KeyProvider | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is written with `method`, and read with `fallback` where it was not."""

    method: Method
    fallback: Method | None = None


@dataclass(frozen=True, slots=True)
class Encryption:
    """What of the state (and its journal), and of plan files, is encrypted; None: nothing."""

    state: Target | None = None
    plan: Target | None = None


def read_encryption(
    declared: Declared, scope: Callable[[SourceText], Scope] | None, given: Container[str], found: list[Diagnostic]
) -> Encryption | None:
    """The block's values; what is wrong goes to `found`. `given` are the variables that have a value from outside.

    Without a scope only the shape is looked at.
    """
    return _Reading(declared, scope, given, found).encryption()


@dataclass
class _Reading:
    """One block."""

    declared: Declared
    scope: Callable[[SourceText], Scope] | None
    given: Container[str]
    found: list[Diagnostic]
    keys: dict[str, KeyProvider | None] = field(default_factory=dict)
    methods: dict[str, Method | None] = field(default_factory=dict)

    def encryption(self) -> Encryption | None:
        """All of it, or None where it cannot be told."""
        before = self._errors()
        for attribute in self.declared.block.body.attributes:
            self._wrong("argument", attribute.name, self.declared.name_span(attribute), ())
        inner = [self.declared.inner(b) for b in self.declared.block.body.blocks]
        for block in inner:
            if block.block.type not in ("key_provider", "method", *TARGETS):
                self._wrong("block", block.block.type, block.span, ("key_provider", "method", *TARGETS))
        for block in (b for b in inner if b.block.type == "key_provider"):
            self._key_provider(block)
        for block in (b for b in inner if b.block.type == "method"):
            self._method(block)
        targets: dict[str, Target | None] = {}
        for block in (b for b in inner if b.block.type in TARGETS):
            if block.block.type in targets:
                self.found.append(error("Duplicate block", f'There is one "{block.block.type}" block at most.', block.span))
            targets[block.block.type] = self._target(block)
        if not targets and self._errors() == before:
            hint = "write: state { method = method.aes_gcm.NAME }"
            self.found.append(error("Nothing is encrypted", "No block says what is encrypted.", self.declared.span, hint=hint))
        return Encryption(targets.get("state"), targets.get("plan")) if self._errors() == before else None

    def _errors(self) -> int:
        return sum(d.severity is Severity.ERROR for d in self.found)

    def _wrong(self, what: str, name: str, span: Span, known: Iterable[str], hint: str = "") -> None:
        detail = f'An "encryption" block has no {what} "{name}".{did_you_mean(name, known)}'
        self.found.append(error(f"Unsupported {what if what == 'argument' else 'block type'}", detail, span, hint=hint))

    def _labels(self, block: Declared, kinds: Iterable[str], known: Mapping[str, object]) -> tuple[str, str] | None:
        labels = block.labels()
        what = block.block.type
        if len(labels) != 2 or labels[0] not in kinds:
            names = ", ".join(f'"{k}"' for k in kinds)
            near = did_you_mean(labels[0], kinds) if labels else ""
            detail = f'A "{what}" block has a type and a name: {what} "TYPE" "NAME", where TYPE is one of {names}.{near}'
            self.found.append(error(f"Invalid {what}", detail, block.span))
            return None
        if ".".join(labels) in known:
            self.found.append(error("Duplicate block", f"There is a {what} {'.'.join(labels)} already.", block.span))
            return None
        return labels[0], labels[1]

    def _key_provider(self, block: Declared) -> None:
        labels = self._labels(block, KEY_PROVIDERS, self.keys)
        if labels is None:
            return
        self.keys[".".join(labels)] = None
        before = len(self.found)
        only_early(block, "a key provider", self.found)
        if self.scope is None or len(self.found) > before:
            return
        scope = self.scope(block.source)
        decoded = decode_body(block, KEY_PROVIDERS[labels[0]], {}, scope, kept=False)
        self.found.extend(decoded.diagnostics)
        if not decoded.diagnostics:
            self.found.extend(_exposed(block, scope, self.given))
            self.keys[".".join(labels)] = KeyProvider(*labels, decoded.attributes, block.span)

    def _method(self, block: Declared) -> None:
        labels = self._labels(block, METHODS, self.methods)
        if labels is None:
            return
        self.methods[".".join(labels)] = None
        known = ("keys",) if labels[0] == "aes_gcm" else ()
        for attribute in block.block.body.attributes:
            if attribute.name not in known:
                detail = f'The method {labels[0]} has no argument "{attribute.name}".{did_you_mean(attribute.name, known)}'
                self.found.append(error("Unsupported argument", detail, block.name_span(attribute)))
        keys = block.attribute("keys")
        if labels[0] == "unencrypted":
            self.methods[".".join(labels)] = Method(*labels)
        elif keys is None:
            hint = "write: keys = key_provider.pbkdf2.NAME"
            self.found.append(error("Missing required argument", 'The method aes_gcm needs "keys".', block.span, hint=hint))
        else:
            provider = self._referred(block, keys.expr, "key_provider", self.keys)
            self.methods[".".join(labels)] = Method(*labels, provider) if provider is not None else None

    def _target(self, block: Declared) -> Target | None:
        method = self._used(block, ("method", "enforced"))
        fallback = None
        for inner in map(block.inner, block.block.body.blocks):
            if inner.block.type != "fallback" or fallback is not None:
                detail = f'A "{block.block.type}" block has no (other) "{inner.block.type}" block.'
                self.found.append(error("Unsupported block type", detail, inner.span, hint="one fallback block may stand here"))
                continue
            fallback = self._used(inner, ("method",))
        enforced = block.attribute("enforced")
        try:
            if enforced is not None and constant_bool(block, enforced) and method is not None and method.keys is None:
                detail = "Encryption is enforced here, and this method does not encrypt."
                self.found.append(error("Unencrypted method is forbidden", detail, block.span))
        except DiagnosticError as problem:
            self.found.extend(problem.diagnostics)
        return Target(method, fallback) if method is not None else None

    def _used(self, block: Declared, known: tuple[str, ...]) -> Method | None:
        for attribute in block.block.body.attributes:
            if attribute.name not in known:
                detail = f'A "{block.block.type}" block has no argument "{attribute.name}".{did_you_mean(attribute.name, known)}'
                self.found.append(error("Unsupported argument", detail, block.name_span(attribute)))
        written = block.attribute("method")
        if written is None:
            detail = f'A "{block.block.type}" block needs "method".'
            hint = "write: method = method.aes_gcm.NAME"
            self.found.append(error("Missing required argument", detail, block.span, hint=hint))
            return None
        return self._referred(block, written.expr, "method", self.methods)

    def _referred(self, block: Declared, expr: Expr, root: str, known: Mapping[str, T | None]) -> T | None:
        match expr:
            case Traversal(root=found, steps=(Attr(name=kind), Attr(name=name))) if found == root:
                if f"{kind}.{name}" in known:
                    return known[f"{kind}.{name}"]
                detail = f"There is no {root} {kind}.{name}.{did_you_mean(f'{kind}.{name}', known)}"
            case _:
                detail = f"This is no reference to a {root} block."
        hint = f"write: {root}.TYPE.NAME"
        self.found.append(error("Invalid reference", detail, block.expr_span(expr), hint=hint))
        return None


def _exposed(block: Declared, scope: Scope, given: Container[str]) -> Iterable[Diagnostic]:
    """Warnings about a passphrase that lies where others can read it."""
    written = block.attribute("passphrase")
    if written is None:
        return
    span, names = block.expr_span(written.expr), [*written.names, *written.refers]
    defaults = [name for name in written.names if name.startswith("var.") and name.removeprefix("var.") not in given]
    hint = 'declare variable "passphrase" { type = string, ephemeral = true }, and give it by KFINFRA_VAR_passphrase'
    value = evaluate(written.expr, scope, block.source)
    if not names or (defaults and len(defaults) == len(names) and wholly_known(value)):
        detail = "The passphrase is a part of the configuration: whoever can read the one can read the state."
        yield warning("Passphrase in plain text", detail, span, hint=hint)
    elif not has_mark(value, EPHEMERAL) and not has_mark(value, SENSITIVE) and wholly_known(value):
        detail = "The passphrase comes from a variable that saved plans and messages may show."
        yield warning("Passphrase is not kept secret", detail, span, hint=hint)
