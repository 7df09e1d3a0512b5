"""Numbers of things as sentences have them."""


def counted(count: int, what: str) -> str:
    """`1 argument`, `0 arguments`, `2 arguments`; `what` is one of them."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
