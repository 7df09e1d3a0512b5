"""The only room that calls AWS: boto3, imported at the first call; its errors become diagnostics here."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.providers.aws.pages import read_objects

_EXPIRED = "the credentials have expired: log in again (aws sso login)"
_WRONG_KEYS = "check AWS_PROFILE, or the keys in the environment"
_NOT_ALLOWED = "the role or user in use lacks a permission (aws sts get-caller-identity tells which it is)"
_HINTS = {
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"), _EXPIRED),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "401"), _WRONG_KEYS
    ),
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"), _NOT_ALLOWED),
    **dict.fromkeys(("SignatureDoesNotMatch", "InvalidSignatureException"), "check the secret key in the environment"),
    "InvalidToken": "check AWS_SESSION_TOKEN: it belongs to other keys",
    "RequestTimeTooSkewed": "set the clock of this machine",
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
            style: Any = {"addressing_style": "path"} if self._config.get("use_path_style") else None
            config = Config(retries=retry, max_pool_connections=32, connect_timeout=10, s3=style)
            client = self._session.client(service, endpoint_url=self._endpoint(service), config=config)
            client.meta.events.register_first("needs-retry.s3", _check_redirect)
            client.meta.events.register("after-call", _check_answer)
            client.meta.events.register_first("before-parse.s3.ListObjectsV2", read_objects)
            return client

    def _endpoint(self, service: str) -> str | None:
        own, env = self._config.get("endpoints"), self._env
        written = own.get(service) if isinstance(own, dict) else None
        name = f"AWS_ENDPOINT_URL_{_VARIABLES.get(service, service.upper())}"
        return str(written) if written else env.get(name) or env.get("AWS_ENDPOINT_URL")

    def _login(self) -> Any:
        """boto3's session: its own chain of credentials, in the role of `assume_role` where that is written."""
        import boto3
        import botocore.session

        env, role = self._env, self._config.get("assume_role")
        keys = {}
        if not self._config.get("profile") and env.get("AWS_ACCESS_KEY_ID"):
            keys = {
                "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": env.get("AWS_SECRET_ACCESS_KEY"),
                "aws_session_token": env.get("AWS_SESSION_TOKEN"),
            }
        make: Any = boto3.Session
        inner = botocore.session.Session(session_vars=self._own_variables())
        inner.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_timestamp)
        region = self._config.get("region") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
        session = make(botocore_session=inner, profile_name=self._config.get("profile"), region_name=region, **keys)
        return self._in_role(session, role) if isinstance(role, dict) else session

    def _own_variables(self) -> dict[str, Any]:
        """What botocore is told in the place of variables of this process that are not those of the provider's environment."""
        from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as KNOWN

        out = {}
        for name, (setting, variables, default, convert) in KNOWN.items():
            names = [variables] if isinstance(variables, str) else list(variables or ())
            if any(os.environ.get(n) != self._env.get(n) for n in names):
                out[name] = (setting, None, self.setting(*names) or default, convert)
        return out

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


def _timestamp(value: Any) -> Any:
    """A time of an answer. botocore's own reader guesses at the format, which was two thirds of the time that a list takes."""
    from botocore.utils import parse_timestamp

    if isinstance(value, str) and value[10:11] == "T" and value.endswith("Z"):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass  # an odd one of this form: botocore knows, or says
    return parse_timestamp(value)


def _check_answer(http_response: Any, model: Any, **more: Any) -> None:
    """No AWS service answers with a page, but with an object that is one: a proxy, or a login page. Raises DiagnosticError."""
    headers = {name.lower(): str(value) for name, value in http_response.headers.items()}
    if "text/html" not in headers.get("content-type", "") or model.name in ("GetObject", "HeadObject"):
        return
    body = http_response.content[:500].lower()
    if b"<html" in body or b"<!doctype html" in body or (not body and not any(n.startswith("x-amz") for n in headers)):
        raise _not_aws(f"{model.name} was answered with HTML (HTTP {http_response.status_code}), which AWS does not speak.")


def _check_redirect(response: Any, operation: Any, **more: Any) -> None:
    """S3 says with a redirect in which region a bucket is, and says more in x-amz- headers. Raises DiagnosticError for others.

    Before botocore's own handler of redirects, which asks HeadBucket for the region, and again, where that is redirected too.
    """
    http = response[0] if response is not None else None
    if http is None or http.status_code not in (301, 302, 303, 307, 308):
        return
    if not any(name.lower().startswith("x-amz") for name in http.headers):
        where = http.headers.get("Location", "nowhere")
        raise _not_aws(f"{operation.name} was answered with a redirect (HTTP {http.status_code}) to {where}.")


def _not_aws(detail: str) -> DiagnosticError:
    hint = "check the endpoint variables (AWS_ENDPOINT_URL…) and the proxy: a login page may stand before it"
    return DiagnosticError(error("Not an AWS server", detail, hint=hint))


def code_of(problem: Any) -> str:
    """The error code of botocore's ClientError."""
    return str(problem.response.get("Error", {}).get("Code", ""))


def _no_credentials() -> tuple[type[Exception], ...]:
    """The errors that say that there are no credentials, or none that can be had."""
    from botocore import exceptions as e

    found = (e.NoCredentialsError, e.PartialCredentialsError, e.ProfileNotFound, e.TokenRetrievalError)
    return (
        *found,
        e.CredentialRetrievalError,
        e.SSOError,
        e.ConfigNotFound,
        e.ConfigParseError,
        e.InvalidConfigError,
        e.RefreshWithMFAUnsupportedError,
    )


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
    except _no_credentials() as problem:
        hint = "set AWS_PROFILE, or log in (aws sso login)"
        raise DiagnosticError(error("No AWS credentials", f"{problem}", hint=hint)) from problem
    except e.NoRegionError as problem:
        hint = 'set region in provider "aws", or AWS_REGION'
        raise DiagnosticError(error("No AWS region", "No region is known to call AWS in.", hint=hint)) from problem
    except e.SSLError as problem:
        hint = "check AWS_CA_BUNDLE, and whether a proxy stands before it"
        raise DiagnosticError(error("AWS cannot be reached", f"Could not {doing}: {problem}", hint=hint)) from problem
    except (e.HTTPClientError, e.ConnectionError) as problem:
        hint = "check the network, and the endpoint variables"
        raise DiagnosticError(error("AWS cannot be reached", f"Could not {doing}: {problem}", hint=hint)) from problem
    except (e.BotoCoreError, ValueError) as problem:
        raise DiagnosticError(error(f"Could not {doing}", f"{type(problem).__name__}: {problem}")) from problem
