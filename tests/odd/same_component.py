from kfp import dsl
from steps import named, say


@dsl.pipeline(name="p")
def p():
    named(say, "one")(text="1").set_caching_options(False).set_cpu_limit("1")
    named(say, "two")(text="2").set_env_variable("A", "b")
    named(say, "three")(text="3")
    named(say, "four")(text="4").set_env_variable("A", "b")
