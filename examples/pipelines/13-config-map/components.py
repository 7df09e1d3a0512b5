def fit() -> str:
    import os

    return os.environ["AWS_REGION"]
