"""A show heard by `martlive-cloud up` whose network goes five times for 25 s, beside the same show without a break.

    python -m tests.bench.cloud_outages

Both run at the same time through the live pipeline, in real time (four minutes). What was heard must be equal word for
word, and the same must have been noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import tempfile
import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from cloud_api.up import Machine, first_key
from martlive_desktop.adapters.chat_file import ChatFile
from martlive_desktop.adapters.clock import SystemClock
from martlive_desktop.adapters.cloud_client import CloudClient, SessionWish
from martlive_desktop.adapters.media_file import MediaFile
from martlive_desktop.adapters.paced import Paced
from martlive_desktop.adapters.plan_file import read_plan
from martlive_desktop.adapters.recogniser_remote import RemoteRecogniser
from martlive_desktop.coaching import build_session
from martlive_desktop.core.errors import ModelMissing
from martlive_desktop.core.events import Cue, LogEvent, SessionStarted, Status, Tip, Transcript
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.pipeline.live import LiveSession
from martlive_desktop.settings import Settings
from tests.bench.coach import SHOWS, make_shows
from tests.fakes.cable import Cable

SERVICES = ("gateway", "asr", "coach", "worker", "web")


@dataclass
class Show:
    """One run of the show."""

    name: str
    events: list[LogEvent] = field(default_factory=list)

    @property
    def finals(self) -> list[tuple[int, str]]:
        return [(e.utterance, e.text) for e in self.events if isinstance(e, Transcript) and e.is_final and e.text]

    @property
    def cues(self) -> list[tuple[int, str, tuple[tuple[str, str], ...]]]:
        return [(e.at_ms, e.kind, e.slots) for e in self.events if isinstance(e, Cue)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", default="d1_beauty", help="a scripted show beside the project")
    parser.add_argument("--cuts", type=int, default=5)
    parser.add_argument("--outage-s", type=float, default=25.0)
    asked = parser.parse_args()
    [folder] = make_shows([SHOWS / "dev" / f"{asked.show}.json"])
    plan = read_plan(folder / "plan.toml")
    with ExitStack() as opened:
        data = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        os.umask(0o077)
        machine = Machine(data, dict(zip(SERVICES, _free_ports(len(SERVICES)), strict=True)))  # type: ignore[arg-type]
        opened.callback(machine.close)
        key = first_key(machine)
        machine.start()
        cable = opened.enter_context(Cable(machine.ports["gateway"]))
        whole, cut = Show("without a break"), Show("with outages")
        threads = [
            threading.Thread(target=_run, args=(show, url, key, folder, plan))
            for show, url in ((whole, machine.gateway_url), (cut, cable.url))
        ]
        for thread in threads:
            thread.start()
        _cut(cable, threads[1], asked.cuts, asked.outage_s)
        for thread in threads:
            thread.join()
    _tell(whole, cut, asked.cuts, asked.outage_s)


def _cut(cable: Cable, show: threading.Thread, cuts: int, outage_s: float) -> None:
    """Pull the cable out `cuts` times, with 20 s between."""
    clock = SystemClock()
    at_ms = 12_000
    for number in range(cuts):
        clock.wait_until(at_ms)
        if not show.is_alive():
            print(f"The show ended before the cut {number + 1}.")
            return
        cable.pull()
        clock.wait_until(at_ms + round(outage_s * 1000))
        cable.put_back()
        at_ms += round(outage_s * 1000) + 20_000


def _run(show: Show, url: str, key: str, folder: Path, plan: ShowPlan) -> None:
    def missing() -> RemoteRecogniser:
        raise ModelMissing("This bench hears with the service only.", name="whisper-base")

    clock = SystemClock()
    wish = SessionWish(plan.language, plan.names)
    with closing(RemoteRecogniser(CloudClient(url, key), wish, start_local=missing)) as recogniser:
        live = LiveSession(
            build_session(plan, Settings()),
            Paced(MediaFile(folder / "audio.wav"), clock),
            recogniser,
            clock,
            chat=Paced(ChatFile(folder / "chat.jsonl"), clock),
            listeners=(show.events.append,),
        )
        live.start(SessionStarted(0, "bench", plan.mode, "show", ("remote",), ""))
        live.wait()


def _tell(whole: Show, cut: Show, cuts: int, outage_s: float) -> None:
    same = whole.finals == cut.finals
    print(f"{cuts} outages of {outage_s:.0f} s; finals {len(whole.finals)} and {len(cut.finals)}: ", end="")
    print("equal" if same else "NOT equal")
    for one, other in zip(whole.finals, cut.finals, strict=False):
        if one != other:
            print("  ", one, "|", other)
    kinds = [sorted((kind, slots) for _, kind, slots in show.cues) for show in (whole, cut)]
    print(f"cues {len(kinds[0])} and {len(kinds[1])}: {'equal' if kinds[0] == kinds[1] else 'NOT equal'}")
    for show in (whole, cut):
        print(f"  {show.name}: " + " ".join(f"{kind}@{at_ms / 1000:.1f}" for at_ms, kind, _ in show.cues))
        shown = sum(isinstance(event, Tip) for event in show.events)
        states = [f"{e.part}:{e.state}@{e.at_ms // 1000}" for e in show.events if isinstance(e, Status)]
        print(f"    {shown} tips; {' '.join(states)}")
    print(json.dumps({"finals_equal": same, "cues_equal": kinds[0] == kinds[1], "finals": len(whole.finals)}))


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


if __name__ == "__main__":
    main()
