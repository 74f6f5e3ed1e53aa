"""Breaks the remote coach in a thousand ways under live streams, and looks for finals that were lost, doubled or changed.

    python -m tests.bench.cloud_faults --faults 1000 --streams 4 --minutes 60
    python -m tests.bench.cloud_faults --netns

First the streams are heard undisturbed: those finals are expected. Then the same sounds again, round after round, with
faults from a seed: kill -9 of one of two instances of asr, gateway, coach and worker, and, for each stream on its own,
TCP resets, links that stall and outages of up to 25 s. A real NATS server carries events and ownership. The next fault
of a kind comes when everything is well again. What counts is what the clients have in the end, and the worker.

`--netns`: two instances of each service in network namespaces of their own; the cable of one is pulled while it has the
streams, and put back later. The other must take over, and what the old one still writes must change nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.cloud_load import (
    OUT,
    Asked,
    Client,
    Gap,
    Talk,
    Watch,
    compare,
    describe,
    describe_difference,
    keep,
    summary,
    talk_together,
    wait_for_transcripts,
)
from tests.bench.cloud_score import Difference
from tests.bench.cloud_services import Cloud, Houses, Keeper, Link, Postgres
from tests.bench.cloud_sound import Sound, make_sounds
from tests.bench.speech_score import percentile

KILLS = {"kill asr": 4.0, "kill gateway": 4.0, "kill worker": 2.0}
"""Their shares."""

BREAKS = {"reset": 10.0, "outage": 2.0, "stall": 1.0}

LONGEST_OUTAGE_S = 25.0
REST_S = (0.5, 3.0)
"""Between two faults of a stream, once it is well."""

KILL_REST_S = (0.3, 2.0)
"""Between two kills, once all instances are ready."""

FIRST_S, LAST_S = 3.0, 20.0
"""No faults in the first seconds of a round, nor in the last, so that the longest outage ends within it."""

ROUND_MINUTES = 5.0
TAKEN_OVER_WITHIN_S = 5.0
HOUSE_CUT_S = 20.0
"""For so long the cable is out: longer than an owner may go on that cannot look who owns its session."""

FENCED_WITHIN_S = 8.0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was broken; times by the clock of this computer (monotonic)."""

    kind: str
    began_s: float
    ended_s: float
    """A killed service is gone for good at once: another instance is there."""
    stream: int | None = None
    """Which one it hit; None: any."""


@dataclass
class Breaker:
    """Breaks things by the dice until it is cancelled or has done enough."""

    cloud: Cloud
    links: list[Link]
    seed: int
    most: int
    end_s: float
    faults: list[Fault] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    def is_enough(self) -> bool:
        return len(self.faults) >= self.most or time.monotonic() >= self.end_s

    async def run(self) -> None:
        await asyncio.sleep(FIRST_S)
        breaks = [self._break(number, link) for number, link in enumerate(self.links)]
        await asyncio.gather(self._kill(), *breaks)

    async def _kill(self) -> None:
        dice = random.Random(f"{self.seed}-kill")
        while not self.is_enough():
            await asyncio.sleep(dice.uniform(*KILL_REST_S))
            await self._wait_until_ready()
            if self.is_enough():
                return
            kind = _pick(dice, KILLS)
            instance = dice.choice(self.cloud.of(kind.removeprefix("kill ")))
            await asyncio.to_thread(instance.kill)
            now_s = time.monotonic()
            self.faults.append(Fault(kind, now_s, now_s))

    async def _wait_until_ready(self) -> None:
        while not self.is_enough():
            if await asyncio.to_thread(self.cloud.is_ready):
                return
            await asyncio.sleep(0.2)

    async def _break(self, number: int, link: Link) -> None:
        dice = random.Random(f"{self.seed}-{number}")
        while not self.is_enough():
            await asyncio.sleep(dice.uniform(*REST_S))
            if not self.clients[number].is_well:
                continue
            if self.is_enough():
                return
            kind = _pick(dice, BREAKS)
            began_s = time.monotonic()
            if kind == "reset":
                await asyncio.to_thread(link.reset_all)
                self.faults.append(Fault(kind, began_s, time.monotonic(), number))
                continue
            lasts_s = dice.uniform(0.5, LONGEST_OUTAGE_S)
            await asyncio.to_thread(link.cut if kind == "outage" else link.stall)
            try:
                await asyncio.sleep(lasts_s)
            finally:
                link.mend()
            self.faults.append(Fault(kind, began_s, time.monotonic(), number))


