"""One click, and OBS shows MartLive's stream window; checked by what OBS then really sees."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlive_desktop.adapters.obs import objects, picture_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from martlive_desktop.adapters.obs import ObsConnection

CHECK_EVERY_S = 0.2
CHECK_WITHIN_S = 6.0
"""OBS looks for a window twice a second, and a card fades in; what is not right by then does not become so."""

MOST_DIFFERENCE = 4.0
"""Mean of 0 to 255 over all that is drawn: rounding is 1, a card that is missing 100, another window's colours 60."""

TOP_LEFT, BOTTOM_CENTRE = 1 | 4, 8
"""Source: OBS_ALIGN_LEFT, _TOP and _BOTTOM in libobs's obs-defs.h."""

SHOWN = "OBS shows it in the scene “{scene}”."
NO_KIND = "This OBS captures no windows here; use the browser source instead."
NO_BROWSER = "This OBS has no browser source; install OBS from obsproject.com, which has one."
NO_WINDOW = "OBS does not find the stream window; open it, do not minimise it, and try again."
NAME_TAKEN = "OBS already has something else called “{name}”; rename that in OBS and try again."
EMPTY = "It is in the scene “{scene}”, but nothing is on it yet; show a card and check again."
DIFFERENT = "It is in the scene “{scene}”, but OBS has another picture of it; remove “{name}” in OBS and try again."


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What became of a source."""

    is_verified: bool
    """OBS really has the right picture."""
    sentence: str
    """What was done, or what to do."""
    source: str
    scene: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class _WindowKind:
    """How one system's OBS captures a window."""

    name: str
    window: str
    """The setting that says which."""
    settings: Mapping[str, object]


WINDOW_KINDS = (
    _WindowKind("xcomposite_input", "capture_window", {"show_cursor": False, "exclude_alpha": False}),
    # 1 is a window, 0 a display. Source: mac-capture's mac-sck-common.h.
    _WindowKind("screen_capture", "window", {"type": 1, "show_cursor": False}),
    # Method 2 (Windows Graphics Capture) keeps what is transparent. Qt's window class has Qt's version in its name, so
    # the window is found again by its program (priority 2) and title. Source: win-capture's window-capture.c.
    _WindowKind("window_capture", "window", {"method": 2, "priority": 2, "cursor": False, "client_area": True}),
)
"""X11, macOS, Windows: macOS also has an older `window_capture`, so its own comes first."""


def create_window_source(
    obs: ObsConnection,
    expected: Callable[[], NDArray[np.uint8]],
    *,
    title: str = "MartLive Overlay",
    name: str = "MartLive",
    scene: str = "",
) -> SourceResult:
    """Show the window called `title` in `scene`, on top; one that is there already is pointed at it and stays where it is.

    Args:
        obs: Takes up to CHECK_WITHIN_S.
        expected: The pixels of the window now, BGRA as the window system has them (premultiplied), shape
            (height, width, 4); called on this thread, some times a second.
        title: Of the window.
        name: Of the source.
        scene: Empty is the one that viewers see.

    Raises:
        ObsUnavailable: OBS has gone, or refuses.
    """
    kinds = _kinds(obs)
    kind = next((kind for kind in WINDOW_KINDS if kind.name in kinds), None)
    job = _Job(obs, name, scene)
    if kind is None:
        return job.result(NO_KIND)
    if not job.put(kind.name, kind.settings):
        return job.result(NAME_TAKEN)
    if not job.holds_soon(lambda: repoint(obs, title=title, name=name)):
        job.undo()
        return job.result(NO_WINDOW)
    return job.result(job.check(expected))


def create_browser_source(
    obs: ObsConnection, url: str, width: int, height: int, *, name: str = "MartLive page", scene: str = ""
) -> SourceResult:
    """Show the page `url` in `scene`, on top; one that is there already gets the page and stays where it is.

    Raises:
        ObsUnavailable: OBS has gone, or refuses.
    """
    job = _Job(obs, name, scene)
    if "browser_source" not in _kinds(obs):
        return job.result(NO_BROWSER)
    if not job.put("browser_source", {"url": url, "width": width, "height": height}):
        return job.result(NAME_TAKEN)
    return job.result(job.check(None))


def repoint(obs: ObsConnection, *, title: str = "MartLive Overlay", name: str = "MartLive") -> bool:
    """Point the source `name` at the window `title` as it is now; False where OBS has not both.

    On X11 and Windows OBS itself finds a window that was opened again; on macOS it knows it by a number that is then another.
    """
    for kind in WINDOW_KINDS:
        found = obs.try_ask("GetInputPropertiesListPropertyItems", inputName=name, propertyName=kind.window)
        for item in objects(found or {}, "propertyItems"):
            # Windows and macOS put the program's name before the title.
            if item.get("itemEnabled", True) and str(item.get("itemName")).endswith(title):
                obs.ask("SetInputSettings", inputName=name, inputSettings={kind.window: item.get("itemValue")})
                return True
    return False


