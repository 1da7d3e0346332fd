"""`[tool.compound.web]`: how people sign in to the pages of `compound serve`."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from compound.errors import Location, ProjectError, choices
from compound.language.environment import Environment
from compound.project.settings.keys import OIDC_KEYS, WEB_KEYS

PER_MINUTE = 1200
"""Requests of one account in a minute."""
_FILE = Location("pyproject.toml")
_NEEDED = ("issuer", "client_id", "client_secret", "roles")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """Sign-in at an OpenID provider; see `OIDC_KEYS`.

    Attributes:
        client_secret: As it is written: it names a variable of the environment, which is read when somebody signs in.
        roles: Value of the claim to roles.
        teams: Value of the claim to queues.
    """

    issuer: str
    client_id: str
    client_secret: str
    label: str = "OpenID"
    scope: str = "openid email profile"
    name: str = "email"
    claim: str = "groups"
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def secret(self, environ: Mapping[str, str]) -> str:
        """The client's secret.

        Raises:
            ProjectError: `project.no-secret`.
        """
        return Environment(environ).text(self.client_secret, "web.oidc.client_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of `compound serve`; see `WEB_KEYS`.

    Attributes:
        hook_secret: As it is written: it names a variable of the environment, which is read when a notice comes.
        requests_per_minute: Of one account; 0: as many as it likes.
    """

    oidc: OidcSettings | None = None
    hook_secret: str | None = None
    requests_per_minute: int = PER_MINUTE

    def secret_of_hooks(self, environ: Mapping[str, str]) -> str:
        """The key of the signatures of notices: `whsec_` and the key in base64.

        Raises:
            ProjectError: `project.no-secret`; `project.bad-setting`: it is not such a key.
        """
        secret = Environment(environ).text(self.hook_secret or "", "web.hook_secret")
        try:
            is_key = secret.startswith("whsec_") and len(b64decode(secret.removeprefix("whsec_"), validate=True)) >= 24
        except ValueError:
            is_key = False
        if not is_key:
            what = "the secret of `web.hook_secret` is not `whsec_` and a key of 24 bytes or more in base64"
            fix = 'HOOK_SECRET="whsec_$(openssl rand -base64 32)"'
            raise ProjectError("project.bad-setting", what, where=_FILE, fix=fix)
        return secret


def web_settings(table: Mapping[str, object]) -> WebSettings:
    """The settings of `[tool.compound.web]`.

    Raises:
        ProjectError: `project.unknown-key`, `project.bad-setting`.
    """
    _known(table, WEB_KEYS, "[tool.compound.web]")
    most = table.get("requests_per_minute", PER_MINUTE)
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        raise _bad("requests_per_minute", most, "a number of requests", "requests_per_minute = 1200")
    secret = _text(table, "hook_secret", "") if "hook_secret" in table else None
    if secret is not None:
        _need_variable(secret, "hook_secret", "HOOK_SECRET")
    given = table.get("oidc")
    if "oidc" in table and not isinstance(given, dict):
        raise _bad("oidc", given, "a table", '[tool.compound.web.oidc]\nissuer = "https://login.example.com"')
    oidc = _oidc(cast("dict[str, object]", given)) if given is not None else None
    return WebSettings(oidc=oidc, hook_secret=secret, requests_per_minute=most)


def _need_variable(text: str, key: str, name: str) -> None:
    """Raise where a secret is written in the file."""
    if "${env:" not in text:
        what = f"the setting `web.{key}` is the secret itself"
        fix = f'{key.rpartition(".")[2]} = "${{env:{name}}}"; secrets are kept outside the project'
        raise ProjectError("project.bad-setting", what, where=_FILE, fix=fix)


def _oidc(table: Mapping[str, object]) -> OidcSettings:
    _known(table, OIDC_KEYS, "[tool.compound.web.oidc]")
    texts = {key: _text(table, key) for key in table if key not in ("roles", "teams")}
    missing = next((key for key in _NEEDED if key not in table), None)
    if missing is not None:
        what = f"[tool.compound.web.oidc] has no {missing!r}"
        raise ProjectError("project.bad-setting", what, where=_FILE, fix=f"{missing}: {OIDC_KEYS[missing]}")
    issuer = urlsplit(texts["issuer"])
    if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise _bad("oidc.issuer", texts["issuer"], "an https address", 'issuer = "https://login.example.com"')
    _need_variable(texts["client_secret"], "oidc.client_secret", "OIDC_SECRET")
    return OidcSettings(**texts, roles=_lists(table, "roles"), teams=_lists(table, "teams"))


def _text(table: Mapping[str, object], key: str, section: str = "oidc.") -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise _bad(f"{section}{key}", value, "a text", f'{key} = "..."')
    return value


def _lists(table: Mapping[str, object], key: str) -> dict[str, tuple[str, ...]]:
    """A table of a claim's value to one text, or to several."""
    value = table.get(key, {})
    found: dict[str, tuple[str, ...]] = {}
    for name, one in cast("dict[str, object]", value).items() if isinstance(value, dict) else [("", None)]:
        texts = [one] if isinstance(one, str) else one
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in cast("list[object]", texts)):
            raise _bad(f"oidc.{key}", value, "a table of groups", f'{key} = {{support = "reviewer"}}')
        found[name] = tuple(cast("list[str]", texts))
    return found


def _known(table: Mapping[str, object], keys: Mapping[str, str], section: str) -> None:
    for key in table:
        if key not in keys:
            what = f"{section} has no key {key!r}"
            raise ProjectError("project.unknown-key", what, where=_FILE, fix=choices(sorted(keys), key))


def _bad(key: str, value: object, wanted: str, fix: str) -> ProjectError:
    return ProjectError(
        "project.bad-setting", f"the setting `web.{key}` is {value!r}, not {wanted}", where=_FILE, fix=fix
    )