def _pick(dice: random.Random, shares: Mapping[str, float]) -> str:
    return dice.choices(list(shares), weights=list(shares.values()))[0]


def resumes(faults: Sequence[Fault], talks: Sequence[Talk]) -> dict[str, list[float]]:
    """Seconds from the end of each fault to the moment at which the stream was ready again, by kind of fault.

    A gap that several faults made belongs to the one that ended last; one that none explains is `unexplained`.
    """
    found: dict[str, list[float]] = {}
    for number, talk in enumerate(talks):
        for gap in talk.gaps:
            kind, seconds = _cause(gap, talk.began_at_s, number, faults)
            found.setdefault(kind, []).append(seconds)
    return found


def _cause(gap: Gap, began_s: float, number: int, faults: Sequence[Fault]) -> tuple[str, float]:
    lost_s, ready_s = began_s + gap.lost_s, began_s + gap.ready_s
    fitting = [
        fault
        for fault in faults
        if fault.stream in (None, number)
        and fault.kind != "kill worker"
        and fault.ended_s >= lost_s - SEEN_WITHIN_S
        and fault.began_s <= ready_s
    ]
    if not fitting:
        return "unexplained", ready_s - lost_s
    last = max(fitting, key=lambda fault: min(fault.ended_s, ready_s))
    return last.kind, ready_s - max(lost_s, min(last.ended_s, ready_s))


SEEN_WITHIN_S = 6.0
"""After a fault a client knows: by a closed connection at once, by a ping without answer later."""


def faults_table(faults: Sequence[Fault], by_kind: Mapping[str, Sequence[float]]) -> str:
    """How often, and how long until streams went on."""
    lines = [
        "| fault | times | streams interrupted | ready again p50 / p95 / max s |",
        "| --- | --- | --- | --- |",
    ]
    names = [*KILLS, *BREAKS, *(name for name in by_kind if name not in KILLS and name not in BREAKS)]
    for name in names:
        found = list(by_kind.get(name, ()))
        times = sum(fault.kind == name for fault in faults)
        lines.append(f"| {name} | {times} | {len(found)} | {_three(found)} |")
    every = [seconds for found in by_kind.values() for seconds in found]
    lines.append(f"| all | {len(faults)} | {len(every)} | {_three(every)} |")
    return "\n".join(lines)


def _three(found: Sequence[float]) -> str:
    if not found:
        return "–"
    return f"{percentile(found, 50):.2f} / {percentile(found, 95):.2f} / {max(found):.2f}"


def _ask(links: Sequence[Link], key: str, sounds: Sequence[Sound], *, has_partials: bool) -> list[Asked]:
    return [
        Asked(link.url, key, sound, has_partials, "faults", start_s=0.3 * number)
        for number, (link, sound) in enumerate(zip(links, sounds, strict=True))
    ]


