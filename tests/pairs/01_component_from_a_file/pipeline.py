from pathlib import Path

from kfp import components, dsl

train = components.load_component_from_file(str(Path(__file__).with_name("train.yaml")))


@dsl.pipeline(name="p")
def p():
    train(rows=3)
