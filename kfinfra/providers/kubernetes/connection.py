"""How the API server is found: the provider block, KUBECONFIG, a service account. The only room that reads kubeconfig files."""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes

_ALONE = {"host": ("config_path", "context", "in_cluster"), "in_cluster": ("config_path", "context", "host", "token")}


def check_settings(config: Attributes) -> None:
    """Settings that exclude each other. Raises DiagnosticError."""
    for name, others in _ALONE.items():
        clash = next((other for other in others if config.get(name) and config.get(other)), None)
        if clash:
            detail = f'"{name}" and "{clash}" of provider "kubernetes" exclude each other.'
            raise DiagnosticError(error("Invalid combination", detail, hint="keep the one that is meant"))
    if config.get("insecure") and config.get("ca_certificate"):
        detail = '"insecure" trusts any certificate, so "ca_certificate" would not be looked at.'
        raise DiagnosticError(error("Invalid combination", detail, hint="keep the one that is meant"))


def kubeconfig_path(config: Attributes, env: Mapping[str, str]) -> str:
    """The kubeconfig files, separated as in KUBECONFIG."""
    if config.get("config_path"):
        return _home(str(config["config_path"]), env)
    return env.get("KUBECONFIG") or _home("~/.kube/config", env)


def _home(path: str, env: Mapping[str, str]) -> str:
    return str(Path(env.get("HOME", "~")).expanduser() / path[2:]) if path.startswith("~/") else path


def _uses_kubeconfig(config: Attributes, env: Mapping[str, str]) -> bool:
    if config.get("host") or config.get("in_cluster"):
        return False
    if config.get("config_path") or config.get("context") or env.get("KUBECONFIG"):
        return True
    return Path(kubeconfig_path(config, env)).is_file() or not env.get("KUBERNETES_SERVICE_HOST")


def default_namespace(config: Attributes, env: Mapping[str, str]) -> str:
    """The namespace of what names none: the provider's, else the kubeconfig context's, else `default`."""
    if config.get("namespace"):
        return str(config["namespace"])
    if not _uses_kubeconfig(config, env):
        return "default"
    wanted: Any = config.get("context")
    contexts: dict[str, Any] = {}
    for path in kubeconfig_path(config, env).split(os.pathsep):
        if not Path(path).is_file():
            continue
        content = _content(path)
        wanted = wanted or content.get("current-context")
        contexts = {**{c.get("name"): c.get("context") for c in content.get("contexts") or ()}, **contexts}
    return str((contexts.get(wanted) or {}).get("namespace") or "default")


def _content(path: str) -> Mapping[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(Path(path).read_text())
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise bad_kubeconfig(path, str(problem)) from problem
    if not isinstance(found, dict):
        raise bad_kubeconfig(path, "it holds no mapping")
    return found


def bad_kubeconfig(path: str, why: str) -> DiagnosticError:
    """The error for a kubeconfig that cannot be used."""
    hint = 'check config_path and context in provider "kubernetes", and KUBECONFIG (for EKS: aws eks update-kubeconfig)'
    return DiagnosticError(error("Cannot use the kubeconfig", f"{path}: {' '.join(why.split())}.", hint=hint))


def configuration(config: Attributes, env: Mapping[str, str]) -> Any:
    """A kubernetes.client.Configuration. Runs exec plugins. Raises DiagnosticError."""
    from kubernetes.client import Configuration

    made: Any = Configuration()
    made.retries = False
    made.connection_pool_maxsize = 32
    if config.get("host"):
        made.host = str(config["host"]).rstrip("/")
    elif _uses_kubeconfig(config, env):
        _from_kubeconfig(made, config, env)
    else:
        _from_service_account(made, env)
    if config.get("token"):
        made.api_key["authorization"] = f"Bearer {config['token']}"
        made.refresh_api_key_hook = None
    if config.get("ca_certificate"):
        made.ssl_ca_cert = _certificate_file(str(config["ca_certificate"]))
    if config.get("insecure"):
        made.verify_ssl = False
    return made


def _from_kubeconfig(made: Any, config: Attributes, env: Mapping[str, str]) -> None:
    from kubernetes.config import ConfigException, load_kube_config

    path, context = kubeconfig_path(config, env), config.get("context")
    for part in path.split(os.pathsep):
        if Path(part).is_file():
            _content(part)
    try:
        load_kube_config(config_file=path, context=context, client_configuration=made, persist_config=False)
    except (ConfigException, OSError, ValueError, KeyError, TypeError) as problem:
        raise bad_kubeconfig(path, str(problem) or type(problem).__name__) from problem
    if "exec" in _user(path, context) and not (made.api_key or made.cert_file):
        command = _user(path, context)["exec"].get("command")
        detail = f'The command "{command}" that the kubeconfig names for credentials gave none.'
        raise DiagnosticError(
            error("No Kubernetes credentials", detail, hint="run it by hand to see why; log in (aws sso login)")
        )


def _user(path: str, context: Any) -> Mapping[str, Any]:
    from kubernetes.config import list_kube_config_contexts

    contexts, active = list_kube_config_contexts(path)
    chosen = next((c for c in contexts if c["name"] == context), active)
    name = chosen["context"].get("user")
    for part in path.split(os.pathsep):
        for entry in (_content(part).get("users") or ()) if Path(part).is_file() else ():
            if entry.get("name") == name:
                user: Mapping[str, Any] = entry.get("user") or {}
                return user
    return {}


def _from_service_account(made: Any, env: Mapping[str, str]) -> None:
    from kubernetes.config import ConfigException
    from kubernetes.config.incluster_config import SERVICE_CERT_FILENAME, SERVICE_TOKEN_FILENAME, InClusterConfigLoader

    try:
        InClusterConfigLoader(SERVICE_TOKEN_FILENAME, SERVICE_CERT_FILENAME, environ=env).load_and_set(made)
    except (ConfigException, OSError) as problem:
        hint = "in_cluster works in a pod that has a service account; elsewhere use a kubeconfig"
        raise DiagnosticError(error("No service account", f"{problem}", hint=hint)) from problem


def _certificate_file(given: str) -> str:
    """The path of a CA: PEM text is written to a file of this process, as the client takes only paths."""
    if "-----BEGIN" not in given:
        if not Path(given).is_file():
            detail = f'"ca_certificate" is neither PEM text nor a file: {given[:80]}.'
            raise DiagnosticError(error("Cannot read the CA certificate", detail, hint="use file(…), or give a path"))
        return given
    with tempfile.NamedTemporaryFile("w", prefix="kfinfra-ca-", suffix=".pem", delete=False) as stream:
        stream.write(given)
    atexit.register(Path(stream.name).unlink, missing_ok=True)
    return stream.name
