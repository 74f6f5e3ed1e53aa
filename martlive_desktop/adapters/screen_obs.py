"""Pictures of what OBS sends out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from martlive_desktop.adapters.obs import connected, picture_in
from martlive_desktop.core.errors import ObsUnavailable, ScreenUnavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.screen_grab import Rect

WIDTH_PX = 640
"""Width of a picture that is only measured: 256 samples are taken of each line, and OBS draws it in a moment."""

QUALITY = 90
"""Of the JPEG, in percent: letters of 11 px stay readable, and it takes a tenth of PNG's time."""

NO_PICTURE = "OBS gives no picture of its program; update OBS, or watch a monitor instead."


class ObsGrabber:
    """Takes pictures of OBS's program scene; for use in one thread."""

    name = "OBS"
    rect: Rect | None = None
    may_hide = False

    def __init__(self, host: str, port: int, password: str | None) -> None:
        """Connect.

        Raises:
            ScreenUnavailable: OBS does not answer, or does not let MartLive look.
        """
        self._opened = contextlib.ExitStack()
        try:
            self._obs = self._opened.enter_context(connected(host, port, password))
        except ObsUnavailable as exc:
            raise ScreenUnavailable(str(exc)) from exc

    def close(self) -> None:
        # What is gone cannot say goodbye.
        with contextlib.suppress(ObsUnavailable):
            self._opened.close()

    def grab(self, *, is_full: bool) -> NDArray[np.uint8]:
        """What viewers see, BGR of shape (height, width, 3): as large as OBS sends it, or WIDTH_PX wide.

        Raises:
            ScreenUnavailable: OBS is gone, or gives no picture.
        """
        try:
            scene = self._obs.ask("GetCurrentProgramScene").get("currentProgramSceneName")
            size = {} if is_full else {"imageWidth": WIDTH_PX}
            answer = self._obs.ask(
                "GetSourceScreenshot", sourceName=scene, imageFormat="jpg", imageCompressionQuality=QUALITY, **size
            )
        except ObsUnavailable as exc:
            raise ScreenUnavailable(str(exc)) from exc
        return _decoded(str(answer.get("imageData")))


def _decoded(url: str) -> NDArray[np.uint8]:
    """The picture in a data URL."""
    import cv2

    picture = picture_in(url, cv2.IMREAD_COLOR)
    if picture is None:
        raise ScreenUnavailable(NO_PICTURE)
    return picture
