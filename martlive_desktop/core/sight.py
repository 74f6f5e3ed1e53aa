"""All that is measured of a picture, in one call for the part that takes pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from martlive_desktop.core.picture import PictureMeter
from martlive_desktop.core.scenes import SceneMatcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlive_desktop.core.events import Screen
    from martlive_desktop.core.picture import Picture
    from martlive_desktop.core.picture_thresholds import PictureThresholds
    from martlive_desktop.core.scenes import SceneLook


class Sight:
    """Follows one stream of pictures; it keeps samples of the last seconds, never a picture."""

    def __init__(self, thresholds: PictureThresholds | None = None, looks: Sequence[SceneLook] = ()) -> None:
        self._meter = PictureMeter(thresholds)
        self._matcher = SceneMatcher(looks)

    @property
    def is_dark(self) -> bool:
        """Whether the newest picture is black: look again soon."""
        return self._meter.is_dark

    def use_scenes(self, looks: Sequence[SceneLook]) -> None:
        """Tell these scenes from now on."""
        self._matcher = SceneMatcher(looks)

    def use(self, thresholds: PictureThresholds) -> None:
        """Measure by other limits from now on; what led up to now is forgotten."""
        self._meter = PictureMeter(thresholds)

    def see(self, picture: Picture) -> Screen:
        """The state of the stream with `picture` in it; pictures come in order."""
        screen = self._meter.measure(picture.at_ms, picture.pixels)
        return replace(screen, scene=self._matcher.match(picture.at_ms, picture.pixels))
