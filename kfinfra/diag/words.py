"""Numbers of things as sentences have them."""


def counted(count: int, what: str) -> str:
    """`1 argument`, `0 arguments`, `2 arguments`; `what` is one of them."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def article(word: str) -> str:
    """`A` or `An`, as a sentence that begins with `word` has it."""
    return "An" if word[:1].lower() in "aeiou" else "A"
