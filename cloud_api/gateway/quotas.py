"""How much a key may ask for and a stream may carry."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from typing_extensions import override

from cloud_api.clock import monotonic_s
from cloud_api.errors import Refusal
from martlive_desktop.core.cloud_stream import RING_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloud_api.gateway.store import Caller, GatewayStore, SessionRecord, TenantLimits

BLOCK_MS = 30_000
"""Sound that is reserved at once: a write to the database every 30 s for each stream."""

MOST_SPEED = 1.2
"""Times real time: clocks of sound cards drift by less, and a client catches up with it."""

AHEAD_MS = 5_000
"""Sound may come so much earlier than it was spoken: networks hold it up and let it go at once."""

PICTURES_A_SECOND = 2.0
MOST_PICTURES_AT_ONCE = 6.0
"""Three seconds of them, which a network held up."""

MOST_KEYS = 4_096
"""Of whose last minute a gateway knows."""


class _Windows(MemoryStorage):
    """Moments of requests by key.

    The library's own sweeps all keys on threads after each request, which costs more than the requests
    (https://github.com/alisaifee/limits); here a key's old moments go when it asks, and idle keys when there are many.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        super().__init__()
        self._now_s = now_s
        self._moments: dict[str, deque[float]] = {}

    @override
    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        moments = self._moments.pop(key, None) or deque()
        # Last asked, last in the dictionary.
        self._moments[key] = moments
        while len(self._moments) > MOST_KEYS:
            del self._moments[next(iter(self._moments))]
        now_s = self._now_s()
        while moments and moments[0] <= now_s - expiry:
            moments.popleft()
        if len(moments) + amount > limit:
            return False
        moments.extend([now_s] * amount)
        return True

    @override
    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        moments = self._moments.get(key)
        return (moments[0], len(moments)) if moments else (self._now_s(), 0)

    @override
    async def clear(self, key: str) -> None:
        self._moments.pop(key, None)


class RequestMeter:
    """Lets each key ask so often in any minute, at this instance."""

    def __init__(self, *, now_s: Callable[[], float] = monotonic_s) -> None:
        self._windows = _Windows(now_s)
        self._limiter = MovingWindowRateLimiter(self._windows)
        self._now_s = now_s

    async def take(self, caller: Caller) -> None:
        """Count one request.

        Raises:
            Refusal: there were too many; it says when the next one may come.
        """
        rate = RateLimitItemPerMinute(caller.limits.requests_a_minute)
        if await self._limiter.hit(rate, caller.key_id):
            return
        first_s, _ = await self._windows.get_moving_window(rate.key_for(caller.key_id), rate.amount, 60)
        wait_ms = max(1, round((first_s + 60 - self._now_s()) * 1000))
        raise Refusal("rate-limited", retry_after_ms=wait_ms)


class StreamMeter:
    """Counts the sound and pictures of one connection; for use in one task.

    Invariant: sound that was counted on an earlier connection of the session is not counted again, and after `close`
    nothing of the tenant's quota is held.
    """

    def __init__(
        self,
        store: GatewayStore,
        session: SessionRecord,
        limits: TenantLimits,
        *,
        holder: str,
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        """`holder`: names this connection among all, such as session and epoch."""
        self._store = store
        self._session = session
        self._limits = limits
        self._holder = holder
        self._now_s = now_s
        self._began_s = now_s()
        self._age_ms = max(0, store.now_ms() - session.created_ms)
        self._credit_ms = float(AHEAD_MS + RING_MS)
        self._pictures = MOST_PICTURES_AT_ONCE
        self._filled_s = self._pictures_filled_s = self._began_s
        self._reserved_ms = 0
        self._used_ms = 0
        self._frames = 0
        self._metered_ms = session.metered_ms
        self._metered_pictures = session.metered_pictures

    async def open(self) -> None:
        """Reserve the first block.

        Raises:
            Refusal: the quota of the day is used up.
        """
        await self._reserve()

    async def take_sound(self, begin_ms: int, end_ms: int) -> None:
        """Count sound of stream time `begin_ms` to `end_ms`.

        Raises:
            Refusal: it comes too fast, or the quota of the day is used up.
        """
        now_s = self._now_s()
        most_ms = float(AHEAD_MS + RING_MS)
        self._credit_ms = min(most_ms, self._credit_ms + (now_s - self._filled_s) * 1000 * MOST_SPEED)
        self._filled_s = now_s
        self._credit_ms -= max(0, end_ms - begin_ms)
        # A session's sound cannot be longer than the session, however often it connects.
        lasted_ms = self._age_ms + (now_s - self._began_s) * 1000
        if self._credit_ms < 0 or end_ms > lasted_ms * MOST_SPEED + most_ms:
            raise Refusal("too-fast")
        new_ms = end_ms - max(begin_ms, self._metered_ms)
        if new_ms <= 0:
            return
        self._metered_ms = end_ms
        self._used_ms += new_ms
        if self._used_ms >= self._reserved_ms:
            await self._settle()
            await self._reserve()

    async def take_picture(self, sequence: int) -> None:
        """Count the picture with that number.

        Raises:
            Refusal: they come too fast.
        """
        now_s = self._now_s()
        more = (now_s - self._pictures_filled_s) * PICTURES_A_SECOND
        self._pictures = min(MOST_PICTURES_AT_ONCE, self._pictures + more) - 1
        self._pictures_filled_s = now_s
        if self._pictures < 0:
            raise Refusal("too-fast", "Pictures come faster than two a second.")
        if sequence >= self._metered_pictures:
            self._metered_pictures = sequence + 1
            self._frames += 1

    async def close(self) -> None:
        """Count what was used, and give the rest back."""
        await self._settle()

    async def _reserve(self) -> None:
        ok = await self._store.reserve_audio(self._session.tenant, BLOCK_MS, holder=self._holder, limits=self._limits)
        if not ok:
            raise Refusal("quota-exceeded", "The sound of this day is used up.")
        self._reserved_ms = BLOCK_MS

    async def _settle(self) -> None:
        used: dict[str, Any] = {"used_ms": self._used_ms, "frames": self._frames}
        self._used_ms = self._frames = self._reserved_ms = 0
        place = (self._session.id, self._metered_ms, self._metered_pictures)
        await self._store.settle_audio(self._session.tenant, holder=self._holder, session=place, **used)
