def say(text: str):
    print(text)
