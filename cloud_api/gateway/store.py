"""What the gateway keeps: tenants and their keys, sessions and who owns them, spent tickets, usage, the outbox."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from cloud_api.clock import unix_s, utc_now
from cloud_api.database import Database
from cloud_api.errors import Refusal
from cloud_api.events import CloudEvent
from cloud_api.outbox import outbox_table, put
from cloud_api.service import instance_name
from martlive_desktop import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cloud_api.settings import CloudSettings

ScopeName: TypeAlias = Literal["stream", "tips", "openai", "read", "admin"]
State: TypeAlias = Literal["new", "live", "ended"]
EndReason: TypeAlias = Literal["ended", "expired"]


SCOPES: tuple[ScopeName, ...] = ("stream", "tips", "openai", "read", "admin")

KEY_PREFIX = "mlk"
"""Begins each key, so that scanners for leaked secrets know it."""

MAX_KEY_CHARS = 200

CACHE_S = 20.0
"""For so long another instance's revocation of a key is not seen here."""

MOST_CACHED = 4_096

RESERVED_S = 180.0
"""A reservation lapses when its gateway has died and does not settle it; a living one renews it every 30 s."""

GONE_S = 600.0
"""A stream that nobody has fed for so long is over: no client's ring reaches as far back."""

UNUSED_S = 3_600.0
"""A session to which no stream came within an hour is over."""

MOST_WAITING = 64
"""Sessions of a tenant that are open beside its streams: about to begin, or of clients that went without an end."""

TICKETS_KEPT_S = 300.0
"""A spent ticket is remembered for so long after its end, for clocks that differ."""

USAGE_DAYS = 400
"""Usage is kept for a year and a month."""

metadata = MetaData()

