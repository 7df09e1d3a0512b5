def multiply(a: int, b: int) -> int:
    return a * b


def total(values: list[int]) -> int:
    return sum(values)
