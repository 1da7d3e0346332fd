"""Sign-in at an OpenID provider: authorization code with PKCE, state and nonce; roles from a claim.

Authlib, of the extra `oidc`, is imported when somebody signs in.
"""

from __future__ import annotations

import hmac
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import sqlalchemy as sa

from compound.connector.state.people_tables import account
from compound.connector.state.serving.tables import account_identity, oidc_login
from compound.errors import CompoundError, ConnectorError, ProjectError
from compound.web.identity.person import hashed, row_of

if TYPE_CHECKING:
    from compound.connector.state import StateStore
    from compound.project.settings.web import OidcSettings
    from compound.web.identity.people import People

LASTS_S: Final = 10 * 60.0
"""A sign-in that began here must come back within this many seconds."""
_CACHE_S: Final = 3600.0
_TIMEOUT_S: Final = 10.0
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a key that only the provider has."""


class LoginRefused(CompoundError):
    """Somebody may not sign in: the provider said no, or what it said does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """A sign-in that begins.

    Attributes:
        address: Where the browser goes.
        browser: The secret for a cookie of this browser: only it may come back.
    """

    address: str
    browser: str


class OpenId:
    """An OpenID provider that people sign in at.

    Args:
        settings: Of the project.
        people: The accounts.
        store: The state store, so that any process of the server can end a sign-in.
        clock: Returns UTC seconds.
    """

    def __init__(self, settings: OidcSettings, people: People, store: StateStore, clock: Callable[[], float]) -> None:
        self.settings = settings
        self._people = people
        self._store = store
        self._clock = clock
        self._known: tuple[float, dict[str, Any], dict[str, Any]] | None = None

    def begin(self, back: str, redirect_uri: str) -> Began:
        """Begin a sign-in.

        Raises:
            ConnectorError: `web.oidc-unreachable`.
            ProjectError: `web.oidc-driver`, `project.no-secret`.
        """
        state, nonce, verifier, browser = (secrets.token_urlsafe(32) for _ in range(4))
        now = self._clock()
        with self._client(redirect_uri) as client:
            place = self._provider(client)[0]["authorization_endpoint"]
            address, _ = client.create_authorization_url(place, state=state, nonce=nonce, code_verifier=verifier)
        row = {"state_hash": hashed(state), "browser_hash": hashed(browser), "nonce": nonce, "verifier": verifier}
        with self._store.write(durable=False) as db:
            db.execute(sa.delete(oidc_login).where(oidc_login.c.ends_at < now))
            db.execute(sa.insert(oidc_login).values(**row, back=back, ends_at=now + LASTS_S))
        return Began(address=str(address), browser=browser)

    def end(self, answered: Mapping[str, str], browser: str, redirect_uri: str) -> tuple[str, str]:
        """End a sign-in with what the provider answered; the account's name, and where to go.

        Raises:
            LoginRefused: `web.login-refused`.
            ConnectorError: `web.oidc-unreachable`.
        """
        began = self._used(answered.get("state", ""), browser)
        if answered.get("error"):
            raise _refused(f"the provider answered {answered['error'][:100]!r}")
        if answered.get("iss", self.settings.issuer) != self.settings.issuer:
            raise _refused("the answer is of another provider")
        if not answered.get("code"):
            raise _refused("the provider sent no code")
        claims = self._claims(answered["code"], began, redirect_uri)
        return self._account(claims), str(began["back"])

    def _used(self, state: str, browser: str) -> Mapping[str, Any]:
        """The sign-in that this state began, in this browser; it is used up."""
        with self._store.write(durable=False) as db:
            gone = sa.delete(oidc_login).where(oidc_login.c.state_hash == hashed(state)).returning(oidc_login)
            row = db.execute(gone).mappings().first()
        if row is None or row["ends_at"] < self._clock() or not browser:
            raise _refused("this sign-in did not begin here, was used, or took longer than 10 minutes")
        if not hmac.compare_digest(str(row["browser_hash"]), hashed(browser)):
            raise _refused("this sign-in began in another browser")
        return dict(row)

    def _claims(self, code: str, began: Mapping[str, Any], redirect_uri: str) -> Mapping[str, Any]:
        """The claims of the id token, after its signature, issuer, audience, time and nonce were checked."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        with self._client(redirect_uri) as client:
            about, keys = self._provider(client)
            try:
                got = client.fetch_token(about["token_endpoint"], code=code, code_verifier=began["verifier"])
            except Exception as error:
                raise _refused(f"the provider does not accept the code ({type(error).__name__})") from error
        wanted: dict[str, Any] = {
            "iss": {"essential": True, "value": about["issuer"]},
            "aud": {"essential": True, "value": self.settings.client_id},
            "nonce": {"essential": True, "value": began["nonce"]},
            "exp": {"essential": True},
            "iat": {"essential": True},
            "sub": {"essential": True},
        }
        try:
            token = jwt.decode(
                got.get("id_token", ""), KeySet.import_key_set(cast("Any", keys)), algorithms=_ALGORITHMS
            )
            jwt.JWTClaimsRegistry(now=int(time.time()), leeway=60, **wanted).validate(token.claims)
        except (JoseError, ValueError) as error:
            self._known = None  # the provider may have changed its keys
            raise _refused(f"the id token does not hold ({type(error).__name__})") from error
        claims = dict(token.claims)
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.settings.client_id:
            raise _refused("the id token is for another client")
        return claims

    def _account(self, claims: Mapping[str, Any]) -> str:
        """The account of somebody with these claims: made, or given the roles that the claims say now."""
        settings, name = self.settings, claims.get(self.settings.name)
        if not isinstance(name, str) or not name.strip():
            raise _refused(f"the provider says no {settings.name!r} of this person")
        if settings.name == "email" and claims.get("email_verified") is False:
            raise _refused("the provider has not verified the address of this person")
        said = claims.get(settings.claim) or []
        groups = [said] if isinstance(said, str) else [one for one in said if isinstance(one, str)]
        roles = sorted({role for group in groups for role in settings.roles.get(group, ())})
        if not roles:
            raise _refused(f"{name} is in no group that has a role here")
        teams = sorted({team for group in groups for team in settings.teams.get(group, ())})
        if settings.teams and not teams:
            raise _refused(f"{name} is in no group that has a queue here")
        owner = self._bind(name.strip(), str(claims["sub"]))
        self._people.add(owner, roles=roles, teams=teams, by="oidc")
        return owner

    def _bind(self, name: str, subject: str) -> str:
        """The account of a subject: the one of before, also under another name; else a new one with this name."""
        mine = (account_identity.c.issuer == self.settings.issuer) & (account_identity.c.subject == subject)
        with self._store.write() as db:
            known = db.execute(sa.select(account_identity.c.account).where(mine)).scalar_one_or_none()
            owner = known or name
            row = row_of(db, owner)
            if row is not None and row.is_disabled:
                raise _refused(f"the account {owner} is closed")
            if known is None:
                if row is not None:
                    raise _refused(f"the account {name} exists and belongs to somebody else")
                values = {"issuer": self.settings.issuer, "subject": subject, "account": owner}
                db.execute(sa.insert(account_identity).values(**values, created_at=self._clock()))
                created = {"roles": [], "teams": [], "created_at": self._clock(), "updated_at": self._clock()}
                db.execute(sa.insert(account).values(name=owner, **created))
        return owner

    def _client(self, redirect_uri: str) -> Any:  # noqa: ANN401 - Authlib has no types
        try:
            from authlib.integrations.httpx_client import OAuth2Client
        except ModuleNotFoundError as error:
            what = f"sign-in at an OpenID provider needs {error.name!r}"
            raise ProjectError("web.oidc-driver", what, fix="install compound[oidc]") from error
        return OAuth2Client(
            client_id=self.settings.client_id,
            client_secret=self.settings.secret(os.environ),
            scope=self.settings.scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )

    def _provider(self, client: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401 - Authlib has no types
        """What the provider says about itself, and its keys; asked once an hour."""
        if self._known is not None and self._known[0] > self._clock():
            return self._known[1], self._known[2]
        issuer = self.settings.issuer
        try:
            about = self._get(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            keys = self._get(client, str(about["jwks_uri"]))
            place = {key: str(about[key]) for key in ("issuer", "authorization_endpoint", "token_endpoint")}
        except Exception as error:
            what = f"the OpenID provider {issuer} cannot be asked: {type(error).__name__}"
            raise ConnectorError("web.oidc-unreachable", what, fix="try again; check web.oidc.issuer") from error
        if place["issuer"] != issuer:
            what = f"the OpenID provider at {issuer} says that it is {place['issuer']!r}"
            raise ConnectorError("web.oidc-unreachable", what, fix="write web.oidc.issuer exactly so")
        self._known = (self._clock() + _CACHE_S, place, keys)
        return place, keys

    @staticmethod
    def _get(client: Any, address: str) -> dict[str, Any]:  # noqa: ANN401 - Authlib has no types
        answer = client.request("GET", address, withhold_token=True)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def _refused(why: str) -> LoginRefused:
    return LoginRefused("web.login-refused", f"you cannot sign in: {why}", fix="begin again at /login, or ask an admin")
