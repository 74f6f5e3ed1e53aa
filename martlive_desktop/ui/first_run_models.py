"""The page of the first run that brings the models to this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from martlive_desktop.ui.first_run_pages import Page
from martlive_desktop.ui.first_run_parts import Advice, ModelFetch, card
from martlive_desktop.ui.formats import size_text
from martlive_desktop.ui.window_style import GRID_PX, HEADING_PX, SMALL_PX, TEXT_PX, words

if TYPE_CHECKING:
    from martlive_desktop.ui.first_run_state import FirstRunState, ModelLine
    from martlive_desktop.ui.theme import Look


class ModelsPage(Page):
    """What MartLive needs to hear and to understand, and how to get it."""

    model_fetched = Signal(str)
    model_stopped = Signal(str)
    folder_chosen = Signal(str)
    """The models that are missing may lie there."""

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            self.tr("What MartLive thinks with"),
            self.tr("Models are fetched once and then work without the internet. You can go on meanwhile."),
        )
        self._rows: dict[str, ModelRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(round(look.px(1.5 * GRID_PX)))
        self.column.addLayout(self._list)
        self._offline = self._folder_row(look)
        self.column.addWidget(self._offline)
        self.column.addStretch(1)

    @override
    def render_state(self, state: FirstRunState) -> None:
        for model in state.models:
            if model.name not in self._rows:
                row = self._rows[model.name] = ModelRow(self._look)
                row.fetch.fetched.connect(self.model_fetched)
                row.fetch.stopped.connect(self.model_stopped)
                self._list.addWidget(row)
                row.show()
            self._rows[model.name].show_model(model)
        self._offline.setVisible(any(model.stage == "missing" for model in state.models))
        speech = state.speech_model
        self.entry = self._rows[speech.name].fetch.entry if speech and speech.stage == "missing" else None

    def _folder_row(self, look: Look) -> QWidget:
        """Models need no internet where somebody has them already."""
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        choose = QPushButton(self.tr("Choose a folder…"))
        choose.setFont(look.font(TEXT_PX))
        choose.setProperty("quiet", True)  # noqa: FBT003 - Qt's signature
        choose.clicked.connect(self._choose_folder)
        hint = self.tr("You have them on a stick or in a shared folder? Then no internet is needed.")
        choose.setAccessibleDescription(hint)
        line.addWidget(words(look, hint, color=look.theme.text_dim, text_px=SMALL_PX), 1)
        line.addWidget(choose)
        return row

    def _choose_folder(self) -> None:
        if folder := QFileDialog.getExistingDirectory(self, self.tr("Choose the folder that has the models")):
            self.folder_chosen.emit(folder)


class ModelRow(QFrame):
    """One model: what it does, how large it is, and how to get it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        frame, inside = card(look)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(frame)
        self._title = words(look, "", color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        self._facts = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self.fetch = ModelFetch(look, is_in_table=True)
        self._advice = Advice(look)
        texts, row = QVBoxLayout(), QHBoxLayout()
        texts.setSpacing(round(look.px(0.5 * GRID_PX)))
        texts.addWidget(self._title)
        texts.addWidget(self._facts)
        row.addLayout(texts, 1)
        row.addWidget(self.fetch)
        inside.addLayout(row)
        inside.addWidget(self._advice)

    def show_model(self, model: ModelLine) -> None:
        title = {
            "speech": self.tr("Hears what you say"),
            "meaning": self.tr("Knows when a question was answered"),
            "writing": self.tr("Words tips"),
        }.get(model.task, model.name)
        facts = [model.name, size_text(model.bytes), model.licence]
        if not model.is_needed:
            facts.insert(0, self.tr("Optional"))
        self._title.setText(title)
        self._facts.setText(" · ".join(facts))
        self.fetch.show_model(model, title)
        self._advice.advise(model.problem)
