"""What a picture tells without being kept: black, frozen, a cut, how bright."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlive_desktop.core.events import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROWS, COLUMNS = 9, 16
"""Cells of the grid in which motion is followed: the smallest camera in a corner still fills six of them."""

SIDE = 16
"""Samples along each side of a cell."""

GAP_MS = 5_000
"""Without a picture for that long, nothing is known of what happened."""

TELL_EVERY_MS = 10_000
"""How long a state is told as still true."""

SEEN_MS = 45_000
"""How long it is remembered how the cells looked: a freeze, and half a minute before it."""

LIFE_MS = 10_000
"""Time constant of a cell's liveliness."""

LIVELY = 0.5
"""A cell that moves in half of the pictures is a camera's, or a game's: a chat's moves less."""

TOGETHER_MS = 2_500
"""What freezes stops at once, give or take two pictures and a fade."""

TOGETHER_SHARE = 0.7
"""Of the camera's cells that stop together; some may have been still just then."""

CLOCK_CELLS = 3
"""Cells of a clock over the camera."""

OTHERS_SHARE = 0.15
"""Share of the camera's cells that may go on when it freezes: a clock over it, a chat at its edge."""

FAINT_CHANGE = 0.1
"""Mean change of a cell's luma, of 255, in which the noise of a small camera's still parts shows, beside what moves in it."""

LEAST_CELLS = 2
"""Cells of a camera in a corner in which somebody moves."""

LIVES_ON = 0.65
"""Liveliness of a cell that goes on because a camera is in it: a clock that shows seconds has 0.5."""

STILL_JUMP = 0.05
"""Change of mean luma and colour, of 255, below which a picture says nothing of how much pictures change."""

USUAL_JUMPS = 8
"""Newest changes that are usual: four seconds of a camera that begins to move."""

MOST_NOVEL_SHARE = 0.4
"""As much as a game may show that is new."""

LEAST_KNOWN = 20
"""Pictures (ten seconds) from which what is new says something."""

DARK_SHARE, DARK_CELLS_SHARE = 0.25, 0.95
"""Share of the picture that must go black at once to be told as black beside a chat, and of it that must stay so."""

AT_ONCE_MS = 1_200
"""Within that all of it goes black, the bright parts of a fade last; a cave that scrolls in takes longer."""

WAS_LIT = 0.5
"""Of the ten seconds before, those in which a cell showed something."""

MARK_CELLS = 4
"""Cells of a pointer on black; a line of text has more."""

MARK_SHARE = 0.01
"""Share of a cell that the thinnest letters fill."""

GONE_SHARE = 0.3
"""Share of a cell that went black where letters stand on a ground that did."""

THIN_SHARE = 0.3
"""Most of a cell that letters fill; a panel's edge fills more."""

STANDS_OUT = 4.0
"""Least difference of luma, of 255, between what is on black and what went black around it, if it was there before."""

EDGE_SHARE = 0.1
"""Share of a cell that went black at the edge of what did."""

REST_SHARE = 0.5
"""Of what is not black, as much as may look new, or any way: a chat scrolls, but a camera that shrank is new."""

ANY_LUMA = 60.0
"""Range of a cell's mean luma, of 255, beyond which it looks any way: a game's does, a chat's does not. Of a few pictures
a quarter of it is much."""

HALF_GAP_MS = 500
"""A state began halfway between two pictures, which are a second apart at most."""

REFINES_MS = 3_000
"""How long an encoder refines a picture that stands."""

REFINED = 5
"""It changes a cell by less than a fifth of what it used to change by."""

KEY_FRAME = 2
"""And a key frame by less than half of it."""

PULSE_CHANGE = 3.0
"""Mean change of a cell's luma, of 255, below which it may be a key frame's."""

PULSE_SHARE, PULSE_ALL_SHARE = 0.4, 0.2
"""How much more of a camera changes with a key frame than with the pictures before and after, and how much of all of the
picture: a sensor's noise is in each picture, and who sits still moves less of it."""

