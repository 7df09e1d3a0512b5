from kfp import dsl
from steps import named, say


@dsl.pipeline(name="p")
def p():
    one = named(say, "Ümlaut_Task")(text="ß").set_display_name("Ümlaut_Task")
    named(say, "UPPER-case_x")(text=one.output).set_display_name("UPPER-case_x")
