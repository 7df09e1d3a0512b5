from kfp import dsl
from steps import say


@dsl.pipeline(name="notify")
def notify(text: str):
    say(text=text)


@dsl.pipeline(name="p")
def p():
    with dsl.ExitHandler(notify(text="done"), name="e"):
        say()