tenants = Table(
    "tenants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("limits", JSON, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), ForeignKey("tenants.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger),
    Column("revoked_ms", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), ForeignKey("tenants.id"), nullable=False),
    Column("key", String(32), nullable=False, index=True),
    Column("mode", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("plan", JSON),
    Column("names", JSON, nullable=False),
    Column("partials", Boolean, nullable=False),
    Column("voice", Boolean, nullable=False),
    Column("second_pass", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("owner", String(200), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("stream_ms", BigInteger, nullable=False),
    Column("metered_ms", BigInteger, nullable=False),
    Column("metered_pictures", BigInteger, nullable=False),
    Column("idempotency_key", String(200)),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("tenant", "idempotency_key"),
    Index("sessions_by_time", "tenant", "created_ms", "id"),
    Index("sessions_by_state", "state", "seen_ms"),
)

used_tickets = Table(
    "used_tickets",
    metadata,
    Column("jti", String(64), primary_key=True),
    Column("expires_ms", BigInteger, nullable=False, index=True),
)

usage = Table(
    "usage",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("day", String(10), primary_key=True),
    *(
        Column(prefix + name, BigInteger, nullable=False, server_default="0")
        for prefix in ("", "told_")
        for name in ("audio_ms", "frames", "tips", "tokens")
    ),
    Column("told", Integer, nullable=False, server_default="0"),
)
"""`told_...` is what usage.recorded events have said already, in `told` events."""

reservations = Table(
    "reservations",
    metadata,
    Column("holder", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False, index=True),
    Column("ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
)

outbox = outbox_table(metadata)


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What a tenant may use."""

    audio_ms_a_day: int = 24 * 3_600_000 * 4
    """Sound of all its streams and files: four streams around the clock."""
    streams: int = 8
    """Streams at the same time."""
    tips_a_day: int = 20_000
    """Tips and answers."""
    tokens_a_day: int = 2_000_000
    """Of chat completions."""
    requests_a_minute: int = 600
    """By each key."""

    def to_json(self) -> dict[str, int]:
        return {name: int(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: Mapping[str, int]) -> TenantLimits:
        """What was kept by this or another version."""
        return cls(**{name: int(value) for name, value in data.items() if name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    key_id: str
    tenant: str
    scopes: frozenset[str]
    limits: TenantLimits

    def need(self, scope: ScopeName) -> None:
        """Let on only who may do that.

        Raises:
            Refusal: the key has no such scope.
        """
        if scope not in self.scopes:
            raise Refusal("forbidden", f"The key needs the scope {scope}.")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key without its secret, which nobody knows but its holder."""

    id: str
    tenant: str
    scopes: tuple[str, ...]
    name: str
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None


@dataclass(frozen=True, slots=True)
class SessionAsked:
    """What a caller wants of a new session."""

    mode: str
    language: str
    plan: dict[str, Any] | None
    names: tuple[str, ...]
    partials: bool
    voice: bool
    second_pass: bool
    title: str


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session as the gateway knows it."""

    id: str
    tenant: str
    key: str
    mode: str
    language: str
    plan: dict[str, Any] | None
    names: tuple[str, ...]
    partials: bool
    voice: bool
    second_pass: bool
    title: str
    state: State
    epoch: int
    """Of the owner; each connection raises it by one."""
    owner: str
    created_ms: int
    seen_ms: int
    """When it was last heard from; Unix time, as all of these."""
    ended_ms: int | None
    stream_ms: int
    """Sound that it had when it ended."""
    metered_ms: int
    """Stream time through which its sound was counted: what a client sends again is not counted again."""
    metered_pictures: int
    """The same of its pictures, by their number."""


class GatewayStore:
    """The gateway's database; every method is one transaction.

    Invariant: what is asked for a tenant never gives or changes a thing of another one.
    """

    def __init__(self, database: Database, settings: CloudSettings, *, now_s: Callable[[], float] = unix_s) -> None:
        self.database = database
        """Shared with the relay of the outbox."""
        self.outbox = outbox
        self._settings = settings
        self._now_s = now_s
        self._source = f"/gateway/{instance_name(settings)}"[:200]
        self._callers: dict[str, tuple[float, KeyRecord | None, str, TenantLimits]] = {}

    def close(self) -> None:
        self.database.close()

    def now_ms(self) -> int:
        return int(self._now_s() * 1000)

    def today(self) -> str:
        """The day that quotas count by, in UTC."""
        return utc_now().date().isoformat()

    # Tenants and keys.

    async def ensure_tenant(self, name: str, limits: TenantLimits | None = None) -> str:
        """The id of the tenant called `name`, made where it is missing; `limits` replaces what it may use."""

        def change(connection: Connection) -> str:
            row = {"id": f"t_{secrets.token_hex(8)}", "name": name, "created_ms": self.now_ms()}
            insert_once(connection, tenants, row | {"limits": (limits or TenantLimits()).to_json()})
            if limits:
                connection.execute(update(tenants).where(tenants.c.name == name).values(limits=limits.to_json()))
            return str(connection.execute(select(tenants.c.id).where(tenants.c.name == name)).scalar_one())

        tenant = await self.database.write(change)
        self._callers.clear()
        return tenant

    async def authenticate(self, header: str | None) -> Caller:
        """Who shows `header`, the value of Authorization.

        Raises:
            Refusal: nobody known; it never says why.
        """
        scheme, _, key = (header or "")[:MAX_KEY_CHARS].partition(" ")
        prefix, _, rest = key.strip().partition("_")
        key_id, _, secret = rest.partition("_")
        is_formed = scheme.lower() == "bearer" and prefix == KEY_PREFIX and bool(secret) and key_id.isalnum()
        record, digest, limits = await self._key(key_id) if is_formed else (None, "", TenantLimits())
        # Compared even when there is no such key, so that time does not tell which ids there are.
        is_right = hmac.compare_digest(_digest(secret), digest or _digest(""))
        if record is None or not is_right or not is_valid(record, self.now_ms()):
            raise Refusal("unauthorized")
        return Caller(record.id, record.tenant, frozenset(record.scopes), limits)

    async def _key(self, key_id: str) -> tuple[KeyRecord | None, str, TenantLimits]:
        cached = self._callers.get(key_id)
        now_s = self._now_s()
        if cached and 0 <= now_s - cached[0] < CACHE_S:
            return cached[1:]

        def query(connection: Connection) -> Any:
            both = select(keys, tenants.c.limits).join(tenants, tenants.c.id == keys.c.tenant)
            return connection.execute(both.where(keys.c.id == key_id)).first()

        row = await self.database.read(query)
        record = _key_record(row) if row else None
        found = (record, row.digest if row else "", TenantLimits.from_json(row.limits) if row else TenantLimits())
        while len(self._callers) >= MOST_CACHED:
            del self._callers[next(iter(self._callers))]
        self._callers[key_id] = (now_s, *found)
        return found

    async def create_key(
        self, tenant: str, name: str, scopes: Sequence[str], *, expires_ms: int | None = None
    ) -> tuple[KeyRecord, str]:
        """A new key, and its text, which is told only here."""
        record, text, digest = self._new_key(tenant, name, scopes, expires_ms)
        await self.database.write(lambda connection: _put_key(connection, record, digest))
        return record, text

    def _new_key(
        self, tenant: str, name: str, scopes: Sequence[str], expires_ms: int | None
    ) -> tuple[KeyRecord, str, str]:
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        kept = tuple(scope for scope in SCOPES if scope in scopes)
        record = KeyRecord(key_id, tenant, kept, name, self.now_ms(), expires_ms, None)
        return record, f"{KEY_PREFIX}_{key_id}_{secret}", _digest(secret)

    async def list_keys(self, tenant: str) -> list[KeyRecord]:
        """All keys of `tenant`, the newest first; revoked ones, too."""

        def query(connection: Connection) -> list[KeyRecord]:
            newest = select(keys).where(keys.c.tenant == tenant).order_by(keys.c.created_ms.desc(), keys.c.id)
            return [_key_record(row) for row in connection.execute(newest)]

        return await self.database.read(query)

    async def rotate_key(self, tenant: str, key_id: str, overlap_s: int) -> tuple[KeyRecord, str]:
        """A new key with the rights of `key_id`, which goes on for `overlap_s` only.

        Raises:
            Refusal: the tenant has no such key in use.
        """
        now_ms = self.now_ms()

        def change(connection: Connection) -> tuple[KeyRecord, str]:
            old = _own_key(connection, tenant, key_id)
            if not is_valid(old, now_ms):
                raise Refusal("conflict", "The key is revoked or expired.")
            record, text, digest = self._new_key(tenant, old.name, old.scopes, old.expires_ms)
            _put_key(connection, record, digest)
            ends_ms = min(old.expires_ms or now_ms + overlap_s * 1000, now_ms + overlap_s * 1000)
            connection.execute(update(keys).where(keys.c.id == key_id).values(expires_ms=ends_ms))
            # Revoking the old one must not end what the new one goes on with.
            connection.execute(update(sessions).where(sessions.c.key == key_id).values(key=record.id))
            return record, text

        made = await self.database.write(change)
        self._callers.pop(key_id, None)
        return made

    async def revoke_key(self, tenant: str, key_id: str) -> list[str]:
        """`key_id` is of no use any more, and the sessions that it began end; gives those.

        Raises:
            Refusal: the tenant has no such key.
        """

        def change(connection: Connection) -> list[str]:
            if _own_key(connection, tenant, key_id).revoked_ms is not None:
                return []
            connection.execute(update(keys).where(keys.c.id == key_id).values(revoked_ms=self.now_ms()))
            which = and_(sessions.c.tenant == tenant, sessions.c.key == key_id)
            return self._end(connection, which, "ended", None)

        ended = await self.database.write(change)
        self._callers.pop(key_id, None)
        return ended

    # Sessions.

    async def create_session(
        self, caller: Caller, asked: SessionAsked, *, digest: str, idempotency_key: str | None = None
    ) -> SessionRecord:
        """A new session, or the one that was made for the same `idempotency_key` before.

        Raises:
            Refusal: the same key came with another request, or the tenant has too many sessions.
        """
        now_ms = self.now_ms()
        row = {name: getattr(asked, name) for name in SessionAsked.__slots__} | {"names": list(asked.names)}
        row |= {"id": secrets.token_hex(16), "tenant": caller.tenant, "key": caller.key_id, "state": "new"}
        row |= {"epoch": 0, "owner": "", "created_ms": now_ms, "seen_ms": now_ms, "stream_ms": 0, "metered_ms": 0}
        row |= {"metered_pictures": 0, "idempotency_key": idempotency_key, "digest": digest}

        def change(connection: Connection) -> SessionRecord:
            of_tenant = sessions.c.tenant == caller.tenant
            if idempotency_key is not None:
                before = and_(of_tenant, sessions.c.idempotency_key == idempotency_key)
                if found := connection.execute(select(sessions).where(before)).first():
                    return _same(found, digest)
            is_open = and_(of_tenant, sessions.c.state != "ended")
            count = connection.execute(select(func.count()).select_from(sessions).where(is_open)).scalar_one()
            if count >= caller.limits.streams + MOST_WAITING:
                raise Refusal("quota-exceeded", "Too many sessions are open; end some of them.")
            if not insert_once(connection, sessions, row):
                # Another instance was faster.
                before = and_(of_tenant, sessions.c.idempotency_key == idempotency_key)
                return _same(connection.execute(select(sessions).where(before)).one(), digest)
            return _session_record(connection.execute(select(sessions).where(sessions.c.id == row["id"])).one())

        return await self.database.write(change)

    async def session(self, tenant: str, session_id: str) -> SessionRecord:
        """One session of `tenant`.

        Raises:
            Refusal: it has no such session; another tenant's is none.
        """

        def query(connection: Connection) -> Any:
            mine = and_(sessions.c.id == session_id, sessions.c.tenant == tenant)
            return connection.execute(select(sessions).where(mine)).first()

        row = await self.database.read(query)
        if row is None:
            raise Refusal("not-found")
        return _session_record(row)

    async def list_sessions(
        self, tenant: str, *, most: int = 100, before: tuple[int, str] | None = None
    ) -> list[SessionRecord]:
        """The newest sessions of `tenant`, or the ones after (`created_ms`, `id`) in that order."""

        def query(connection: Connection) -> list[SessionRecord]:
            wanted = select(sessions).where(sessions.c.tenant == tenant)
            if before is not None:
                wanted = wanted.where(tuple_(sessions.c.created_ms, sessions.c.id) < tuple_(*before))
            newest = wanted.order_by(sessions.c.created_ms.desc(), sessions.c.id.desc()).limit(most)
            return [_session_record(row) for row in connection.execute(newest)]

        return await self.database.read(query)

    async def take_ownership(self, session_id: str, owner: str, expected_epoch: int | None = None) -> int:
        """Make `owner` the owner, and give the new epoch; the first time tells `session.started`.

        `expected_epoch`: it must be the present one (compare and set); None takes over from anybody.

        Raises:
            Refusal: the session is gone, has ended, was taken by another, or the tenant has too many streams.
        """
        now_ms = self.now_ms()

        def change(connection: Connection) -> int:
            found = connection.execute(select(sessions).where(sessions.c.id == session_id).with_for_update()).first()
            if found is None:
                raise Refusal("not-found")
            if found.state == "ended":
                raise Refusal("session-ended")
            if expected_epoch is not None and found.epoch != expected_epoch:
                raise Refusal("session-taken")
            if found.state == "new":
                self._begin(connection, _session_record(found))
            mine = and_(sessions.c.id == session_id, sessions.c.epoch == found.epoch, sessions.c.state != "ended")
            taken = (
                update(sessions)
                .where(mine)
                .values(epoch=found.epoch + 1, owner=owner[:200], state="live", seen_ms=now_ms)
            )
            if connection.execute(taken).rowcount != 1:
                raise Refusal("session-taken")
            return int(found.epoch) + 1

        return await self.database.write(change)

    def _begin(self, connection: Connection, session: SessionRecord) -> None:
        kept = connection.execute(select(tenants.c.limits).where(tenants.c.id == session.tenant)).scalar_one()
        live = and_(sessions.c.tenant == session.tenant, sessions.c.state == "live")
        count = connection.execute(select(func.count()).select_from(sessions).where(live)).scalar_one()
        if count >= TenantLimits.from_json(kept).streams:
            raise Refusal("quota-exceeded", "Too many streams run at the same time.", retry_after_ms=60_000)
        data = {
            "mode": session.mode,
            "language": session.language,
            "app_version": __version__,
            "models": {"asr": self._settings.model, "llm": self._settings.llm_model},
            "plan": session.plan,
            "started_at": utc_now().isoformat(),
            "second_pass": session.second_pass,
            "title": session.title,
            "names": list(session.names),
        }
        put(
            connection,
            outbox,
            [
                self._event(
                    f"{session.id}:started",
                    "session.started",
                    session.tenant,
                    data,
                    subject=session.id,
                    epoch=session.epoch + 1,
                )
            ],
        )

    async def end_session(
        self, session_id: str, reason: EndReason, stream_ms: int | None = None, *, epoch: int | None = None
    ) -> bool:
        """Say that a session is over, and tell `session.ended`; False where it is not, or not any more, open.

        `epoch`: only while it is this one's.
        """
        which = sessions.c.id == session_id
        if epoch is not None:
            which = and_(which, sessions.c.epoch == epoch)
        return bool(await self.database.write(lambda connection: self._end(connection, which, reason, stream_ms)))

    def _end(self, connection: Connection, which: Any, reason: EndReason, stream_ms: int | None) -> list[str]:
        is_open = and_(which, sessions.c.state != "ended")
        found = connection.execute(select(sessions).where(is_open).with_for_update()).all()
        events = []
        for row in found:
            heard_ms = row.metered_ms if stream_ms is None else stream_ms
            change = update(sessions).where(sessions.c.id == row.id)
            connection.execute(change.values(state="ended", ended_ms=self.now_ms(), stream_ms=heard_ms))
            if row.epoch:
                data = {"reason": reason, "stream_ms": heard_ms}
                events.append(
                    self._event(f"{row.id}:ended", "session.ended", row.tenant, data, subject=row.id, epoch=row.epoch)
                )
        put(connection, outbox, events)
        return [row.id for row in found]

    async def epochs_of(self, session_ids: Sequence[str]) -> dict[str, int]:
        """The epochs of those of `session_ids` that are open; what has ended or was erased is not in it."""

        def query(connection: Connection) -> dict[str, int]:
            found: dict[str, int] = {}
            for start in range(0, len(session_ids), 500):
                some = sessions.c.id.in_(session_ids[start : start + 500])
                rows = connection.execute(
                    select(sessions.c.id, sessions.c.epoch).where(some, sessions.c.state != "ended")
                )
                found.update((row.id, row.epoch) for row in rows)
            return found

        return await self.database.read(query)

    async def put_events(self, events: Sequence[CloudEvent], *, fence: tuple[str, int] | None = None) -> None:
        """Events are in the outbox when this returns.

        `fence`: session and epoch; nothing is put when another owner has taken over, or it was ended or erased.

        Raises:
            Refusal: the fence holds them back.
        """

        def change(connection: Connection) -> None:
            if fence is not None:
                _hold(connection, *fence)
            put(connection, outbox, events)

        await self.database.write(change)

    async def erase(self, tenant: str, session_ids: Sequence[str] | None) -> list[str]:
        """Forget sessions, all where `session_ids` is None, and tell `tenant.erase`; gives those that were here.

        It is told of those that are not here, too: the worker keeps a show for longer than the gateway its session.
        """

        def change(connection: Connection) -> list[str]:
            which = sessions.c.tenant == tenant
            if session_ids is not None:
                which = and_(which, sessions.c.id.in_(session_ids))
            found = [row.id for row in connection.execute(select(sessions.c.id).where(which).with_for_update())]
            connection.execute(delete(sessions).where(which))
            data = {
                "requested_at": utc_now().isoformat(),
                "sessions": None if session_ids is None else list(session_ids),
            }
            event = self._event(f"{tenant}:erase:{secrets.token_hex(8)}", "tenant.erase", tenant, data)
            put(connection, outbox, [event])
            return found

        return await self.database.write(change) if session_ids is None or session_ids else []

    async def erase_one(self, tenant: str, session_id: str) -> None:
        """Forget one session, and tell `tenant.erase`.

        Raises:
            Refusal: the tenant has no such session; nothing is told.
        """
        await self.session(tenant, session_id)
        if not await self.erase(tenant, [session_id]):
            raise Refusal("not-found")

    # Tickets and usage.

    async def spend_ticket(self, jti: str, expires_ms: int) -> bool:
        """Whether the ticket was not used before, here or at another instance."""
        row = {"jti": jti, "expires_ms": expires_ms}
        return await self.database.write(lambda connection: insert_once(connection, used_tickets, row))

    async def reserve_audio(self, tenant: str, ms: int, *, holder: str, limits: TenantLimits | None = None) -> bool:
        """Whether `tenant` has `ms` more of sound today; kept for `holder`, in place of what it held before."""
        now_ms = self.now_ms()
        day = self.today()

        def change(connection: Connection) -> bool:
            may = limits or TenantLimits.from_json(
                connection.execute(select(tenants.c.limits).where(tenants.c.id == tenant)).scalar_one()
            )
            insert_once(connection, usage, {"tenant": tenant, "day": day})
            today = and_(usage.c.tenant == tenant, usage.c.day == day)
            used = connection.execute(select(usage.c.audio_ms).where(today).with_for_update()).scalar_one()
            others = and_(
                reservations.c.tenant == tenant, reservations.c.holder != holder, reservations.c.expires_ms > now_ms
            )
            held = connection.execute(select(func.coalesce(func.sum(reservations.c.ms), 0)).where(others)).scalar_one()
            if used + int(held) + ms > may.audio_ms_a_day:
                return False
            row = {"holder": holder, "tenant": tenant, "ms": ms, "expires_ms": now_ms + int(RESERVED_S * 1000)}
            upsert(connection, reservations, row, ("holder",))
            return True

        return await self.database.write(change)

    async def settle_audio(
        self,
        tenant: str,
        used_ms: int,
        frames: int = 0,
        *,
        holder: str,
        session: tuple[str, int, int] | None = None,
    ) -> None:
        """Count sound and pictures that were used, and give up what `holder` reserved.

        `session`: its id, the stream time and the picture number through which all of it is counted now.
        """
        now_ms = self.now_ms()

        def change(connection: Connection) -> None:
            connection.execute(delete(reservations).where(reservations.c.holder == holder))
            self._count(connection, tenant, {"audio_ms": used_ms, "frames": frames})
            if session is not None:
                session_id, metered_ms, pictures = session
                mine = and_(sessions.c.id == session_id, sessions.c.tenant == tenant)
                connection.execute(
                    update(sessions)
                    .where(mine)
                    .values(
                        seen_ms=now_ms,
                        metered_ms=_larger(sessions.c.metered_ms, metered_ms),
                        metered_pictures=_larger(sessions.c.metered_pictures, pictures),
                    )
                )

        await self.database.write(change)

    async def spend(self, tenant: str, what: Literal["tips", "tokens"], amount: int, most: int) -> bool:
        """Add to today's usage where it stays within `most`; whether it does."""

        def change(connection: Connection) -> bool:
            row = {"tenant": tenant, "day": self.today()}
            insert_once(connection, usage, row)
            fits = and_(usage.c.tenant == tenant, usage.c.day == row["day"], usage.c[what] + amount <= most)
            spent = update(usage).where(fits).values({what: usage.c[what] + amount})
            return connection.execute(spent).rowcount == 1

        return await self.database.write(change)

    async def count(self, tenant: str, *, audio_ms: int = 0, tips: int = 0, tokens: int = 0) -> None:
        """Add to today's usage."""
        amounts = {"audio_ms": audio_ms, "tips": tips, "tokens": tokens}
        await self.database.write(lambda connection: self._count(connection, tenant, amounts))

    def _count(self, connection: Connection, tenant: str, amounts: Mapping[str, int]) -> None:
        row = {"tenant": tenant, "day": self.today()}
        insert_once(connection, usage, row)
        more = {name: usage.c[name] + amount for name, amount in amounts.items() if amount}
        if more:
            today = and_(usage.c.tenant == tenant, usage.c.day == row["day"])
            connection.execute(update(usage).where(today).values(more))

    async def usage_of(self, tenant: str, days: int) -> list[dict[str, Any]]:
        """Usage of the last `days` on which there was some, the newest first."""

        def query(connection: Connection) -> list[dict[str, Any]]:
            columns = [usage.c.day, usage.c.audio_ms, usage.c.frames, usage.c.tips, usage.c.tokens]
            newest = select(*columns).where(usage.c.tenant == tenant).order_by(usage.c.day.desc()).limit(days)
            return [dict(row) for row in connection.execute(newest).mappings()]

        return await self.database.read(query)

    async def used_today(self, tenant: str) -> dict[str, int]:
        """Today's usage."""
        newest = await self.usage_of(tenant, 1)
        none = {"audio_ms": 0, "frames": 0, "tips": 0, "tokens": 0}
        if not newest or newest[0]["day"] != self.today():
            return none
        return {name: int(newest[0][name]) for name in none}

    # Upkeep.

    async def is_alive(self) -> bool:
        """Whether the database answers."""
        return bool(await self.database.read(lambda connection: connection.execute(select(1)).scalar_one()))

    async def tell_usage(self) -> int:
        """Put a `usage.recorded` for each tenant and day that used more than was told; how many."""
        names = ("audio_ms", "frames", "tips", "tokens")

        def change(connection: Connection) -> int:
            behind = func.coalesce(sum(usage.c[name] - usage.c[f"told_{name}"] for name in names), 0) > 0
            rows = connection.execute(select(usage).where(behind).with_for_update(skip_locked=True)).mappings().all()
            events = []
            for row in rows:
                data = {"day": row["day"]} | {name: row[name] - row[f"told_{name}"] for name in names}
                number = row["told"] + 1
                events.append(
                    self._event(f"{row['tenant']}:usage:{row['day']}:{number}", "usage.recorded", row["tenant"], data)
                )
                told = {f"told_{name}": row[name] for name in names} | {"told": number}
                this = and_(usage.c.tenant == row["tenant"], usage.c.day == row["day"])
                connection.execute(update(usage).where(this).values(told))
            put(connection, outbox, events)
            return len(rows)

        return await self.database.write(change)

    async def purge(self) -> None:
        """End what nobody feeds any more, and delete what is too old to be of use."""
        now_ms = self.now_ms()
        oldest_ms = now_ms - self._settings.transcript_days * 24 * 3_600_000
        days_ms = USAGE_DAYS * 24 * 3_600_000

        def change(connection: Connection) -> None:
            gone = and_(sessions.c.state == "live", sessions.c.seen_ms < now_ms - int(GONE_S * 1000))
            self._end(connection, gone, "expired", None)
            unused = and_(sessions.c.state == "new", sessions.c.seen_ms < now_ms - int(UNUSED_S * 1000))
            self._end(connection, unused, "expired", None)
            old = and_(sessions.c.state == "ended", sessions.c.ended_ms < oldest_ms)
            connection.execute(delete(sessions).where(old))
            spent = used_tickets.c.expires_ms < now_ms - int(TICKETS_KEPT_S * 1000)
            connection.execute(delete(used_tickets).where(spent))
            connection.execute(delete(reservations).where(reservations.c.expires_ms < now_ms))
            first_day = _day_of(now_ms - days_ms)
            connection.execute(delete(usage).where(usage.c.day < first_day))

        await self.database.write(change)

    def _event(
        self, event_id: str, kind: Any, tenant: str, data: dict[str, Any], *, subject: str = "", epoch: int = 0
    ) -> CloudEvent:
        return CloudEvent(
            id=event_id,
            source=self._source,
            type=kind,
            subject=subject or tenant,
            tenant=tenant,
            epoch=epoch,
            data=data,
        )


def open_store(settings: CloudSettings) -> GatewayStore:
    """The gateway's database as `settings` name it; its tables are made where they are missing."""
    return GatewayStore(Database(settings.sqlite_url("gateway"), metadata), settings)


def is_valid(record: KeyRecord, now_ms: int) -> bool:
    """Whether a key may be used now."""
    return record.revoked_ms is None and (record.expires_ms is None or record.expires_ms > now_ms)


def insert_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Put `row` unless one with the same key is there; whether it was put."""
    key = next(iter(table.primary_key))
    put_row = _insert(connection, table).values(row).on_conflict_do_nothing().returning(key)
    return connection.execute(put_row).first() is not None


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], key: Iterable[str]) -> None:
    """Put `row`, or make the one with the same `key` equal to it."""
    put_row = _insert(connection, table).values(row)
    names = tuple(key)
    rest = {name: value for name, value in row.items() if name not in names}
    connection.execute(put_row.on_conflict_do_update(index_elements=names, set_=rest))


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _digest(secret: str) -> str:
    # A random secret of 256 bits cannot be guessed from its SHA-256; slow hashes are for passwords.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _larger(column: Column[Any], value: int) -> Any:
    return case((column > value, column), else_=value)


def _put_key(connection: Connection, record: KeyRecord, digest: str) -> None:
    row = {name: getattr(record, name) for name in KeyRecord.__slots__}
    connection.execute(keys.insert().values(row | {"scopes": list(record.scopes), "digest": digest}))


def _own_key(connection: Connection, tenant: str, key_id: str) -> KeyRecord:
    row = connection.execute(select(keys).where(keys.c.id == key_id, keys.c.tenant == tenant)).first()
    if row is None:
        raise Refusal("not-found")
    return _key_record(row)


def _hold(connection: Connection, session_id: str, epoch: int) -> None:
    """Keep anybody else from taking the session over during this transaction."""
    row = connection.execute(
        select(sessions.c.epoch, sessions.c.state).where(sessions.c.id == session_id).with_for_update(read=True)
    ).first()
    if row is None or row.state == "ended":
        raise Refusal("session-ended")
    if row.epoch != epoch:
        raise Refusal("session-taken")


def _same(row: Any, digest: str) -> SessionRecord:
    if not hmac.compare_digest(row.digest, digest):
        raise Refusal("conflict", "This Idempotency-Key came with another request before.")
    return _session_record(row)


def _key_record(row: Any) -> KeyRecord:
    fields = {name: getattr(row, name) for name in KeyRecord.__slots__}
    return KeyRecord(**fields | {"scopes": tuple(row.scopes)})


def _session_record(row: Any) -> SessionRecord:
    fields = {name: getattr(row, name) for name in SessionRecord.__slots__}
    return SessionRecord(**fields | {"names": tuple(row.names)})


def _day_of(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).date().isoformat()
