def measure() -> float:
    return 0.7


def say(text: str) -> str:
    print(text)
    return text
