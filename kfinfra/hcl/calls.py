"""Function calls: finding the function, arguments, `...`, and the two that catch errors (`try`, `can`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from kfinfra.diag import DiagnosticError, counted, did_you_mean, error
from kfinfra.hcl.access import elements, friendly
from kfinfra.hcl.functions.function import Function, FunctionError
from kfinfra.hcl.nodes import Call, Expr, Traversal
from kfinfra.values.data import CHANNEL, ListValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import has_mark, mark, unmark, wholly_known
from kfinfra.values.types import BOOL

if TYPE_CHECKING:
    from kfinfra.hcl.evaluate import Evaluator


def call(here: Evaluator, expr: Call) -> Value:
    """The result of a call."""
    known = here.scope.functions
    function = known.get(expr.name) or known.get(expr.name.removeprefix("core::"))
    if function is None:
        span = here.source.span(expr.start, expr.name_end)
        name = expr.name.removeprefix("core::")
        detail = f'There is no function named "{expr.name}".{_meant(name) or did_you_mean(name, known)}'
        raise DiagnosticError(error("Call to unknown function", detail, span))
    name = function.name
    if name in _CATCHING:
        return _spread(here, expr) if expr.expand else _CATCHING[name](here, expr)
    if name == "templatestring" and expr.args and not isinstance(expr.args[0], Traversal):
        detail = (
            'Invalid value for "template" parameter: a reference to a string is required (local.name, var.name): the template '
            "of a literal is evaluated where it stands, before templatestring could see it."
        )
        here.fail(expr.args[0], "Invalid function argument", detail)
    args = expr.args
    arguments = [here.value(args[0])] if len(args) == 1 else [here.value(a) for a in args]
    if expr.expand:
        more = _expanded(here, expr, arguments.pop())
        if more is None:
            return Unknown(function.returns)
        arguments += more
    given, wanted = len(arguments), len(function.parameters)
    if given != wanted and (given < wanted or function.variadic is None):
        _wrong_arity(here, expr, function, given)
    try:
        return function.call(arguments)
    except FunctionError as bad:
        _failed(here, expr, function, bad)


# What the functions are called elsewhere.
_ELSEWHERE = {
    "len": "length", "size": "length", "count": "length", "strlen": "length", "tojson": "jsonencode",
    "json": "jsonencode", "fromjson": "jsondecode", "toyaml": "yamlencode", "fromyaml": "yamldecode",
    "append": "concat", "push": "concat", "uppercase": "upper", "lowercase": "lower", "int": "tonumber",
    "float": "tonumber", "number": "tonumber", "str": "tostring", "string": "tostring", "bool": "tobool",
    "list": "tolist", "set": "toset", "map": "tomap", "now": "timestamp", "substring": "substr", "includes": "contains",
    "default": "coalesce", "strip": "trimspace", "hash": "sha256", "sprintf": "format", "printf": "format",
    "readfile": "file", "round": "floor", "any": "anytrue", "all": "alltrue", "unique": "distinct",
    "template": "templatefile", "get": "lookup", "glob": "fileset", "isnull": "x == null", "if": "condition ? yes : no",
    "filter": "[for x in list : x if condition]", "env": 'variable "NAME" with KFINFRA_VAR_NAME in the environment',
}  # fmt: skip


def _meant(name: str) -> str:
    """What a name from another language is here."""
    other = _ELSEWHERE.get(name.lower().replace("_", ""))
    return f' Did you mean "{other}"?' if other and other.isidentifier() else f" Write {other}." if other else ""


def _expanded(here: Evaluator, expr: Call, value: Value) -> list[Value] | None:
    """The arguments that `value...` stands for; None while they are unknown."""
    last, marks = unmark(value)
    if isinstance(last, Unknown):
        return None
    if not isinstance(last, TupleValue | ListValue | SetValue):
        detail = f"The expanding argument (indicated by ...) must be of a tuple, list, or set type, not {friendly(last)}."
        here.fail(expr.args[-1], "Invalid expanding argument value", detail)
    return [mark(v, marks) for _, v in elements(last) or []]


def _spread(here: Evaluator, expr: Call) -> Value:
    """`try(a, list...)`: the list's elements under names that nobody can write, the other arguments unevaluated as ever."""
    last = expr.args[-1]
    values = _expanded(here, expr, here.value(last))
    if values is None:
        return Unknown()
    names = {f"{expr.name}...{at}": value for at, value in enumerate(values)}
    arguments = (*expr.args[:-1], *(Traversal(last.start, last.end, name, ()) for name in names))
    return here.within(names, lambda: here.value(Call(expr.start, expr.end, expr.name, arguments, False, expr.name_end)))


def _wrong_arity(here: Evaluator, expr: Call, function: Function, given: int) -> NoReturn:
    wanted = len(function.parameters)
    if given < wanted:
        missing = function.parameters[given].name
        least = "at least " if function.variadic else ""
        detail = f'Function "{function.name}" expects {least}{counted(wanted, "argument")}. Missing value for "{missing}".'
        here.fail(expr, "Not enough function arguments", detail, call=function.described())
    detail = f'Function "{function.name}" expects only {counted(wanted, "argument")}.'
    here.fail(expr.args[min(wanted, len(expr.args) - 1)], "Too many function arguments", detail, expr, function.described())


def _failed(here: Evaluator, expr: Call, function: Function, bad: FunctionError) -> NoReturn:
    if bad.argument is None:
        detail = f'Call to function "{function.name}" failed: {bad.message}.'
        here.fail(expr, "Error in function call", detail, call=function.described())
    parameter = function.parameter(bad.argument)
    name = parameter.name if parameter else "argument"
    place: Expr = expr.args[min(bad.argument, len(expr.args) - 1)] if expr.args else expr
    detail = f'Invalid value for "{name}" parameter: {bad.message}.'
    here.fail(place, "Invalid function argument", detail, expr, function.described())


def _try(here: Evaluator, expr: Call) -> Value:
    problems: list[str] = []
    for argument in expr.args:
        try:
            value = here.attempt(argument)
        except DiagnosticError as bad:
            if static(bad):
                raise
            problems += [f"{d.summary} (at {d.span}): {d.detail}" for d in bad.diagnostics]
            continue
        if wholly_known(value) or has_mark(value, CHANNEL):
            return value
        return Unknown()  # what is not known yet may still fail
    detail = "no expression succeeded:\n- " + "\n- ".join(problems) if problems else "at least one argument is required."
    described = here.scope.functions["try"].described()
    here.fail(expr, "Error in function call", f'Call to function "try" failed: {detail}', call=described)


def _can(here: Evaluator, expr: Call) -> Value:
    if len(expr.args) != 1:
        _wrong_arity(here, expr, here.scope.functions["can"], len(expr.args))
    try:
        value = here.attempt(expr.args[0])
    except DiagnosticError as bad:
        if static(bad):
            raise
        return False
    return True if wholly_known(value) else Unknown(BOOL)


_CATCHING = {"try": _try, "can": _can}


def static(bad: DiagnosticError) -> bool:
    """Names that don't exist are told before evaluation begins in Terraform: `try` does not catch them."""
    summaries = ("Reference to ", "Call to unknown function", "Cycle", "Invalid reference", 'Invalid "self" reference')
    return any(d.summary.startswith(summaries) for d in bad.diagnostics)
