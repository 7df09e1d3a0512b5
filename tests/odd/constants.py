from kfp import dsl
from steps import every


@dsl.pipeline(name="p")
def p():
    every(
        s="line\none ü 日本 ${x} {{y}}",
        i=12345678901,
        f=2.0,
        b=True,
        l=[1, "a", [True], {"k": 1.5}],
        d={"a b": {"c": []}, "": 1},
    )
