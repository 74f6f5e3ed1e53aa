"""Tickets: what a key buys for one connection, so that no key goes where a page or a proxy could see it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from cloud_api.clock import unix_s
from cloud_api.errors import CloudError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_api.gateway.store import GatewayStore
    from cloud_api.settings import CloudSettings

TICKET_S = 60
"""From its issue a ticket must be used within it."""

LEEWAY_S = 5
"""Clocks of instances differ by less."""

MAX_TICKET_CHARS = 2_048

MIN_SECRET_BYTES = 32

ALGORITHM = "HS256"
AUDIENCE = "martlive-stream"


class SecretTooShort(CloudError):
    """The secret that signs tickets is missing or could be guessed."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Lets one connection to one session in, once."""

    jti: str
    session: str
    tenant: str
    key: str
    scope: str
    expires_ms: int


class Tickets:
    """Issues tickets and takes them back, at any instance."""

    def __init__(self, settings: CloudSettings, store: GatewayStore, *, now_s: Callable[[], float] = unix_s) -> None:
        """Read the secret.

        Raises:
            SecretTooShort: it is no secret.
        """
        secret = settings.ticket_secret.get_secret_value()
        if len(secret.encode()) < MIN_SECRET_BYTES:
            raise SecretTooShort(f"MARTLIVE_TICKET_SECRET needs {MIN_SECRET_BYTES} random bytes or more.")
        self._key = OctKey.import_key(secret)
        self._store = store
        self._now_s = now_s

    def issue(self, session: str, tenant: str, key: str, scope: str = "stream") -> tuple[str, Ticket]:
        """A ticket for `session`, and its text."""
        now = int(self._now_s())
        ticket = Ticket(secrets.token_hex(16), session, tenant, key, scope, (now + TICKET_S) * 1000)
        claims = {"aud": AUDIENCE, "iat": now, "exp": now + TICKET_S, "jti": ticket.jti}
        claims |= {"sid": session, "tenant": tenant, "key": key, "scope": scope}
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM]), ticket

    def verify(self, text: str, session: str) -> Ticket:
        """The ticket written in `text`, when it is for `session`; it is not spent yet.

        Raises:
            Refusal: it is none, is too old, or is for another session.
        """
        if len(text) > MAX_TICKET_CHARS:
            raise Refusal("unauthorized")
        rules = jwt.JWTClaimsRegistry(
            now=int(self._now_s()),
            leeway=LEEWAY_S,
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            jti={"essential": True},
            sid={"essential": True, "value": session},
            tenant={"essential": True},
            key={"essential": True},
            scope={"essential": True},
        )
        try:
            claims = jwt.decode(text, self._key, algorithms=[ALGORITHM]).claims
            rules.validate(claims)
        except (JoseError, ValueError) as exc:
            raise Refusal("unauthorized") from exc
        named = {name: str(claims[name]) for name in ("jti", "tenant", "key", "scope")}
        return Ticket(session=session, expires_ms=int(claims["exp"]) * 1000, **named)

    async def redeem(self, text: str, session: str) -> Ticket:
        """Take the ticket back; a second time it is of no use.

        Raises:
            Refusal: it is none, is too old, is for another session, or was used.
        """
        ticket = self.verify(text, session)
        if not await self._store.spend_ticket(ticket.jti, ticket.expires_ms):
            raise Refusal("unauthorized")
        return ticket
