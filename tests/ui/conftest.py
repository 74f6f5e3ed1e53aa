"""Widgets are tested without a screen; tests/desktop has the ones with a screen."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest

from martlive_desktop.ui.theme import Look, load_look

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture
def look(qapp: "QApplication") -> Look:
    return load_look(RESOURCES)
