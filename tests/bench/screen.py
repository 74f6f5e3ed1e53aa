"""Measures what is seen on labelled clips that nothing was tuned on: `python -m tests.bench.screen`.

Black, frozen and cuts on clips of many kinds, false alarms in an hour that is still but alive, saved scenes under speech,
and the processor's time of one picture of 1920 x 1080. `--tuning` takes the clips that the thresholds were tuned on.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

import cv2
import numpy as np

from martlive_desktop.core.events import FRAME_MS, Voice
from martlive_desktop.core.picture import Picture, PictureMeter
from martlive_desktop.core.picture_thresholds import PictureThresholds
from martlive_desktop.core.scenes import SceneLook, learn
from martlive_desktop.core.sight import Sight
from martlive_desktop.core.signals.screen import ScreenDetector
from tests.bench import clips, clips_unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from tests.bench.clips import Clip

LIMIT_S = {"black": 3.0, "frozen": 12.0}
GRACE_S = 1.1
"""After its end a state may be told until the next picture comes."""
CUT_S = 2.1
"""A cut is told with the second picture after it at the latest."""
WRONG_AFTER_S, WRONG_LATE_S, WRONG_END_S = 20.0, 3.0, 3.0
"""When wrong_scene is due, and how late it may begin and end."""


@dataclass
class Score:
    """Counts over clips."""

    clips: int = 0
    seconds: float = 0.0
    due: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMIT_S, 0))
    delays_s: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in LIMIT_S})
    false: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LIMIT_S, 0))
    cuts: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Hit, false, missed."""
    problems: list[str] = field(default_factory=list)

    def in_time(self, kind: str) -> int:
        return sum(delay <= LIMIT_S[kind] for delay in self.delays_s[kind])


def f1(hit: int, false: int, missed: int) -> float:
    return 2 * hit / (2 * hit + false + missed) if hit else float(not false + missed)


def judge(clip: Clip, score: Score) -> None:
    """Play `clip` to a new meter and add what it told to `score`."""
    meter = PictureMeter()
    told = [meter.measure(one.at_ms, one.pixels) for one in clip.pictures(lambda: meter.is_dark)]
    score.clips += 1
    score.seconds += clip.seconds
    for kind, spans in (("black", clip.black), ("frozen", clip.frozen)):
        at = [one.at_ms / 1000 for one in told if getattr(one, f"is_{kind}")]
        score.due[kind] += len(spans)
        for begin, end in spans:
            delay = next((second - begin for second in at if begin <= second < end), float("inf"))
            if delay < float("inf"):
                score.delays_s[kind].append(delay)
            if delay > LIMIT_S[kind]:
                score.problems.append(f"{clip.name}: {kind} of {begin:.1f} s after {delay:.1f} s")
        astray = [second for second in at if not any(begin <= second < end + GRACE_S for begin, end in spans)]
        if astray:
            score.false[kind] += 1
            score.problems.append(f"{clip.name}: false {kind} at {astray[0]:.1f} s")
    cuts = [one.at_ms / 1000 for one in told if one.is_cut]
    for begin in clip.cuts:
        hit = next((second for second in cuts if begin - 0.01 <= second <= begin + CUT_S), None)
        score.cuts[0 if hit is not None else 2] += 1
        if hit is not None:
            cuts.remove(hit)
        else:
            score.problems.append(f"{clip.name}: no cut at {begin:.1f} s")
    for second in cuts:
        if not any(begin <= second <= end for begin, end in clip.free_cuts):
            score.cuts[1] += 1
            score.problems.append(f"{clip.name}: false cut at {second:.1f} s")


def over(made: Iterator[Clip]) -> Score:
    score = Score()
    for clip in made:
        judge(clip, score)
    return score


def hour(module: ModuleType, first_seed: int, minutes: float) -> Score:
    """Still but alive for so long."""
    score, seed = Score(), first_seed
    while score.seconds < minutes * 60:
        for kind in module.ALIVE:
            judge(module.clip(kind, seed), score)
        seed += 1
    return score


def spoken(rng: np.random.Generator, until_s: float, silent: Sequence[tuple[float, float]]) -> Iterator[Voice]:
    """Voice decisions of somebody who speaks in sentences, but not in the spans `silent`."""
    frames, at_ms, change_ms, is_on = [], 0, 0.0, False
    while at_ms < until_s * 1000:
        if at_ms >= change_ms:
            is_on = not is_on
            change_ms = at_ms + rng.uniform(1500, 4500) if is_on else at_ms + rng.uniform(300, 1200)
        at_ms += FRAME_MS
        talks = is_on and not any(begin <= at_ms / 1000 < end for begin, end in silent)
        frames.append(float(rng.uniform(0.7, 1.0) if talks else rng.uniform(0.0, 0.2)))
        if len(frames) == 16:
            yield Voice(at_ms, tuple(frames))
            frames = []


