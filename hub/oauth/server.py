"""Who grants and who asks: an authorization server's addresses, the hub's own client there, and what they give out."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OAuthServer:
    """An authorization server (RFC 6749) that says who somebody is by id tokens (OpenID Connect Core 1.0).

    ``issuer`` is its one name, ``also`` older names of the same one. ``keys_url`` is its JWKS, the only place that keys
    are taken from. ``names_itself``: it always sends ``iss`` back with an answer (RFC 9207), so one without is refused;
    an ``iss`` that came must be right in any case.
    """

    issuer: str
    authorize_url: str
    token_url: str
    keys_url: str
    revoke_url: str = ""
    also: tuple[str, ...] = ()
    names_itself: bool = False


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The application as it is registered with an authorization server."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose grant it is: issuer and subject name the account for ever; the e-mail is for display and may change."""

    issuer: str
    subject: str
    email: str = ""
    email_verified: bool = False

    @property
    def account_id(self) -> str:
        """The account's one name over all providers."""
        return f"{self.issuer} {self.subject}"


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What the token endpoint gave out. ``expires_at`` is in UTC seconds; ``scopes`` is empty where it named none.

    ``refresh_token`` is empty where it gave none, ``id_token`` likewise.
    """

    access_token: str
    refresh_token: str = ""
    id_token: str = ""
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None
