"""The page of the first run that finds OBS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from martlive_desktop.ui.fields import Labelled
from martlive_desktop.ui.first_run_pages import Page
from martlive_desktop.ui.first_run_parts import Advice, Sign, card, set_mark, tint
from martlive_desktop.ui.sentences import translated
from martlive_desktop.ui.window_style import GRID_PX, HEADING_PX, TEXT_PX, main_button, words

if TYPE_CHECKING:
    from martlive_desktop.ui.first_run_state import FirstRunState, ObsReach
    from martlive_desktop.ui.theme import Look

PASSWORD_PX = 260


class ObsPage(Page):
    """Whether OBS is found, how to let MartLive in, and the stream window for its scene."""

    obs_sought = Signal()
    password_given = Signal(str)
    source_requested = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            self.tr("Do you stream with OBS?"),
            self.tr("With it, MartLive sees what your viewers get, and whether your stream runs well."),
        )
        self._reach: ObsReach | None = None
        self._card, inside = card(look)
        self._sign = Sign(look, "hourglass", look.theme.text_dim, 20)
        self._sentence = words(look, "", color=look.theme.text, text_px=HEADING_PX, is_bold=True)
        self._again = QPushButton(self.tr("Look again"))
        self._again.clicked.connect(self.obs_sought)
        head = QHBoxLayout()
        head.setSpacing(round(look.px(1.5 * GRID_PX)))
        head.addWidget(self._sign)
        head.addWidget(self._sentence, 1)
        head.addWidget(self._again)
        inside.addLayout(head)
        self._steps = self._how_to(look)
        inside.addWidget(self._steps)
        self._entry = self._password(look)
        inside.addWidget(self._entry)
        self._problem = Advice(look)
        inside.addWidget(self._problem)
        self.column.addWidget(self._card)
        self._offer = self._source(look)
        self.column.addWidget(self._offer)
        self.column.addStretch(1)

    def _how_to(self, look: Look) -> QWidget:
        steps = QWidget()
        column = QVBoxLayout(steps)
        column.setContentsMargins(0, round(look.px(GRID_PX)), 0, 0)
        column.setSpacing(round(look.px(GRID_PX)))
        for number, text in enumerate(
            (
                self.tr("In OBS, open Tools → WebSocket Server Settings."),
                self.tr("Tick “Enable WebSocket server” and press OK."),
                self.tr("Come back here and press “Look again”."),
            ),
            start=1,
        ):
            column.addWidget(words(look, f"{number}.  {text}", color=look.theme.text_dim))
        return steps

    def _password(self, look: Look) -> QWidget:
        entry = QWidget()
        self._line = QLineEdit()
        self._line.setEchoMode(QLineEdit.EchoMode.Password)
        self._line.setFixedWidth(round(look.px(PASSWORD_PX)))
        self._line.returnPressed.connect(self._give_password)
        hint = self.tr("OBS shows it under Tools → WebSocket Server Settings → Show Connect Info.")
        self._labelled = Labelled(look, self.tr("Password of OBS’s WebSocket server"), self._line, hint)
        self._connect = main_button(self.tr("Connect"))
        self._connect.clicked.connect(self._give_password)
        self._connect.setEnabled(False)
        self._line.textChanged.connect(lambda text: self._connect.setEnabled(bool(text)))
        # The button stands beside the field, not beside its hint.
        field = QHBoxLayout()
        field.setSpacing(round(look.px(GRID_PX)))
        field.addWidget(self._connect)
        field.addStretch(1)
        column = QVBoxLayout(entry)
        column.setContentsMargins(0, round(look.px(GRID_PX)), 0, 0)
        column.setSpacing(round(look.px(GRID_PX)))
        column.addWidget(self._labelled)
        column.addLayout(field)
        return entry

    def _source(self, look: Look) -> QWidget:
        offer, inside = card(look)
        self._add = QPushButton(self.tr("Add the stream window to my scene"))
        self._add.clicked.connect(self.source_requested)
        text = self.tr("For your viewers: the product on show, its price, captions. Your tips are not on it.")
        inside.addWidget(words(look, text, color=look.theme.text_dim))
        row = QHBoxLayout()
        row.setSpacing(round(look.px(1.5 * GRID_PX)))
        self._result = words(look, "", color=look.theme.text)
        row.addWidget(self._add)
        row.addWidget(self._result, 1)
        inside.addLayout(row)
        return offer

    def _give_password(self) -> None:
        if self._line.text():
            self.password_given.emit(self._line.text())

    @override
    def render_state(self, state: FirstRunState) -> None:
        theme = self._look.theme
        sentence, icon, color = {
            "looking": (self.tr("Looking for OBS on this computer…"), "hourglass", theme.text_dim),
            "found": (self.tr("OBS is connected."), "check", theme.praise),
            "locked": (self.tr("OBS is here and asks for its password."), "triangle-alert", theme.now),
            "absent": (self.tr("OBS does not answer. Is it running?"), "triangle-alert", theme.now),
        }[state.obs]
        self._sign.show_sign(icon, color)
        self._sentence.setText(sentence)
        set_mark(self._card, "good", is_on=state.obs == "found")
        self._again.setVisible(state.obs in {"absent", "locked"})
        self._steps.setVisible(state.obs == "absent")
        self._entry.setVisible(state.obs == "locked")
        refusal = self.tr("OBS has another password: Tools → WebSocket Server Settings → Show Connect Info.")
        self._labelled.advise(refusal if state.is_password_refused else "")
        # To be marked as wrong takes the field's font away.
        self._line.setFont(self._look.font(TEXT_PX))
        self._problem.advise(state.obs_problem)
        self._offer.setVisible(state.obs == "found")
        result = state.source_result
        tint(
            self._result,
            translated(result.sentence) if result else "",
            theme.praise if result and result.is_done else theme.now,
        )
        # Without OBS, Enter goes on.
        self.entry = self._line if state.obs == "locked" else None
        if state.obs != self._reach:
            self._reach = state.obs
            if state.obs == "found":
                self._line.clear()
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))
