"""When viewers see nothing that lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureThresholds:
    """When viewers see nothing that lives."""

    black_luma_share: float = 0.1
    """Luma below which a pixel is black: a dark room with one lamp lies above."""
    black_area_share: float = 0.98
    """Share of black pixels: the rest is a pointer, or a logo."""
    black_s: float = 2.0
    """Seconds of it: a fade through black is shorter."""
    frozen_s: float = 8.5
    """Seconds without any motion where a camera was; an encoder may go on refining for three more."""
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
