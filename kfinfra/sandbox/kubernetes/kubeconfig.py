"""The file that leads clients to the sandbox's API server."""

from __future__ import annotations


def kubeconfig(url: str) -> str:
    """A kubeconfig (YAML) with one context, `sandbox`."""
    return f"""apiVersion: v1
kind: Config
current-context: sandbox
clusters:
- name: sandbox
  cluster:
    server: {url}
contexts:
- name: sandbox
  context:
    cluster: sandbox
    user: sandbox
users:
- name: sandbox
  user:
    token: sandbox
"""
