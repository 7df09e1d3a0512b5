"""Pipeline components that ship with kfinfra, compiled: usable in any pipeline with kfp.components.load_component_from_file."""

from pathlib import Path

S3_SYNC = Path(__file__).with_name("s3_sync.yaml")
"""Copies a folder from S3 or to it: `s3_sync(source, target)`. Made from s3_sync.py by tools/compile_components.py."""