def _kinds(obs: ObsConnection) -> list[object]:
    """The kinds of sources that this OBS has."""
    kinds = obs.ask("GetInputKindList", unversioned=True).get("inputKinds")
    return kinds if isinstance(kinds, list) else []


class _Job:
    """One source in one scene, from the question to the result."""

    def __init__(self, obs: ObsConnection, name: str, scene: str) -> None:
        self._obs = obs
        self._name = name
        self._scene = scene or str(obs.ask("GetCurrentProgramScene").get("currentProgramSceneName"))
        self._is_new = False
        self._begun_s = time.monotonic()

    def result(self, sentence: str) -> SourceResult:
        """The end, with one of the sentences above."""
        told = sentence.format(scene=self._scene, name=self._name)
        took_ms = round((time.monotonic() - self._begun_s) * 1000)
        return SourceResult(sentence == SHOWN, told, self._name, self._scene, took_ms)

    def put(self, kind: str, settings: Mapping[str, object]) -> bool:
        """Have the source in the scene, visible; False where its name is another's."""
        obs, source = self._obs, {"sceneName": self._scene, "sourceName": self._name}
        inputs = obs.ask_list("GetInputList", "inputs")
        there = next((one for one in inputs if one.get("inputName") == self._name), None)
        if there is None:
            wanted = {"inputName": self._name, "inputKind": kind, "inputSettings": settings}
            created = obs.try_ask("CreateInput", sceneName=self._scene, **wanted)
            self._is_new = created is not None
            if created is None:
                return False
            self._place(created.get("sceneItemId"))
            return True
        if there.get("unversionedInputKind") != kind:
            return False
        obs.ask("SetInputSettings", inputName=self._name, inputSettings=settings)
        if item := obs.try_ask("GetSceneItemId", **source):
            number = item.get("sceneItemId")
            obs.ask("SetSceneItemEnabled", sceneName=self._scene, sceneItemId=number, sceneItemEnabled=True)
        else:
            self._place(obs.ask("CreateSceneItem", **source).get("sceneItemId"))
        return True

    def undo(self) -> None:
        """Leave no source that shows nothing."""
        if self._is_new:
            self._obs.ask("RemoveInput", inputName=self._name)

    def check(self, expected: Callable[[], NDArray[np.uint8]] | None) -> str:
        """The sentence that is true of what OBS has of the source: SHOWN, EMPTY or DIFFERENT."""
        sentence = DIFFERENT

        def is_shown() -> bool:
            nonlocal sentence
            seen = self._picture()
            if seen is not None:
                sentence = _judge(seen, expected() if expected else None)
            return sentence == SHOWN

        self.holds_soon(is_shown)
        return sentence

    def holds_soon(self, holds: Callable[[], bool]) -> bool:
        """Ask again until `holds`, or it takes too long."""
        end_s = time.monotonic() + CHECK_WITHIN_S
        while not (is_held := holds()) and time.monotonic() < end_s:
            self._obs.wait(CHECK_EVERY_S)
        return is_held

    def _place(self, number: object) -> None:
        """On top; as large as it is, and smaller only where it would not fit; at the bottom, in the middle."""
        canvas = self._obs.ask("GetVideoSettings")
        transform = {
            "positionX": 0.0,
            "positionY": 0.0,
            "alignment": TOP_LEFT,
            "boundsType": "OBS_BOUNDS_MAX_ONLY",
            "boundsAlignment": BOTTOM_CENTRE,
            "boundsWidth": canvas.get("baseWidth"),
            "boundsHeight": canvas.get("baseHeight"),
        }
        item = {"sceneName": self._scene, "sceneItemId": number}
        self._obs.ask("SetSceneItemTransform", sceneItemTransform=transform, **item)
        items = self._obs.ask_list("GetSceneItemList", "sceneItems", sceneName=self._scene)
        self._obs.ask("SetSceneItemIndex", sceneItemIndex=max(len(items) - 1, 0), **item)

    def _picture(self) -> NDArray[np.uint8] | None:
        """What OBS has of the source, BGRA; None while it has nothing."""
        import cv2

        answer = self._obs.try_ask("GetSourceScreenshot", sourceName=self._name, imageFormat="png")
        pixels = picture_in(str((answer or {}).get("imageData")), cv2.IMREAD_UNCHANGED)
        return pixels if pixels is not None and pixels.ndim == 3 and pixels.shape[2] == 4 else None


def _judge(seen: NDArray[np.uint8], expected: NDArray[np.uint8] | None) -> str:
    if expected is None:
        return SHOWN if seen.any() else EMPTY
    if seen.shape != expected.shape:
        return DIFFERENT
    drawn = seen.any(axis=2) | expected.any(axis=2)
    if not drawn.any():
        return EMPTY
    difference = float(np.abs(seen[drawn].astype(np.int16) - expected[drawn]).mean())
    return SHOWN if difference <= MOST_DIFFERENCE else DIFFERENT
