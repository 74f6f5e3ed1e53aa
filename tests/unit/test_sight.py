"""All that is measured of a picture."""

from __future__ import annotations

import numpy as np

from martlive_desktop.core.picture import Picture
from martlive_desktop.core.picture_thresholds import PictureThresholds
from martlive_desktop.core.scenes import learn
from martlive_desktop.core.sight import Sight

CARD = np.kron(np.random.default_rng(0).integers(30, 230, (18, 32, 3)), np.ones((10, 10, 1))).astype(np.uint8)
BLACK = np.zeros_like(CARD)


def test_picture_gives_state_and_scene() -> None:
    sight = Sight(looks=[learn("break", [CARD])])
    screens = [sight.see(Picture(at_ms, pixels)) for at_ms, pixels in ((0, CARD), (500, BLACK), (2_500, BLACK))]
    assert [(one.at_ms, one.scene, one.is_black) for one in screens] == [
        (0, "break", False),
        (500, "", False),
        (2_500, "", True),
    ]
    assert sight.is_dark


def test_scenes_are_known_from_the_picture_after_they_were_saved() -> None:
    sight = Sight()
    assert sight.see(Picture(0, CARD)).scene == ""
    sight.use_scenes([learn("starting", [CARD])])
    assert sight.see(Picture(500, CARD)).scene == "starting"
    assert not sight.is_dark


def test_other_limits_hold_from_the_next_picture_on() -> None:
    sight = Sight()
    assert not any(sight.see(Picture(at_ms, BLACK)).is_black for at_ms in (0, 500, 1_000))
    sight.use(PictureThresholds(black_s=0.5))
    assert [sight.see(Picture(at_ms, BLACK)).is_black for at_ms in (1_500, 2_000)] == [False, True]
