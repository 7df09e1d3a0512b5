"""What a function is: its parameters, what it gives, how far it copes with unknown and marked arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from kfinfra.diag import Called, TypeName
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import Marked, Unknown, Value
from kfinfra.values.marks import COLLECTIONS, NONE, SECRET, is_bare, mark, unmark, unmark_deep, wholly_known
from kfinfra.values.nulls import is_null
from kfinfra.values.types import ANY, STRING, ListType, MapType, Primitive, SetType, Type

# Parameter types that leave a text as it is.
_TAKE_TEXT = (STRING, ANY)
_TEXT = frozenset([str])
Implementation: TypeAlias = Callable[..., Value]


Typing: TypeAlias = Callable[[Sequence[Value]], Type]


class FunctionError(Exception):
    """A call that cannot be done; `argument` is the position of the argument at fault, where there is one."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        self.message, self.argument = message, argument
        super().__init__(message)


class _NullError(FunctionError):
    """A null where none may stand."""


def fitted(value: Value, kind: Type, argument: int | None = None) -> Value:
    """`value` as one of type `kind`. Raises FunctionError, of `argument`."""
    try:
        return convert(value, kind)
    except ConversionError as bad:
        raise FunctionError(bad.message, argument) from bad


def wire(kind: Type) -> TypeName:
    """A type as Terraform's JSON has it."""
    match kind:
        case Primitive(name):
            return "dynamic" if name == "any" else name
        case ListType(element):
            return ("list", wire(element))
        case SetType(element):
            return ("set", wire(element))
        case MapType(element):
            return ("map", wire(element))
        case _:
            return "dynamic"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name, its arguments' type, whether null may come, whether parts of an argument keep their marks,
    whether the function goes on where not even the type of an argument is known.
    """

    name: str
    type: Type = ANY
    nullable: bool = False
    marked: bool = False
    untyped: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function. `partial` ones take arguments with unknown parts, `marked` ones see marks (and put them themselves),
    `whole` ones see arguments that are unknown altogether. `typed` tells the type of a result that is not known yet and
    finds the mistakes that types show; a result that is not known is no null but of a function that `finds` nulls.
    `about` is what the documentation says of one.
    """

    name: str
    parameters: tuple[Parameter, ...]
    variadic: Parameter | None
    returns: Type
    run: Implementation
    partial: bool = False
    marked: bool = False
    whole: bool = False
    about: str = ""
    typed: Typing | None = None
    finds: bool = False
    takes_texts: bool = field(init=False)
    """Whether texts can be its arguments as they are: the usual ones of the usual functions."""

    def __post_init__(self) -> None:
        every = (*self.parameters, *([self.variadic] if self.variadic else []))
        object.__setattr__(self, "takes_texts", all(parameter.type in _TAKE_TEXT for parameter in every))

    def parameter(self, position: int) -> Parameter | None:
        """The parameter that the argument at `position` goes to, or None when there are too many arguments."""
        return self.parameters[position] if position < len(self.parameters) else self.variadic

    def described(self) -> Called:
        """The function as a diagnostic names it."""
        rest = self.variadic
        return Called(
            self.name,
            tuple((p.name, wire(p.type)) for p in self.parameters),
            (rest.name, wire(rest.type)) if rest else None,
            wire(self.returns),
        )

    def call(self, arguments: Sequence[Value]) -> Value:
        """The result for `arguments` (their number already right). Raises FunctionError."""
        if self.takes_texts and _TEXT.issuperset(map(type, arguments)):
            return self.run(*arguments)
        ready, bare = list(arguments), True
        parameters, wanted = self.parameters, len(self.parameters)
        for at, value in enumerate(arguments):
            parameter = parameters[at] if at < wanted else self.variadic
            if type(value) is not str or parameter is None or parameter.type not in _TAKE_TEXT:
                if parameter is None or parameter.type is not ANY or type(value) not in COLLECTIONS:
                    try:
                        value = ready[at] = self._ready(at, value, parameter)
                    except _NullError as bad:
                        return self._undecided(arguments, bad)
                bare = bare and is_bare(value)
        if bare:
            return self.run(*ready)
        try:
            return self.run(*ready) if self.marked else self._unmarked(ready)
        except FunctionError as bad:
            if any(unmark_deep(value)[1] & SECRET for value in ready):
                hidden = "what is wrong with it is not shown, because a sensitive value is involved"
                raise FunctionError(hidden, bad.argument) from None
            raise

    def _undecided(self, arguments: Sequence[Value], bad: FunctionError) -> Value:
        """The result where an argument is null: unknown if one before it is of unknown type, since nothing is looked at
        after that. Raises `bad` otherwise, or what tells that an argument is not of its parameter's type.
        """
        ready = [v if is_null(unmark(v)[0]) else self._ready(at, v, self.parameter(at)) for at, v in enumerate(arguments)]
        if any(self._untyped(at, unmark(v)[0]) for at, v in enumerate(ready[: bad.argument])):
            return mark(Unknown(), frozenset().union(*(unmark_deep(v)[1] for v in ready)))
        raise bad

    def _untyped(self, at: int, value: Value) -> bool:
        parameter = self.parameter(at)
        return isinstance(value, Unknown) and value.type is ANY and not (parameter is not None and parameter.untyped)

    def _unmarked(self, ready: list[Value]) -> Value:
        """The result for arguments without their marks, with all of them put on it."""
        marks, bare = NONE, []
        for at, given in enumerate(ready):
            value, found = unmark(given) if self._keeps_marks(at) else unmark_deep(given)
            marks |= found
            bare.append(value)
        waits = not self.whole and any(isinstance(v, Unknown) if self.partial else not wholly_known(v) for v in bare)
        return mark(self._awaited(bare) if waits else self.run(*bare), marks)

    def _awaited(self, bare: list[Value]) -> Value:
        """What is known of a result that waits for an argument."""
        if any(self._untyped(at, value) for at, value in enumerate(bare)):
            return Unknown()
        kind = self.typed(bare) if self.typed else self.returns
        return Unknown(kind, not_null=kind is not ANY and not self.finds)

    def _keeps_marks(self, at: int) -> bool:
        parameter = self.parameter(at)
        return parameter is not None and parameter.marked

    def _ready(self, at: int, value: Value, parameter: Parameter | None) -> Value:
        if parameter is None:
            raise FunctionError("too many arguments", at)
        if is_null(value.value if type(value) is Marked else value) and not parameter.nullable:
            raise _NullError("argument must not be null", at)
        if parameter.type is ANY:
            return value
        try:
            return convert(value, parameter.type)
        except ConversionError as bad:
            raise FunctionError(bad.message, at) from bad