def break_all(options: argparse.Namespace) -> dict[str, Any]:
    """The thousand faults."""
    round_s = min(options.round_minutes, options.minutes / 2) * 60
    sounds = make_sounds(options.streams, seconds=round_s)
    end_s = time.monotonic() + options.minutes * 60
    faults: list[Fault] = []
    by_kind: dict[str, list[float]] = {}
    at_client, at_worker = Difference(), Difference()
    rounds: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        postgres = stack.enter_context(Postgres.running(OUT / "faults-postgres")) if options.postgres else None
        cloud = stack.enter_context(
            Cloud.running(
                OUT / "faults",
                gateways=2,
                asrs=2,
                coaches=1,
                workers=2,
                has_nats=True,
                postgres=postgres,
                has_asr=not options.sums,
                environment=dict(one.split("=", 1) for one in options.set),
            )
        )
        key = cloud.make_key("faults")
        links = [Link(cloud.public.targets) for _ in sounds]
        stack.callback(_close, links)
        expected = asyncio.run(talk_together(_ask(links, key, sounds, has_partials=options.partials)))
        undisturbed = summary(expected)
        print(describe("undisturbed", undisturbed), flush=True)
        if undisturbed["ended"] != options.streams:
            raise SystemExit("The undisturbed streams did not come to their end; nothing can be compared.")
        with contextlib.closing(Keeper(cloud)):
            while len(faults) < options.faults and (not rounds or time.monotonic() + round_s < end_s):
                breaker = Breaker(
                    cloud,
                    links,
                    options.seed + len(rounds),
                    options.faults - len(faults),
                    time.monotonic() + round_s - LAST_S,
                )
                watch = Watch(cloud)
                asked = _ask(links, key, sounds, has_partials=options.partials)
                talks = asyncio.run(
                    talk_together(asked, beside=[breaker.run, watch.run], on_clients=breaker.clients.extend)
                )
                kept = wait_for_transcripts(cloud, talks)
                here, there = compare(expected, talks, kept)
                at_client, at_worker = at_client + here, at_worker + there
                faults += breaker.faults
                for kind, found in resumes(breaker.faults, talks).items():
                    by_kind.setdefault(kind, []).extend(found)
                rounds.append(summary(talks, watch) | {"faults": len(breaker.faults)})
                print(
                    f"round {len(rounds)}: {len(breaker.faults)} faults; heard to the end {rounds[-1]['ended']} of "
                    f"{options.streams} {rounds[-1]['troubles'] or ''}; {describe_difference('client', here)}; "
                    f"{describe_difference('worker', there)}",
                    flush=True,
                )
                if not rounds[-1]["ended"]:
                    print("No stream came to its end: the rest would show no more.", file=sys.stderr)
                    break
    every = [seconds for found in by_kind.values() for seconds in found]
    p95_s = percentile(every, 95)
    ended = sum(one["ended"] for one in rounds)
    is_good = at_client.is_none and at_worker.is_none and p95_s <= 1.0 and ended == len(rounds) * options.streams
    print(
        f"## {len(faults)} faults in {len(rounds)} rounds of {round_s / 60:.1f} minutes under {options.streams} streams"
    )
    print(faults_table(faults, by_kind))
    print(describe_difference("client", at_client))
    print(describe_difference("worker", at_worker))
    return {
        "faults": len(faults),
        "by_kind": by_kind,
        "resume_p50_s": percentile(every, 50),
        "resume_p95_s": p95_s,
        "client": at_client.counts(),
        "worker": at_worker.counts(),
        "rounds": rounds,
        "undisturbed": undisturbed,
        "is_good": is_good,
    }


def _close(links: Sequence[Link]) -> None:
    for link in links:
        link.close()


# Network namespaces.


