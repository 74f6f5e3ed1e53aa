"""Pictures of the capture as pictures that Qt draws."""

import numpy as np
import pytest

from martlive_desktop.ui.pixels import to_qimage


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_stay_what_they_are(channels: int) -> None:
    pixels = np.zeros((2, 5, channels), np.uint8)
    pixels[1, 4, :3] = (10, 20, 200)
    image = to_qimage(pixels)
    assert (image.width(), image.height()) == (5, 2)
    assert image.pixelColor(4, 1).getRgb() == (200, 20, 10, 255)


def test_picture_outlives_the_array() -> None:
    pixels = np.full((4, 4, 3), 7, np.uint8)
    image = to_qimage(pixels)
    pixels[:] = 99
    assert image.pixelColor(2, 2).red() == 7


def test_view_with_strides_is_taken_as_it_looks() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[4, 2] = (1, 2, 3)
    assert to_qimage(pixels[::4, ::2]).pixelColor(1, 1).getRgb() == (3, 2, 1, 255)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (1, 4, 4, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="4"):
        to_qimage(np.zeros(shape, np.uint8))
