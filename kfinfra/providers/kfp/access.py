"""Where the KFP API is and who asks: host, token, user header, cookies, certificate, as kfp.Client finds them.

What kfp.Client takes from `~/.config/kfp/context.json` (a namespace, a login's cookie) is not read: an apply must not depend
on what a notebook left in a home folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes
from kfinfra.model.urls import wrong_with
from kfinfra.providers.kfp.failures import bad_host, no_host

API = "/apis/v2beta1"
OLDER = "/apis/v1beta1"
IN_CLUSTER = "http://ml-pipeline.kubeflow.svc.cluster.local:8888"
TOKEN_PATH = "/var/run/secrets/kubeflow/pipelines/token"


class Access:
    """The way to the API of one provider block."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._config, self._env = config, env
        self._root = Path(env.get("KFINFRA_ROOT", "."))
        self._certificate: Path | None = None

    @property
    def host(self) -> str:
        """Written, else KF_PIPELINES_ENDPOINT, else the service of the cluster this runs in; https where no scheme is.

        Raises DiagnosticError where none is known, or it is none.
        """
        host = str(self._config.get("host") or self._env.get("KF_PIPELINES_ENDPOINT") or "").strip()
        if not host and self._in_cluster:
            host = IN_CLUSTER
        if not host:
            raise no_host()
        if why := wrong_with(host, bare=True):
            raise bad_host(why)
        host = host.rstrip("/").removesuffix(API)
        return host if host.startswith(("http://", "https://")) else f"https://{host}"

    @property
    def _in_cluster(self) -> bool:
        return bool(self._env.get("KUBERNETES_SERVICE_HOST"))

    def headers(self) -> dict[str, str]:
        """What each request says of who asks. Raises DiagnosticError where the token's file cannot be read."""
        headers = {}
        token = self._token()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        user = self._config.get("user_header")
        if isinstance(user, dict):
            headers[str(user["name"])] = str(user["value"])
        return headers

    def _token(self) -> str:
        """The bearer token; a file is read for each call, since the kubelet renews it."""
        if self._config.get("token"):
            return str(self._config["token"]).strip()
        written = self._config.get("token_file") or self._env.get("KF_PIPELINES_SA_TOKEN_PATH")
        if not written and not self._in_cluster:
            return ""
        path = Path(str(written or TOKEN_PATH))
        try:
            return (self._root / path).read_text().strip()
        except OSError as problem:
            if not written:
                return ""
            detail = f"{path}: {problem.strerror or problem}."
            hint = 'check token_file in provider "kfp" (KF_PIPELINES_SA_TOKEN_PATH)'
            raise DiagnosticError(error("Cannot read the token", detail, hint=hint)) from problem

    def api(self) -> Any:
        """The generated client, configured; it opens nothing yet and never retries or follows a redirect by itself."""
        import urllib3
        from kfp_server_api import ApiClient, Configuration

        configuration = Configuration(host=self.host)
        configuration.connection_pool_maxsize = 32
        configuration.retries = urllib3.Retry(0, raise_on_redirect=False)
        if self._config.get("insecure"):
            configuration.verify_ssl = False
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if self._config.get("ca_certificate"):
            configuration.ssl_ca_cert = str(self._authority(str(self._config["ca_certificate"])))
        cookies = self._config.get("cookies")
        return ApiClient(configuration, cookie=str(cookies) if cookies else None)

    def _authority(self, written: str) -> Path:
        if "-----BEGIN" in written:
            with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
                file.write(written)
            self._certificate = Path(file.name)
            return self._certificate
        path = self._root / written
        if not path.is_file():
            detail = f"{path} is neither a file nor PEM text."
            raise DiagnosticError(error("Cannot read the certificate", detail, hint='check ca_certificate in provider "kfp"'))
        return path

    def close(self) -> None:
        """Takes away the file that held the certificate."""
        if self._certificate is not None:
            with suppress(FileNotFoundError):
                self._certificate.unlink()
