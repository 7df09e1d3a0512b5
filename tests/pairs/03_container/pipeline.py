from kfp import dsl


@dsl.container_component
def notify(text: str, answer: dsl.OutputPath(str), times: int = 2):
    args = ["-d", text, f"text={text}", "https://example.org", "-o", answer, "--retry", "3"]
    return dsl.ContainerSpec(image="curlimages/curl:8.10.1", command=["curl"], args=args)


@dsl.container_component
def copy(data: dsl.Input[dsl.Dataset], copy: dsl.Output[dsl.Dataset]):
    return dsl.ContainerSpec(image="busybox:1.36", command=["sh", "-c", "cp $0 $1"], args=[data.path, copy.path])


@dsl.container_component
def make(data: dsl.Output[dsl.Dataset]):
    return dsl.ContainerSpec(image="busybox:1.36", command=["touch", data.path])


@dsl.pipeline(name="p")
def p(text: str):
    copy(data=make().output)
    notify(text=text)
