from kfp import dsl, kubernetes


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.pipeline(name="p")
def p():
    task = fit().set_caching_options(False).set_container_image("python:3.12")
    kubernetes.add_ephemeral_volume(
        task,
        volume_name="kfinfra-scratch",
        mount_path="/scratch",
        access_modes=["ReadWriteOnce"],
        size="5Gi",
        storage_class_name="gp3",
    )
    kubernetes.empty_dir_mount(
        task, volume_name="kfinfra-shared-memory", mount_path="/dev/shm", medium="Memory", size_limit="1Gi"
    )
    kubernetes.set_timeout(task, 3600)
    kubernetes.add_pod_label(task, "team", "ml")
    kubernetes.add_pod_annotation(task, "example.org/cost", "42")