@dataclass(frozen=True)
class Part:
    """What is on for some seconds of a show with scenes."""

    seconds: float
    name: str
    """The saved scene that it is; empty: none."""
    view: Callable[[float], NDArray[np.uint8]]
    is_spoken: bool = True


def treated(pixels: NDArray[np.uint8], how: int) -> NDArray[np.uint8]:
    """`pixels` as another way of capture gives them: as they are, another size, JPEG, lighter, odd and JPEG."""
    if how == 1:
        return np.asarray(cv2.resize(pixels, (1280, 720), interpolation=cv2.INTER_LINEAR), np.uint8)
    if how in (2, 4):
        small = pixels if how == 2 else cv2.resize(pixels, (575, 323), interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 75])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    if how == 3:
        return np.asarray(np.clip(pixels * 1.04 + 6, 0, 255).astype(np.uint8))
    return pixels


def show(module: ModuleType, seed: int) -> tuple[list[SceneLook], list[Part], int]:
    """Scenes to save, and a show with them."""
    rng = np.random.default_rng((seed, 21))
    starting, pause, other = module.TITLES
    animation = module.ANIMATIONS[seed % len(module.ANIMATIONS)]
    views = {title: module.scene(seed, title, animation) for title in module.TITLES}
    begin = float(rng.uniform(0, 50))
    looks = [
        learn(name, [views[title](begin + 0.5 * index) for index in range(6)])
        for name, title in (("starting", starting), ("break", pause))
    ]
    camera = [Part(float(rng.uniform(22, 35)), "", _camera(module, seed + index)) for index in range(3)]
    shown = {title: module.scene(seed, title, animation) for title in module.TITLES}
    later = float(rng.uniform(60, 200))

    def on(title: str) -> Callable[[float], NDArray[np.uint8]]:
        return lambda at_s: shown[title](at_s + later)

    parts = [
        Part(float(rng.uniform(30, 45)), "starting", on(starting), is_spoken=bool(rng.random() < 0.5)),
        camera[0],
        Part(float(rng.uniform(32, 50)), "break", on(pause)),
        camera[1],
        Part(float(rng.uniform(32, 50)), "break", on(pause), is_spoken=False),
        Part(float(rng.uniform(32, 50)), "", on(other)),
        camera[2],
        Part(float(rng.uniform(10, 16)), "break", on(pause)),
        Part(float(rng.uniform(30, 40)), "", on(other)),
        Part(float(rng.uniform(32, 45)), "starting", on(starting)),
    ]
    return looks, parts, seed % 5


def _camera(module: ModuleType, seed: int) -> Callable[[float], NDArray[np.uint8]]:
    made = module.a_camera(np.random.default_rng((seed, 22)))
    if module is clips_unseen:
        view: Callable[[float], NDArray[np.uint8]] = made
        return view
    return lambda _: next(made)


def play_show(module: ModuleType, seed: int) -> tuple[list[int], list[int], list[str]]:
    """Hit, false and missed wrong_scene cues, and right, wrong and unnamed pictures, with what went wrong."""
    looks, parts, how = show(module, seed)
    rng = np.random.default_rng((seed, 23))
    edges = np.cumsum([0.0] + [part.seconds for part in parts])
    silent = [(edges[i], edges[i + 1]) for i, part in enumerate(parts) if not part.is_spoken]
    due = [
        (edges[i] + WRONG_AFTER_S, edges[i + 1])
        for i, part in enumerate(parts)
        if part.name in {"starting", "break"} and part.is_spoken and part.seconds > WRONG_AFTER_S
    ]
    voices = iter([*spoken(rng, edges[-1], silent), Voice(10**9, ())])
    voice = next(voices)
    sight, detector = Sight(None, looks), ScreenDetector(PictureThresholds())
    on_at: list[float] = []
    named, problems = [0, 0, 0], []
    at_s = 0.3
    while at_s < edges[-1]:
        index = int(np.searchsorted(edges, at_s, side="right")) - 1
        part = parts[index]
        at_ms = round(at_s * 1000)
        while voice.at_ms <= at_ms:
            detector.observe(voice, at_ms)
            voice = next(voices)
        screen = sight.see(Picture(at_ms, treated(part.view(at_s), how)))
        detector.observe(screen, at_ms)
        named[0 if screen.scene == part.name else 1 if screen.scene else 2] += 1
        if screen.scene != part.name:
            problems.append(
                f"scenes {seed}: {screen.scene or 'none'} for {part.name or 'none'} at {at_s:.1f} s (how {how})"
            )
        if any(cue.kind == "wrong_scene" for cue in detector.cues(at_ms)):
            on_at.append(at_s)
        at_s += float(rng.uniform(0.5, 1.0))
    hit = [any(begin <= second <= begin + WRONG_LATE_S for second in on_at) for begin, _ in due]
    astray = [second for second in on_at if not any(begin <= second <= end + WRONG_END_S for begin, end in due)]
    runs = sum(1 for i, second in enumerate(astray) if not i or second - astray[i - 1] > 5)
    problems += [f"scenes {seed}: false wrong_scene at {second:.1f} s" for second in astray[:1]]
    problems += [
        f"scenes {seed}: no wrong_scene at {begin:.1f} s"
        for found, (begin, _) in zip(hit, due, strict=True)
        if not found
    ]
    return [sum(hit), runs, len(hit) - sum(hit)], named, problems


