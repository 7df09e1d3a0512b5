from kfp import dsl, kubernetes


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.pipeline(name="p")
def p():
    task = fit().set_env_variable("LEVEL", "info")
    kubernetes.use_config_map_as_env(task, "training", {"REGION": "AWS_REGION"})
    kubernetes.use_secret_as_env(task, "db", {"password": "DB_PASSWORD"})
