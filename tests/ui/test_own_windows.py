"""Where the own windows lie in physical pixels."""

import pytest

from martlive_desktop.ui.own_windows import to_native


@pytest.mark.parametrize(
    ("logical", "corner", "ratio", "native"),
    [
        ((100, 50, 400, 300), (0, 0), 1.0, (100, 50, 400, 300)),
        ((100, 50, 400, 300), (0, 0), 2.0, (200, 100, 800, 600)),
        ((2660, 50, 400, 300), (2560, 0), 1.0, (2660, 50, 400, 300)),
        ((2660, 50, 400, 300), (2560, 0), 1.5, (2710, 75, 600, 450)),
        ((-1820, -990, 100, 100), (-1920, -1080), 1.25, (-1795, -968, 125, 126)),
        ((3, 3, 5, 5), (0, 0), 1.5, (4, 4, 8, 8)),
    ],
    ids=["plain", "scaled", "right screen", "right screen scaled", "screen left above", "rounded outwards"],
)
def test_window_is_scaled_around_the_corner_of_its_screen(
    logical: tuple[int, int, int, int], corner: tuple[int, int], ratio: float, native: tuple[int, int, int, int]
) -> None:
    assert to_native(logical, corner, ratio) == native