def cost_ms() -> tuple[float, float]:
    """Milliseconds of processor time of `Sight.see` with two scenes, and of the meter alone, on 1920 x 1080."""
    rng = np.random.default_rng(1)
    view = clips_unseen.webcam(rng, calm=0.2, grain=2.0, width=1920, height=1080)
    shots = [view(0.5 * index) for index in range(12)]
    looks = [learn("break", shots[:1]), learn("starting", shots[1:2])]
    sight, meter = Sight(None, looks), PictureMeter()
    costs = []
    for measure in (sight.see, lambda one: meter.measure(one.at_ms, one.pixels)):
        pictures = [Picture(index * 500, shots[index % len(shots)]) for index in range(300)]
        for one in pictures[:100]:
            measure(one)
        began = time.process_time()
        for one in pictures[100:]:
            measure(one)
        costs.append((time.process_time() - began) / 200 * 1000)
    return costs[0], costs[1]


def lines(module: ModuleType, first_seed: int, seeds: int, shows: int, minutes: float) -> tuple[list[str], list[str]]:
    """The table in Markdown, and what went wrong."""
    kinds = tuple(module.VIEWS)
    clips_score = over(module.clip(kind, seed) for kind in kinds for seed in range(first_seed, first_seed + seeds))
    alive = hour(module, first_seed + 500, minutes)
    cues, named, problems = np.zeros(3, int), np.zeros(3, int), []
    for seed in range(first_seed, first_seed + shows):
        hits, right, wrong = play_show(module, seed)
        cues, named = cues + hits, named + right
        problems += wrong
    sight_ms, meter_ms = cost_ms()
    rows = ["| what | measured on | result |", "| --- | --- | --- |"]
    for kind, limit_s in LIMIT_S.items():
        slowest = max(clips_score.delays_s[kind], default=0.0)
        rows.append(
            f"| {kind} within {limit_s:g} s | {clips_score.clips} clips of {len(kinds)} kinds | "
            f"{clips_score.in_time(kind)} of {clips_score.due[kind]}, slowest {slowest:.1f} s, {clips_score.false[kind]} false |"
        )
    hit, false, missed = clips_score.cuts
    rows.append(f"| cuts | the same clips | F1 {f1(hit, false, missed):.3f} ({hit} / {false} / {missed}) |")
    rows.append(
        f"| still but alive | {alive.seconds / 60:.0f} min in {alive.clips} clips | "
        f"{alive.false['black']} false black, {alive.false['frozen']} false frozen |"
    )
    hit, false, missed = (int(count) for count in cues)
    rows.append(
        f"| wrong_scene | {shows} shows with speech | F1 {f1(hit, false, missed):.3f} ({hit} / {false} / {missed}) |"
    )
    rows.append(
        f"| pictures named | the same shows | {named[0]} right, {named[1]} with a wrong name, {named[2]} without their name |"
    )
    rows.append(
        f"| processor time of a picture of 1920 x 1080 | 200 pictures | {sight_ms:.1f} ms, {meter_ms:.1f} ms without scenes |"
    )
    return rows, clips_score.problems + alive.problems + problems


def main() -> None:
    """Play the clips and print the table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--tuning", action="store_true", help="the clips that the thresholds were tuned on")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=6, help="clips of each kind")
    parser.add_argument("--shows", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=60)
    asked = parser.parse_args()
    module = clips if asked.tuning else clips_unseen
    rows, problems = lines(module, asked.first_seed, asked.seeds, asked.shows, asked.minutes)
    print("\n".join(rows))
    for problem in problems:
        print(f"- {problem}")


if __name__ == "__main__":
    main()
