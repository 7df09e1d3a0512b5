"""Compiles kfinfra/components/*.py to the YAML beside them. Run it after a change; a test compares."""

from __future__ import annotations

from pathlib import Path

COMPONENTS = Path(__file__).parents[1] / "kfinfra" / "components"
BOTO3 = "boto3>=1.34"


def compiled() -> str:
    """The YAML of s3_sync, as the installed kfp compiles it."""
    import tempfile

    from kfp import compiler, dsl

    from kfinfra.components.s3_sync import s3_sync

    component = dsl.component(base_image="python:3.11-slim", packages_to_install=[BOTO3])(s3_sync)  # type: ignore[call-overload]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "component.yaml"
        compiler.Compiler().compile(component, str(path))
        return path.read_text()


if __name__ == "__main__":
    (COMPONENTS / "s3_sync.yaml").write_text(compiled())
