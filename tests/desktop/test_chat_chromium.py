"""A chat in a real browser, read off its pictures by the real recogniser."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.bench.chat_screen import STYLES, BrowserPanel, score, watch, written

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


@pytest.mark.parametrize(
    ("style", "theme", "size_px"),
    [(style, theme, 13) for style, theme in zip(STYLES, ("dark", "light", "dark"), strict=True)],
)
def test_each_line_of_a_scrolling_chat_is_read_once(style: str, theme: str, size_px: int) -> None:
    lines = written(a_minute=20, seconds=45, seed=7)
    with ExitStack() as stack:
        found, _ = watch(BrowserPanel(stack, style, theme, size_px), lines, 45)
    result = score(style, lines, found, 0.0)
    assert (result.found, result.doubles) == (len(lines), 0)
    assert result.errors <= 0.02 * result.characters
