"""The attributes of a pipeline's inner blocks: those that are known, evaluated, of the kind that is wanted."""

from __future__ import annotations

from kfinfra.config.dag.arguments import argument
from kfinfra.config.dag.scope import DagScope
from kfinfra.config.module import Declared
from kfinfra.diag import DiagnosticError, article, did_you_mean, error, nearest_name, undecided
from kfinfra.hcl.nodes import Attribute, Expr
from kfinfra.model.plain import Plain, is_known
from kfinfra.pipelines.dag.interfaces import fits, type_words
from kfinfra.pipelines.dag.model import Constant


class Fields:
    """A block's attributes. Raises DiagnosticError for one that is unknown, missing, or of another kind."""

    def __init__(
        self, block: Declared, scope: DagScope, known: tuple[str, ...], required: tuple[str, ...] = (), unknown: bool = True
    ) -> None:
        self._block, self._scope = block, scope
        self._written: dict[str, Attribute] = {a.name: a for a in block.block.body.attributes}
        found = []
        here = f'in {article(block.block.type).lower()} "{block.block.type}" block'
        meant = set[str | None]()
        for name, attribute in self._written.items():
            if unknown and name not in known:
                meant.add(nearest_name(name, known))
                detail = f'An argument named "{name}" is not expected {here}.{did_you_mean(name, known)}'
                found.append(error("Unsupported argument", detail, block.name_span(attribute)))
        for name in required:
            if name not in self._written and name not in meant:
                detail = f'The argument "{name}" is required {here}.'
                found.append(error("Missing required argument", detail, block.span))
        if found:
            raise DiagnosticError(found)

    def has(self, name: str) -> bool:
        """Whether it is written."""
        return name in self._written

    def expr(self, name: str) -> Expr:
        """The expression of an attribute that is written."""
        return self._written[name].expr

    def constant(self, name: str) -> Plain:
        """The value, known when the pipeline is compiled; None where it is not written."""
        if name not in self._written:
            return None
        found = argument(self.expr(name), self._scope.without_channels())
        return found.value if isinstance(found, Constant) else None

    def _known(self, name: str) -> Plain:
        """The same, where it must be known: what the pipeline is made of stands in its package."""
        value = self.constant(name)
        if is_known(value):
            return value
        detail, span = f'"{name}" depends on what is known after apply only.', self._block.expr_span(self.expr(name))
        raise DiagnosticError(undecided("Invalid argument", detail, span, hint="derive it from variables or locals"))

    def text(self, name: str) -> str | None:
        """A string; None where it is not written (or not known yet: then what it belongs to is refused for now)."""
        value = self._known(name)
        if value is None and self.has(name):
            raise self.wrong(name, f'"{name}" must not be null.', "remove it")
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, f'"{name}" is a string.', "")
        return value

    def texts(self, name: str) -> list[Plain]:
        """A list of strings; empty where it is not written."""
        value = self._known(name)
        if value is None and not self.has(name):
            return []
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.wrong(name, f'"{name}" is a list of strings.', "")
        return value

    def flag(self, name: str) -> bool:
        """true or false; false where it is not written."""
        value = self._known(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, f'"{name}" is true or false.', "")
        return bool(value)

    def whole(self, name: str, least: int) -> int:
        """A whole number; `least` where it is not written."""
        value = self._known(name)
        if value is None:
            return least
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.wrong(name, f'"{name}" is a whole number of at least {least}.', "")
        return value

    def check_type(self, name: str, kind: str) -> None:
        """Raises where a constant is not of a parameter's type."""
        value = self.constant(name)
        if self.has(name) and value is not None and not fits(value, kind):
            raise self.wrong(name, f'"{name}" must be {type_words(kind)}.', "")

    def wrong(self, name: str, detail: str, hint: str) -> DiagnosticError:
        """What is wrong with an attribute."""
        span = self._block.expr_span(self.expr(name))
        return DiagnosticError(error("Invalid argument", detail, span, hint=hint))

    @staticmethod
    def string_of(expr: Expr, scope: DagScope) -> str:
        """An object's key."""
        found = argument(expr, scope.without_channels())
        return str(found.value) if isinstance(found, Constant) else ""
