"""The only room that calls AWS: boto3, imported at the first call; its errors become diagnostics here."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain

_HINTS = {
    "ExpiredToken": "the credentials have expired: log in again (aws sso login)",
    "InvalidAccessKeyId": "check AWS_PROFILE, or the keys in the environment",
    "SignatureDoesNotMatch": "check the secret key in the environment",
    "AccessDenied": "the role or user in use lacks a permission",
    "BucketAlreadyExists": "bucket names are global: choose another",
}

_VARIABLES = {"autoscaling": "AUTO_SCALING"}
"""Services whose endpoint variable is not their name in capitals: botocore makes it of the service id."""


class Aws:
    """AWS as one provider block has it. Clients are made on the first call; safe to use from several threads."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._config, self._env = config, env
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session: Any = None

    @property
    def s3(self) -> Any:
        """boto3's S3 client."""
        return self.service("s3")

    @property
    def session(self) -> Any:
        """boto3's session, with the credentials that are used."""
        with self._lock, translated("log in"):
            if self._session is None:
                self._session = self._login()
            return self._session

    def setting(self, *names: str) -> str | None:
        """The first of these variables that the environment has."""
        return next((self._env[name] for name in names if self._env.get(name)), None)

    def service(self, name: str) -> Any:
        """boto3's client of a service, by boto3's name of it (`eks`, `autoscaling`)."""
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._make(name)
            return self._clients[name]

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        with translated(f"make a client for {service}"):
            if self._session is None:
                self._session = self._login()
            retry: Any = {"mode": "standard", "total_max_attempts": 5}
            config = Config(retries=retry, max_pool_connections=32, connect_timeout=10)
            return self._session.client(service, endpoint_url=self._endpoint(service), config=config)

    def _endpoint(self, service: str) -> str | None:
        own, env = self._config.get("endpoints"), self._env
        written = own.get(service) if isinstance(own, dict) else None
        name = f"AWS_ENDPOINT_URL_{_VARIABLES.get(service, service.upper())}"
        return str(written) if written else env.get(name) or env.get("AWS_ENDPOINT_URL")

    def _login(self) -> Any:
        """boto3's session: its own chain of credentials, in the role of `assume_role` where that is written."""
        import boto3

        env, role = self._env, self._config.get("assume_role")
        keys = {}
        if not self._config.get("profile") and env.get("AWS_ACCESS_KEY_ID"):
            keys = {
                "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": env.get("AWS_SECRET_ACCESS_KEY"),
                "aws_session_token": env.get("AWS_SESSION_TOKEN"),
            }
        make: Any = boto3.Session
        region = self._config.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
        session = make(profile_name=self._config.get("profile"), region_name=region, **keys)
        return self._in_role(session, role) if isinstance(role, dict) else session

    def _in_role(self, session: Any, role: Mapping[str, Plain]) -> Any:
        """A session with the role's credentials, asked for at the first call and again before they expire."""
        import boto3
        import botocore.session
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

        def sts(name: str, **options: Any) -> Any:
            return session.client(name, endpoint_url=self._endpoint("sts"), **options)

        names = {"RoleSessionName": role.get("session_name") or "kfinfra", "ExternalId": role.get("external_id")}
        extra = {name: value for name, value in names.items() if value}
        fetcher = AssumeRoleCredentialFetcher(sts, session.get_credentials(), str(role["role_arn"]), extra_args=extra)
        inner: Any = botocore.session.Session()
        inner._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        make: Any = boto3.Session
        return make(botocore_session=inner, region_name=session.region_name)

    def close(self) -> None:
        """Ends connections."""
        for client in self._clients.values():
            client.close()


def code_of(problem: Any) -> str:
    """The error code of botocore's ClientError."""
    return str(problem.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """botocore's errors as diagnostics: what was being done, what AWS says, what to do."""
    from botocore import exceptions as e

    try:
        yield
    except e.ClientError as problem:
        code = code_of(problem)
        said = str(problem.response.get("Error", {}).get("Message", ""))
        raise DiagnosticError(error(f"AWS refused to {doing}", f"{code}: {said}", hint=_HINTS.get(code, ""))) from problem
    except (e.NoCredentialsError, e.PartialCredentialsError, e.ProfileNotFound, e.TokenRetrievalError) as problem:
        hint = "set AWS_PROFILE, or log in (aws sso login)"
        raise DiagnosticError(error("No AWS credentials", f"{problem}", hint=hint)) from problem
    except e.NoRegionError as problem:
        hint = 'set region in provider "aws", or AWS_REGION'
        raise DiagnosticError(error("No AWS region", "No region is known to call AWS in.", hint=hint)) from problem
    except e.EndpointConnectionError as problem:
        hint = "check the network, and the endpoint variables"
        raise DiagnosticError(error("AWS cannot be reached", f"Could not {doing}: {problem}", hint=hint)) from problem
    except (e.BotoCoreError, ValueError) as problem:
        raise DiagnosticError(error(f"Could not {doing}", f"{type(problem).__name__}: {problem}")) from problem
