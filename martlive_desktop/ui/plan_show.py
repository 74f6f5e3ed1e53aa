"""What is known of the show as a whole: its title, its kind, its language, who pays for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from martlive_desktop.core.plan import Mode
from martlive_desktop.ui.fields import Choice, Labelled, LineField, Tick
from martlive_desktop.ui.window_style import GRID_PX, TEXT_PX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlive_desktop.ui.plan_draft import PlanDraft
    from martlive_desktop.ui.theme import Look

LANGUAGES = {
    "auto": "",
    "en": "English",
    "zh": "中文",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "pt": "Português",
    "th": "ไทย",
    "vi": "Tiếng Việt",
}
"""Each in its own words; a plan's other codes are kept."""


class ShowCard(QFrame):
    """Shows a draft's own fields and tells what is changed in them."""

    field_edited = Signal(str, object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        self._look = look
        self._lines: dict[str, LineField] = {}
        self._labelled: dict[str, Labelled] = {}
        self._kind, self._language = Choice(look), Choice(look)
        kinds: dict[Mode, str] = {"selling": self.tr("Selling"), "gaming": self.tr("Gaming"), "talk": self.tr("Talk")}
        for mode in get_args(Mode):
            self._kind.addItem(kinds[mode], mode)
        for code, name in LANGUAGES.items():
            self._language.addItem(name or self.tr("Any language"), code)
        for choice in (self._kind, self._language):
            choice.setFont(look.font(TEXT_PX))
        self._sponsored = Tick(look, self.tr("Somebody pays for this show"))
        self._lay_out()
        self._kind.activated.connect(lambda _index: self.field_edited.emit("mode", self._kind.currentData()))
        self._language.activated.connect(
            lambda _index: self.field_edited.emit("language", self._language.currentData())
        )
        self._sponsored.clicked.connect(lambda is_on: self.field_edited.emit("sponsored", is_on))

    def field(self, name: str) -> LineField:
        """The line in which the field `name` is changed."""
        return self._lines[name]

    def show_draft(self, draft: PlanDraft, advice: Mapping[str, str]) -> None:
        """Show `draft` and what is to be done, by field."""
        for name, line in self._lines.items():
            line.show_text(getattr(draft, name))
        for name, labelled in self._labelled.items():
            labelled.advise(advice.get(name, ""))
        self._kind.setCurrentIndex(self._kind.findData(draft.mode))
        if self._language.findData(draft.language) < 0:
            self._language.addItem(draft.language, draft.language)
        self._language.setCurrentIndex(self._language.findData(draft.language))
        self._sponsored.setChecked(draft.sponsored)
        self._lines["sponsor"].setEnabled(draft.sponsored)

    def _lay_out(self) -> None:
        look = self._look
        top, below = QHBoxLayout(), QHBoxLayout()
        for row in (top, below):
            row.setSpacing(round(look.px(2 * GRID_PX)))
        top.addWidget(self._labelled_line("title", self.tr("Title")), 6)
        top.addWidget(Labelled(look, self.tr("Kind of show"), self._kind), 3)
        top.addWidget(Labelled(look, self.tr("Language"), self._language), 3)
        top.addWidget(self._labelled_line("currency", self.tr("Currency")), 2)
        top.addWidget(self._labelled_line("minutes", self.tr("Minutes")), 2)
        below.addWidget(self._sponsored)
        below.addWidget(self._line("sponsor"), 1)
        self._lines["title"].setPlaceholderText(self.tr("What is your show called?"))
        self._lines["minutes"].setAccessibleName(self.tr("Minutes of the show"))
        self._lines["sponsor"].setPlaceholderText(self.tr("Who?"))
        self._lines["sponsor"].setAccessibleName(self.tr("Sponsor"))
        column = QVBoxLayout(self)
        edge = round(look.px(2 * GRID_PX))
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(round(look.px(GRID_PX)))
        column.addLayout(top)
        column.addLayout(below)

    def _labelled_line(self, name: str, label: str) -> Labelled:
        self._labelled[name] = Labelled(self._look, label, self._line(name))
        return self._labelled[name]

    def _line(self, name: str) -> LineField:
        line = LineField()
        line.setFont(self._look.font(TEXT_PX))
        line.textEdited.connect(lambda text: self.field_edited.emit(name, text))
        self._lines[name] = line
        return line
