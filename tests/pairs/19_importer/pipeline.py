from kfp import dsl


@dsl.component(base_image="python:3.11")
def read(data: dsl.Input[dsl.Dataset]):
    print(data.path)


@dsl.pipeline(name="p")
def p(where: str):
    found = dsl.importer(artifact_uri=f"{where}/data.csv", artifact_class=dsl.Dataset, reimport=True, metadata={"source": where})
    read(data=found.output)