THAW_SHARE = 0.4
"""Of the camera's cells that move at once when it is back: a line of chat beside it moves fewer."""

RESUMES_SHARE = 0.25
"""Of what stood for a while, as much as moves at once when it goes on: a chat at its edge is less."""

LEAST_SEEN = 4
"""Pictures before the freeze that show how the camera looked."""

NOVEL_LUMA = 6.0
"""Beyond what a cell's mean luma, of 255, was before, that it looks new."""

NOVEL_SPREAD = 0.1
"""The same for a cell that is smoother than half of what it was: a sensor's noise has at least 0.3."""

CUT_LUMA = 10.0
"""Least change of a cell's mean luma, of 255, at a cut."""

CUT_REST_MS = 2_000
"""A cross-fade is one cut."""

MOST_GAIN = 1.3
"""Another exposure of the same scene: a camera takes a third of a stop at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What viewers see at one moment; it never leaves the part that measures it."""

    at_ms: int
    pixels: NDArray[np.uint8]
    """BGR or BGRA, shape (height, width, 3 or 4)."""


@dataclass(frozen=True, slots=True)
class PictureThresholds:
    """When viewers see nothing that lives."""

    black_luma_share: float = 0.1
    """Luma below which a pixel is black: a dark room with one lamp lies above."""
    black_area_share: float = 0.98
    """Share of black pixels: the rest is a pointer, or a logo."""
    black_s: float = 2.0
    """Seconds of it: a fade through black is shorter."""
    frozen_s: float = 10.0
    """Seconds without any motion where a camera was."""
    weak_change: float = 0.4
    """Mean change of a cell's luma, of 255, that is motion if it comes again: a sensor's noise does, a codec's key frame
    does not."""
    strong_change: float = 30.0
    """Change of one sample, of 255, that is motion at once: a blink lasts one picture."""
    camera_share: float = 0.04
    """Share of the picture that lived before, from which it was a camera: a fifth of each side."""
    novel_share: float = 0.15
    """Share of the picture that may look as never before when the camera stops: more is a menu, a slide or a card."""
    cut_share: float = 0.55
    """Share of the picture that must change at once, more than it used to, to be another scene."""
    scene_s: float = 20.0
    """Seconds that a saved break or start scene is on while somebody speaks: a goodbye before a break is shorter."""
    spoken_s: float = 5.0
    """Seconds of speech within those: a word to somebody in the room is shorter."""
    quiet_s: float = 4.0
    """Seconds without speech after which nobody speaks to the viewers any more."""


