"""What viewers see, watched: pictures become measurements, and are gone."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from martlive_desktop.core.events import Chat, Screen, Status
from martlive_desktop.core.picture import Picture, ScreenNews
from martlive_desktop.core.scenes import SceneLook, learn, sampled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from martlive_desktop.adapters.chat_ocr import OcrChat
    from martlive_desktop.adapters.product_pictures import ProductFinder
    from martlive_desktop.core.sight import Sight
    from martlive_desktop.ports import PictureSource

FIND_EVERY_MS = 2_000
"""From one search for a product to the next: it is held up for longer."""

LEARN_PICTURES = 6
"""Pictures from which a scene is learned: three seconds show what moves in it."""


class ScreenWatch:
    """A `ScreenSource` over pictures; everything but `read` may be called from any thread."""

    def __init__(
        self,
        source: PictureSource,
        sight: Sight,
        *,
        finder: ProductFinder | None = None,
        chat: OcrChat | None = None,
        is_live: bool = True,
        on_picture: Callable[[NDArray[np.uint8]], None] | None = None,
        on_scene: Callable[[SceneLook], None] | None = None,
    ) -> None:
        """Nothing is watched before `read`.

        Args:
            source: gives the pictures.
            sight: measures them.
            finder: looks for the products of the plan.
            chat: reads the chat on them; live it is a source of its own, else its lines come with the measurements.
            is_live: whether time goes on while a picture is read.
            on_picture: gets each picture and may keep none.
            on_scene: gets a scene that was learned.
        """
        self._source = source
        self._sight = sight
        self._finder = finder
        self._chat = chat
        self._is_live = is_live
        self._on_picture = on_picture
        self._on_scene = on_scene
        self._news = ScreenNews()
        self._find_ms = 0
        self._product = ""
        self._lock = threading.Lock()
        self._learning = ""
        self._learned: list[NDArray[np.uint8]] = []
        self.scene = ""
        """The saved scene that is on."""

    def learn(self, name: str) -> None:
        """Take the next pictures for the scene called `name`."""
        with self._lock:
            self._learning, self._learned = name, []

    def close(self) -> None:
        """End `read` soon."""
        self._source.close()
        if self._chat is not None:
            self._chat.close()

    def read(self) -> Iterator[Screen | Chat | Status]:
        for problem in self._finder.problems if self._finder else ():
            yield Status(0, "screen", "picture", problem)
        try:
            for item in self._source.read():
                if isinstance(item, Picture):
                    yield from self._see(item)
                else:
                    yield item
        finally:
            if self._chat is not None and not self._is_live:
                self._chat.stop()

    def _see(self, picture: Picture) -> Iterator[Screen | Chat | Status]:
        if self._finder and not self._finder.is_idle and picture.at_ms >= self._find_ms:
            self._find_ms = picture.at_ms + FIND_EVERY_MS
            self._product = self._finder.find(picture.pixels)
        screen = replace(self._sight.see(picture), product=self._product)
        self.scene = screen.scene
        yield from self._news.of(screen)
        self._learn_from(picture)
        if self._on_picture is not None:
            self._on_picture(picture.pixels)
        if self._chat is not None:
            if self._is_live:
                self._chat.offer(picture)
            else:
                yield from self._chat.look(picture)

    def _learn_from(self, picture: Picture) -> None:
        with self._lock:
            name = self._learning
            if not name:
                return
            self._learned.append(sampled(picture.pixels))
            if len(self._learned) < LEARN_PICTURES:
                return
            pictures, self._learning, self._learned = self._learned, "", []
        if self._on_scene is not None:
            self._on_scene(learn(name, pictures))
