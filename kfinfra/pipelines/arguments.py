"""`-p name=text` to the values that a pipeline's parameters take, by their declared types. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.model.plain import Plain

_WORDS = {
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a JSON list",
    "STRUCT": "a JSON object",
}


def arguments(given: Iterable[str], declared: Mapping[str, Plain]) -> dict[str, Plain]:
    """The values of `name=text` items. `declared`: each parameter's type, with a `?` where it need not be given.

    Raises DiagnosticError with all that is wrong: an unknown name, a text that is no such value, a value that is missing.
    """
    out: dict[str, Plain] = {}
    problems: list[Diagnostic] = []
    for item in given:
        name, equals, text = item.partition("=")
        if not equals:
            problems.append(error("Invalid parameter", f'"{item}" is not of the form name=value.', hint="-p epochs=3"))
        elif name not in declared:
            problems.append(_unknown(name, declared))
        else:
            try:
                out[name] = _value(text, str(declared[name]).removesuffix("?"))
            except ValueError:
                kind = str(declared[name]).removesuffix("?")
                detail = f'The parameter "{name}" takes {_WORDS[kind]} ({kind}); "{text}" is none.'
                problems.append(error("Wrong type of parameter", detail, hint=f"-p {name}={_EXAMPLES[kind]}"))
    named = {item.partition("=")[0] for item in given}
    missing = [n for n, kind in declared.items() if n not in named and not str(kind).endswith("?")]
    problems += [error("Missing parameter", f'The pipeline needs a value for "{n}".', hint=f"-p {n}=…") for n in missing]
    if problems:
        raise DiagnosticError(problems)
    return out


_EXAMPLES = {"NUMBER_INTEGER": "3", "NUMBER_DOUBLE": "0.5", "BOOLEAN": "true", "LIST": "'[1, 2]'", "STRUCT": "'{\"a\": 1}'"}


def _unknown(name: str, declared: Mapping[str, Plain]) -> Diagnostic:
    hint = f"it has {', '.join(sorted(declared))}" if declared else "it has no parameters"
    return error("Unknown parameter", f'The pipeline has no parameter "{name}".{did_you_mean(name, declared)}', hint=hint)


def _value(text: str, kind: str) -> Plain:
    """Raises ValueError where the text is no value of that kind."""
    match kind:
        case "NUMBER_INTEGER":
            return int(text)
        case "NUMBER_DOUBLE":
            value = float(text)
            if value != value or value in (float("inf"), float("-inf")):
                raise ValueError(text)
            return value
        case "BOOLEAN":
            return {"true": True, "false": False}[text] if text in ("true", "false") else _refused(text)
        case "LIST" | "STRUCT":
            found = json.loads(text)
            wanted = list if kind == "LIST" else dict
            return found if isinstance(found, wanted) else _refused(text)
        case _:
            return text


def _refused(text: str) -> Plain:
    raise ValueError(text)