def sampled(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Single pixels of `pixels`, shape (144, 256, 3), 0 to 255: means of several would hide a sensor's noise.

    Args:
        pixels: BGR or BGRA, shape (height, width, 3 or 4), of any size.
    """
    height, width = pixels.shape[:2]
    rows = np.arange(ROWS * SIDE) * height // (ROWS * SIDE)
    columns = np.arange(COLUMNS * SIDE) * width // (COLUMNS * SIDE)
    return pixels[rows[:, None], columns, :3].astype(np.int16)


def luma_of(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    """Luma of `samples`, 0 to 255; green is most of it (0.59 to 0.72), and in the middle of RGB and of BGR."""
    return (samples[..., 0] + 2 * samples[..., 1] + samples[..., 2]) // 4


class PictureMeter:
    """Follows one stream of pictures; keeps a few numbers of each, and of the last 5 s 256 x 144 samples of luma.

    A frozen camera is a part of the picture that moved in most pictures and then stops all at once, while nothing new
    appears. So a slide, a card, a paused game and a fade are none, and a chat that scrolls beside it does not hide it.
    What goes black is a part, or all of it, that showed something and goes black at once, while the rest keeps its look
    and nothing is written on it. So a dark slide, a dark level and a card with a black ground are not.
    """

    def __init__(self, thresholds: PictureThresholds | None = None) -> None:
        self._limits = thresholds or PictureThresholds()
        self._size: tuple[int, ...] = ()
        self._forget()

    def _forget(self) -> None:
        grid = (ROWS, COLUMNS)
        self._last: NDArray[np.int16] | None = None
        self._last_ms = 0
        self._recent: deque[tuple[int, NDArray[np.uint8]]] = deque()
        self._weak: deque[NDArray[np.bool_]] = deque(maxlen=4)
        self._clear: deque[NDArray[np.bool_]] = deque(maxlen=4)
        self._moved: deque[NDArray[np.bool_]] = deque(maxlen=3)
        self._stirred_ms = np.zeros(grid)
        self._moved_ms = np.zeros(grid)
        self._changed, self._doubted = np.ones(grid, np.bool_), np.zeros(grid, np.bool_)
        self._usual = np.zeros(grid)
        self._usual_when_moved = np.zeros(grid)
        self._life = np.zeros(grid)
        self._life_when_moved = np.zeros(grid)
        self._stir = np.zeros(grid)
        self._stir_when_stirred = np.zeros(grid)
        self._seen: deque[_Seen] = deque()
        self._scene = 0
        self._jumps: deque[NDArray[np.float32]] = deque(maxlen=USUAL_JUMPS)
        self._black_ms: float | None = None
        self._lit = np.zeros(grid)
        self._lit_when_lit = np.zeros(grid)
        self._lit_ms = np.zeros(grid)
        self._dark: _Dark | None = None
        self._frozen: NDArray[np.bool_] | None = None
        self._cut_ms = -CUT_REST_MS

    @property
    def is_dark(self) -> bool:
        """Whether the newest picture, or the camera in it, is black, for however short."""
        return self._black_ms is not None

    def measure(self, at_ms: int, pixels: NDArray[np.uint8]) -> Screen:
        """The state of the stream with `pixels` in it, BGR or BGRA of shape (height, width, 3 or 4).

        Pictures come in order, one or two a second; a gap or another size begins a new stream.
        """
        samples, size = sampled(pixels), pixels.shape[:2]
        if size != self._size or not 0 <= at_ms - self._last_ms <= GAP_MS:
            self._forget()
            self._size = size
        luma = luma_of(samples)
        limits = self._limits
        cells = np.ascontiguousarray(luma.reshape(ROWS, SIDE, COLUMNS, SIDE).swapaxes(1, 2)).reshape(ROWS, COLUMNS, -1)
        look = _look(cells, samples)
        is_dark = self._is_dark(at_ms, cells, look)
        is_cut, motion = False, 0.0
        if self._last is not None and at_ms > self._last_ms:
            is_cut, motion = self._follow(at_ms, np.abs(cells - self._last), look)
        before = [one.look for one in self._seen_here() if one.at_ms < at_ms - TOGETHER_MS]
        novel_share = _novel_share(look, before) if len(before) >= LEAST_KNOWN else None
        self._seen.append(_Seen(at_ms, self._scene, look, novel_share))
        while self._seen[0].at_ms < at_ms - SEEN_MS:
            self._seen.popleft()
        self._recent.append((at_ms, cells.astype(np.uint8)))
        while self._recent[0][0] < at_ms - 2 * TOGETHER_MS:
            self._recent.popleft()
        if not is_dark:
            self._black_ms = None
        elif self._black_ms is None:
            gap_ms = at_ms - self._last_ms if self._last is not None else 0
            self._black_ms = at_ms - min(gap_ms / 2, HALF_GAP_MS)
        self._last, self._last_ms = cells, at_ms
        return Screen(
            at_ms,
            scene="",
            is_black=self._black_ms is not None and at_ms - self._black_ms >= limits.black_s * 1000,
            is_frozen=not is_dark and self._stands_still(at_ms, look),
            brightness=round(float(luma.mean()) / 255, 3),
            is_cut=is_cut,
            contrast=round(float(luma.std()) / 255, 3),
            motion=round(motion, 4),
        )

    def _seen_here(self) -> list[_Seen]:
        """Pictures since the last cut."""
        return [one for one in self._seen if one.scene == self._scene]

    def _is_dark(self, at_ms: int, cells: NDArray[np.int16], look: NDArray[np.float32]) -> bool:
        """Whether all of the picture is black, or a large part of it that was not, while the rest looks as before."""
        limit = self._limits.black_luma_share * 255
        black = cells < limit
        share = black.mean(axis=2)
        is_black = share >= self._limits.black_area_share
        dark = self._dark
        if dark and is_black[dark.part].mean() >= DARK_CELLS_SHARE and self._marks(cells, dark).sum() <= MARK_CELLS:
            self._note_lit(at_ms, ~is_black)
            return True
        self._dark = self._gone(at_ms, cells, is_black, look) if self._recent else None
        self._note_lit(at_ms, ~is_black)
        if self._dark is not None:
            return True
        written = (cells >= 2 * limit).mean(axis=2) >= MARK_SHARE
        return bool(black.mean() >= self._limits.black_area_share and written.sum() <= MARK_CELLS)

    def _note_lit(self, at_ms: int, is_lit: NDArray[np.bool_]) -> None:
        share = 1 - np.exp((self._last_ms - at_ms) / LIFE_MS) if self._last is not None else 1.0
        self._lit += share * (is_lit - self._lit)
        self._lit_when_lit = np.where(is_lit, self._lit, self._lit_when_lit)
        self._lit_ms = np.where(is_lit, at_ms, self._lit_ms)

    def _gone(
        self, at_ms: int, cells: NDArray[np.int16], is_black: NDArray[np.bool_], look: NDArray[np.float32]
    ) -> _Dark | None:
        """The part that went black at once, if it is large, the rest is as before, and nothing is written on it."""
        limits = self._limits
        lately = is_black & (self._lit_ms >= at_ms - 2 * TOGETHER_MS)
        lately &= (self._lit_when_lit >= WAS_LIT) | (self._life_when_moved >= LIVELY)
        if lately.mean() < DARK_SHARE or self._lit_ms[lately].max() < at_ms - TOGETHER_MS:
            return None
        lately &= self._lit_ms >= self._lit_ms[lately].max() - AT_ONCE_MS
        part = lately & _largest(is_black, lately)
        if part.mean() < DARK_SHARE:
            return None
        begin_ms = self._lit_ms[part].min()
        [before] = [one for one_ms, one in self._recent if one_ms == begin_ms][:1] or [self._recent[0][1]]
        dark = _Dark(part, before)
        went = ((cells < limits.black_luma_share * 255) & (before >= limits.black_luma_share * 255)).mean(axis=2)
        marks = self._marks(cells, dark)
        known = [one for one in self._seen if one.at_ms <= begin_ms]
        known = [one for one in known if one.scene == known[-1].scene]
        rest = ~is_black & (went < EDGE_SHARE)
        is_new = rest & _is_novel(look, [one.look for one in known])
        if (marks | (is_new & _box(part))).sum() > MARK_CELLS or is_new.mean() > limits.novel_share:
            return None
        any_luma = ANY_LUMA if len(known) >= LEAST_KNOWN else ANY_LUMA / 4
        is_new |= rest & (np.ptp([one.look[0] for one in known], axis=0) > any_luma)
        return dark if is_new.sum() <= max(MARK_CELLS, REST_SHARE * rest.sum()) else None

    def _marks(self, cells: NDArray[np.int16], dark: _Dark) -> NDArray[np.bool_]:
        """Which cells have something on black that was not there before."""
        limit, before = self._limits.black_luma_share * 255, dark.before
        bright, went = cells >= 2 * limit, (cells < limit) & (before >= limit)
        same = bright & (np.abs(cells - before) < self._limits.strong_change)
        other = bright & ~same
        on_black = went.mean(axis=2) >= GONE_SHARE
        is_new = on_black & (other.mean(axis=2) >= MARK_SHARE) & (other.sum(axis=2) > same.sum(axis=2))
        # White letters where all was white are new; a frame or a name over the camera stood out from most of it.
        thin = on_black & ~is_new & (same.mean(axis=2) >= MARK_SHARE) & (bright.mean(axis=2) <= THIN_SHARE)
        blended = thin & (np.abs(_mean_where(same, before) - _mean_where(went, before)) < STANDS_OUT)
        return np.asarray(is_new | blended if 2 * blended.sum() > thin.sum() else is_new)

    def _follow(self, at_ms: int, change: NDArray[np.int16], look: NDArray[np.float32]) -> tuple[bool, float]:
        """Learn what moved since the last picture; whether this one is of another scene, and how much the camera moved."""
        limits = self._limits
        mean_change = change.mean(axis=2)
        camera = self._life_when_moved >= LIVELY
        weak = mean_change >= limits.weak_change
        strong = change.max(axis=2) >= limits.strong_change
        is_pulse = self._is_pulse(mean_change, camera)
        self._doubted = weak & is_pulse
        weak, strong = weak & ~is_pulse, strong & ~is_pulse
        self._weak.append(weak)
        stirs = strong | (weak & (np.sum(self._weak, axis=0) >= 2))
        # What an encoder does to a picture that stands is faint beside what moved there.
        usual_change = np.maximum(self._usual_when_moved, self._usual_when_moved[camera].mean() if camera.any() else 0)
        clear = weak & (mean_change >= usual_change / REFINED)
        self._clear.append(clear)
        moved = (strong & (mean_change >= usual_change / KEY_FRAME)) | (clear & (np.sum(self._clear, axis=0) >= 2))
        self._moved.append(moved)
        if (
            camera.any()
            and stirs[camera].mean() >= RESUMES_SHARE
            and at_ms - np.median(self._moved_ms[camera]) > GAP_MS
        ):
            # What stood goes on, such as a game after its menu, and what of it still stands did not stop.
            self._moved_ms[camera] = self._stirred_ms[camera] = at_ms
        share = 1 - np.exp((self._last_ms - at_ms) / LIFE_MS)
        self._life += share * (stirs - self._life)
        self._life_when_moved = np.where(stirs, self._life, self._life_when_moved)
        self._stirred_ms = np.where(stirs, at_ms, self._stirred_ms)
        self._usual += share * (mean_change - self._usual)
        self._usual_when_moved = np.where(moved, self._usual, self._usual_when_moved)
        self._moved_ms = np.where(moved, at_ms, self._moved_ms)
        stirred = mean_change >= FAINT_CHANGE
        self._stir += share * (stirred - self._stir)
        self._stir_when_stirred = np.where(stirred, self._stir, self._stir_when_stirred)
        camera = self._life_when_moved >= LIVELY
        motion = float(mean_change[camera].mean()) / 255 if camera.any() else 0.0
        jump = _jump(look, self._seen[-1].look)
        usual = np.median(self._jumps, axis=0) if len(self._jumps) >= LEAST_SEEN else 0.0
        if (jump > np.maximum(CUT_LUMA, 2.5 * usual)).any(axis=0).mean() < limits.cut_share:
            if jump.mean() >= STILL_JUMP:
                self._jumps.append(jump)
            return False, motion
        self._life[:] = self._life_when_moved[:] = self._stir[:] = self._stir_when_stirred[:] = 0
        self._usual[:] = self._usual_when_moved[:] = 0
        self._frozen = None
        self._scene += 1
        self._jumps.clear()
        is_cut = at_ms - self._cut_ms >= CUT_REST_MS
        self._cut_ms = at_ms
        return is_cut, motion

    def _is_pulse(self, mean_change: NDArray[np.floating[Any]], camera: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which cells seem to change only because a key frame gives a picture that stands once more."""
        changed, before = mean_change >= FAINT_CHANGE, self._changed
        self._changed = changed
        if not camera.any():
            return np.zeros_like(camera)
        share, share_before = changed[camera].mean(), before[camera].mean()
        if share > share_before - PULSE_SHARE:
            # It went on, so it was motion.
            self._weak[-1] |= self._doubted
            self._clear[-1] |= self._doubted
        if share < share_before + PULSE_SHARE or changed.mean() < PULSE_ALL_SHARE:
            return np.zeros_like(camera)
        return np.asarray(mean_change < PULSE_CHANGE)

    def _stands_still(self, at_ms: int, look: NDArray[np.float32]) -> bool:
        limits = self._limits
        if self._frozen is not None:
            at_once = np.mean(self._moved[-1][self._frozen])
            in_a_row = np.sum(np.all(self._moved, axis=0) & self._frozen)
            if at_once < THAW_SHARE and in_a_row <= CLOCK_CELLS:
                return True
            self._life_when_moved[self._frozen] = self._life[self._frozen] = 1
            self._moved_ms[self._frozen] = self._stirred_ms[self._frozen] = at_ms
            self._frozen = None
        camera = self._life_when_moved >= LIVELY
        stirs = camera | (self._stir_when_stirred >= LIVELY)
        if camera.sum() < LEAST_CELLS or stirs.mean() < limits.camera_share:
            return False
        # A clock over the camera goes on, and a chat at its edge.
        others = round(OTHERS_SHARE * camera.sum())
        moved_ms, stirred_ms = np.sort(self._moved_ms[camera]), np.sort(self._stirred_ms[camera])
        stopped_ms = int(moved_ms[-1 - others])
        if at_ms - max(stopped_ms, stirred_ms[-1 - others] - REFINES_MS) < limits.frozen_s * 1000:
            return False
        if (stirred_ms >= stopped_ms - TOGETHER_MS).mean() < TOGETHER_SHARE:
            return False
        goes_on = camera & (self._moved_ms > stopped_ms)
        if self._life[goes_on].max(initial=0) >= LIVES_ON:
            return False
        before = [known for known in self._seen_here() if known.at_ms < stopped_ms - TOGETHER_MS]
        if len(before) < LEAST_SEEN:
            return False
        # Of a game that scrolls, each picture has much that is new, and a camera comes to new places step by step.
        shares = [known.novel_share for known in before if known.novel_share is not None]
        usual = min(float(np.quantile(shares, 0.9)), MOST_NOVEL_SHARE) if shares else 0.0
        novel_share = _novel_share(look, [known.look for known in before])
        if novel_share > limits.novel_share + usual and not self._came_by_steps(stopped_ms, novel_share):
            return False
        self._frozen = camera & (self._moved_ms <= stopped_ms)
        return True

    def _came_by_steps(self, stopped_ms: int, novel_share: float) -> bool:
        """Whether what is new came little by little: a card, a menu and a slide come at once."""
        last = [one for one in self._seen_here() if one.at_ms >= stopped_ms - 2 * TOGETHER_MS]
        shares = [one.novel_share for one in last if one.novel_share is not None]
        step = np.max(np.diff(shares), initial=0) if len(shares) > 1 else 1.0
        return bool(novel_share <= MOST_NOVEL_SHARE and step <= self._limits.novel_share)


class ScreenNews:
    """Lets the states of a picture through that tell something: two a second would fill every log with nothing new."""

    def __init__(self) -> None:
        self._told: Screen | None = None

    def of(self, screen: Screen) -> Sequence[Screen]:
        """`screen`, where it is a cut, differs from what was told last, or is the first in 10 s."""
        told = self._told
        if told and not screen.is_cut and screen.at_ms - told.at_ms < TELL_EVERY_MS and _state(screen) == _state(told):
            return ()
        self._told = screen
        return (screen,)


def _state(screen: Screen) -> tuple[str, str, bool, bool]:
    return screen.scene, screen.product, screen.is_black, screen.is_frozen


@dataclass(frozen=True, slots=True)
class _Seen:
    """How an earlier picture looked."""

    at_ms: int
    scene: int
    """Cuts before it."""
    look: NDArray[np.float32]
    """See `_look`."""
    novel_share: float | None
    """None: too few pictures before it to say."""


@dataclass(frozen=True, slots=True, eq=False)
class _Dark:
    """What went black."""

    part: NDArray[np.bool_]
    """Its cells, shape (ROWS, COLUMNS)."""
    before: NDArray[np.uint8]
    """Luma of the picture before, shape (ROWS, COLUMNS, SIDE * SIDE)."""


def _look(cells: NDArray[np.int16], samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Mean luma, mean colour (first less last channel) and spread of luma of the cells, shape (3, ROWS, COLUMNS)."""
    colour = (samples[..., 0] - samples[..., 2]).reshape(ROWS, SIDE, COLUMNS, SIDE)
    means = cells.mean(axis=2, dtype=np.float32)
    return np.stack((means, colour.mean(axis=(1, 3), dtype=np.float32), cells.std(axis=2, dtype=np.float32)))


def _jump(look: NDArray[np.float32], last: NDArray[np.float32]) -> NDArray[np.float32]:
    """Change of luma and colour of the cells, another exposure aside, shape (2, ROWS, COLUMNS)."""
    now, before = look[:2], last[:2]
    jump = np.abs(now - before)
    gain = float((now[0] * before[0]).sum() / max(float(np.square(before[0]).sum()), 1.0))
    if not 1 / MOST_GAIN <= gain <= MOST_GAIN:
        return np.asarray(jump)
    exposed = np.abs(now - gain * before)
    return np.asarray(exposed if exposed.mean() < jump.mean() else jump)


def _novel_share(look: NDArray[np.float32], before: Sequence[NDArray[np.float32]]) -> float:
    """Share of cells that look as in none of the pictures `before`."""
    return float(_is_novel(look, before).mean())


def _is_novel(look: NDArray[np.float32], before: Sequence[NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Which cells look as in none of the pictures `before`: darker, of another colour, smoother; (ROWS, COLUMNS)."""
    known = np.array(before)
    low, high = known.min(axis=0), known.max(axis=0)
    is_novel: NDArray[np.bool_] = ((look[:2] < low[:2] - NOVEL_LUMA) | (look[:2] > high[:2] + NOVEL_LUMA)).any(axis=0)
    is_novel |= (look[2] < low[2] / 2 - NOVEL_SPREAD) | (look[2] > 2 * high[2] + NOVEL_LUMA)
    return is_novel


def _largest(area: NDArray[np.bool_], counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected part of `area` that has most cells of `counted`, shape (ROWS, COLUMNS)."""
    labels = np.pad(np.where(area, np.arange(1, area.size + 1).reshape(area.shape), 0), 1)
    while True:
        around = (labels[:-2, 1:-1], labels[2:, 1:-1], labels[1:-1, :-2], labels[1:-1, 2:])
        grown = np.where(area, np.maximum.reduce((labels[1:-1, 1:-1], *around)), 0)
        if (grown == labels[1:-1, 1:-1]).all():
            return np.asarray(grown == np.bincount(grown[counted]).argmax())
        labels[1:-1, 1:-1] = grown


def _mean_where(which: NDArray[np.bool_], luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean of `luma` over the samples `which` of each cell, shape (ROWS, COLUMNS); 0 where there are none."""
    return np.asarray((luma * which).sum(axis=2) / np.maximum(which.sum(axis=2), 1))


def _box(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rectangle around `part`."""
    rows, columns = np.nonzero(part)
    box = np.zeros_like(part)
    box[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] = True
    return box
