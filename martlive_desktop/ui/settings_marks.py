"""How the settings' words are marked for translation."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from martlive_desktop.ui.translation import QT_TRANSLATE_NOOP as QT_TRANSLATE_NOOP


def spoken(text: str) -> str:
    """`text` of the settings in the language of the windows."""
    return QCoreApplication.translate("Settings", text)


@dataclass(frozen=True, slots=True)
class Words:
    """What a setting is called and why it is as it is, both in English."""

    label: str
    reason: str
