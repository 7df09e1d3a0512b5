from kfp import dsl
from steps import read


@dsl.pipeline(name="p")
def p(uri: str):
    got = dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset, reimport=True, metadata={"k": "v"}).set_display_name("data")
    read(data=got.output)
