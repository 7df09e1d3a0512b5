from kfp import dsl, kubernetes


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.component(base_image="python:3.11")
def report():
    pass


@dsl.pipeline(name="p")
def p():
    first = fit()
    kubernetes.add_node_affinity(
        first, match_expressions=[{"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": ["gpu"]}]
    )
    kubernetes.add_toleration(first, key="nvidia.com/gpu", operator="Equal", value="present", effect="NoSchedule")
    second = report()
    kubernetes.add_node_affinity(second, match_expressions=[{"key": "zone", "operator": "In", "values": ["a", "b"]}], weight=5)
    kubernetes.add_toleration(second, key="spot", operator="Exists", effect="NoSchedule")
    kubernetes.add_node_selector(second, "disk", "ssd")
