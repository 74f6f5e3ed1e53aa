"""The window that shows what the language model was asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from martlive_desktop.ui.model_view import MOST_LINES, ModelView

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from martlive_desktop.ui.theme import Look


def test_exchange_from_another_thread_is_shown_without_the_static_part(qtbot: QtBot, look: Look) -> None:
    view = ModelView(look)
    qtbot.addWidget(view)
    thread = threading.Thread(target=view.post, args=("Copy the words.\n\nLine: <b>safe?</b>\n", '{"span": "safe"}'))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: view.toPlainText() == 'asked:  Line: <b>safe?</b>\nwrote:  {"span": "safe"}\n')


def test_silent_model_and_many_exchanges(qtbot: QtBot, look: Look) -> None:
    view = ModelView(look)
    qtbot.addWidget(view)
    for number in range(200):
        view.post(f"Line: {number}\n", "")
    qtbot.waitUntil(lambda: "asked:  Line: 199\nwrote:  (nothing in time)" in view.toPlainText())
    assert view.document().blockCount() <= MOST_LINES