def pull_the_cable(options: argparse.Namespace) -> dict[str, Any]:
    """One of two houses is cut off while it has the streams."""
    round_s = max(75.0, min(options.round_minutes, options.minutes / 2) * 60)
    sounds = make_sounds(options.streams, seconds=round_s)
    cuts: list[dict[str, Any]] = []
    with contextlib.ExitStack() as stack:
        houses = stack.enter_context(Houses.built(2))
        postgres = stack.enter_context(Postgres.running(OUT / "netns-postgres", host=houses.street))
        cloud = stack.enter_context(
            Cloud.running(
                OUT / "netns",
                gateways=2,
                asrs=2,
                coaches=2,
                workers=2,
                has_nats=True,
                postgres=postgres,
                has_asr=not options.sums,
                houses=houses,
                environment=dict(one.split("=", 1) for one in options.set),
            )
        )
        key = cloud.make_key("houses")
        links = [cloud.public] * options.streams
        expected = asyncio.run(talk_together(_ask(links, key, sounds, has_partials=options.partials)))
        clients: list[Client] = []

        async def pull() -> None:
            await asyncio.sleep(15.0)
            for house in range(2):
                began_s = time.monotonic()
                await asyncio.to_thread(houses.cut, house)
                fenced_s = await _wait_until_fenced(cloud, houses, house, began_s)
                await asyncio.sleep(max(0.0, began_s + HOUSE_CUT_S - time.monotonic()))
                await asyncio.to_thread(houses.mend, house)
                cuts.append({"house": house, "began_s": began_s, "fenced_s": fenced_s})
                await asyncio.sleep(5.0)

        talks = asyncio.run(
            talk_together(
                _ask(links, key, sounds, has_partials=options.partials), beside=[pull], on_clients=clients.extend
            )
        )
        kept = wait_for_transcripts(cloud, talks)
    at_client, at_worker = compare(expected, talks, kept)
    taken_over = [
        talk.began_at_s + gap.ready_s - cut["began_s"]
        for cut in cuts
        for talk in talks
        for gap in talk.gaps
        if cut["began_s"] <= talk.began_at_s + gap.ready_s <= cut["began_s"] + HOUSE_CUT_S
    ]
    fenced = [cut["fenced_s"] for cut in cuts]
    found = summary(talks)
    is_good = (
        at_client.is_none
        and at_worker.is_none
        and bool(taken_over)
        and max(taken_over) <= TAKEN_OVER_WITHIN_S
        and any(fenced)
        and all(seconds is not None and seconds <= FENCED_WITHIN_S for seconds in fenced)
        and found["ended"] == options.streams
    )
    print(describe(f"two houses, each cut off for {HOUSE_CUT_S:.0f} s", found))
    print(f"streams taken over {len(taken_over)}: from the cut to ready p50 / p95 / max {_three(taken_over)} s")
    print(f"the one that was cut off let go of its streams after {fenced} s")
    print(describe_difference("client", at_client))
    print(describe_difference("worker", at_worker))
    return found | {
        "taken_over_s": taken_over,
        "fenced_s": fenced,
        "client": at_client.counts(),
        "worker": at_worker.counts(),
        "is_good": is_good,
    }


async def _wait_until_fenced(cloud: Cloud, houses: Houses, house: int, began_s: float) -> float | None:
    """Seconds until the gateway of a house that is cut off has no streams any more; None: it has them to the end."""
    if not await asyncio.to_thread(cloud.streams_within, houses, house):
        # Without a stream there is nothing to let go of.
        return 0.0
    while time.monotonic() - began_s < HOUSE_CUT_S - 1.0:
        if await asyncio.to_thread(cloud.streams_within, houses, house) == 0:
            return time.monotonic() - began_s
        await asyncio.sleep(0.5)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=60.0, help="at most, with the undisturbed round (default 60)")
    parser.add_argument("--round-minutes", type=float, default=ROUND_MINUTES, help="sound of one round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partials", action="store_true")
    parser.add_argument("--postgres", action="store_true", help="PostgreSQL instead of SQLite files (Debian's package)")
    parser.add_argument("--sums", action="store_true", help="checksums of the sound instead of words, without a model")
    parser.add_argument(
        "--netns", action="store_true", help="two houses in network namespaces; needs root and PostgreSQL"
    )
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable for all services")
    options = parser.parse_args()
    found = pull_the_cable(options) if options.netns else break_all(options)
    keep("netns" if options.netns else "faults", found)
    print("as it must be" if found["is_good"] else "NOT as it must be")
    sys.exit(0 if found["is_good"] else 1)


if __name__ == "__main__":
    main()
