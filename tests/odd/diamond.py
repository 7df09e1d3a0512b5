from kfp import dsl, kubernetes
from steps import add, named


@dsl.pipeline(name="p")
def p():
    a = named(add, "a")(a=1)
    b = named(add, "b")(a=a.output).set_retry(num_retries=2, backoff_duration="5s")
    c = named(add, "c")(a=a.output).set_caching_options(False)
    d = named(add, "d")(a=b.output, b=c.output)
    kubernetes.set_timeout(d, 600)
    kubernetes.add_pod_label(d, "team", "ml")
