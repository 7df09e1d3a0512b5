"""Whether a space stands between two tokens of a line: hclwrite's rules, the first that fits."""

from __future__ import annotations

from kfinfra.hcl.format.tokens import Kind, Token

# A minus behind one of these is a sign, not a subtraction. (`=>` is not among them in hclwrite either.)
_BEFORE_SIGN = frozenset(
    ("(", "{", "[", "=", ":", ",", "?", "+", "*", "/", "%", "-", "==", "!=", ">", ">=", "<", "<=", "&&", "||", "!")
)


def spaced(before: Token | None, left: Token, right: Token) -> bool:
    """Whether a space belongs between `left` and `right`; `before` is what stands before `left`, None at a cell's start."""
    if right.kind is Kind.NEWLINE:
        return False
    if left.kind is Kind.IDENT and right.text in ("(", "::"):
        return False
    if left.text == "::" and right.kind is Kind.IDENT:
        return False
    if _mark(left, ".") or _mark(right, ".", ",", "..."):
        return False
    if _mark(left, ","):
        return True
    if left.kind in (Kind.LITERAL, Kind.OPEN_QUOTE, Kind.OPEN_HEREDOC):
        return False
    if right.kind in (Kind.LITERAL, Kind.CLOSE_QUOTE, Kind.CLOSE_HEREDOC):
        return False
    if left.text == "in" and left.kind is Kind.IDENT and before is not None and before.kind is Kind.IDENT:
        return True
    if _mark(right, "[") and (left.kind in (Kind.IDENT, Kind.NUMBER) or left.nesting < 0):
        return False
    if _mark(left, "!"):
        return False
    if _mark(left, "-"):
        return before is not None and not _mark(before, *_BEFORE_SIGN)
    return _around_brackets(left, right)


def _around_brackets(left: Token, right: Token) -> bool:
    """Braces are spaced inside, other brackets and template sequences are not."""
    if _mark(left, "{") or _mark(right, "}"):
        return not (_mark(left, "{") and _mark(right, "}"))
    if left.kind is Kind.SEQUENCE and _mark(right, "{"):
        return True
    if _mark(left, "}") and right.kind is Kind.SEQUENCE_END:
        return True
    if left.kind is Kind.SEQUENCE_END and right.kind is Kind.SEQUENCE:
        return False
    return left.nesting <= 0 and right.nesting >= 0


def _mark(token: Token, *texts: str) -> bool:
    return token.kind is Kind.MARK and token.text in texts
