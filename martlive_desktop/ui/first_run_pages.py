"""The pages of the first run, one for each step; models and OBS have modules of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from martlive_desktop.core.speech.languages import LANGUAGES
from martlive_desktop.ui.fields import Choice, Labelled, Tick
from martlive_desktop.ui.first_run_parts import (
    KeyCaps,
    ModelFetch,
    Options,
    Sign,
    card,
    say,
    set_mark,
    tint,
)
from martlive_desktop.ui.source_tiles import SourceTile
from martlive_desktop.ui.strip import LevelMeter, Line
from martlive_desktop.ui.window_style import GRID_PX, HEADING_PX, SMALL_PX, TEXT_PX, words

if TYPE_CHECKING:
    from martlive_desktop.ui.first_run_state import FirstRunState, Hearing
    from martlive_desktop.ui.theme import Look

PAGE_TITLE_PX = 24
SAID_PX = 20
"""Of what was understood: to be read at a glance, as a tip is."""

SAID_LINES = 2
"""Room that is kept for it, so that nothing moves while words come."""

METER_SCALE = 2.5
"""How much larger the meter is than on the strip."""

TILE_COLUMNS = 3

FIRST_LANGUAGES = ("en", "zh", "auto")
"""Offered side by side; the others are in a list."""

OWN_NAMES = {"es": "español"}
"""Of languages of which Qt only knows the names in single countries."""


class Page(QWidget):
    """What is on one step: a title, a sentence that says what it is for, and what is to be chosen."""

    def __init__(self, look: Look, title: str, purpose: str) -> None:
        super().__init__()
        self._look = look
        self.title = title
        self.entry: QWidget | None = None
        """Where the keyboard begins; None: where it goes on."""
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(round(look.px(2 * GRID_PX)))
        head = QVBoxLayout()
        head.setSpacing(round(look.px(GRID_PX)))
        head.addWidget(words(look, title, color=look.theme.text, text_px=PAGE_TITLE_PX, is_bold=True))
        head.addWidget(words(look, purpose, color=look.theme.text_dim))
        self.column.addLayout(head)
        self.setAccessibleName(title)

    def render_state(self, state: FirstRunState) -> None:
        """Show `state`."""
        raise NotImplementedError

    def _heading(self, text: str) -> QWidget:
        label = words(self._look, text, color=self._look.theme.text, text_px=SMALL_PX, is_bold=True)
        label.setWordWrap(False)
        return label


class LanguagePage(Page):
    """The language of the windows, and the one that is spoken."""

    app_language_chosen = Signal(str)
    spoken_language_chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            self.tr("Welcome to MartLive"),
            self.tr("A coach that only you see. Two minutes, and it is ready for your first show."),
        )
        of_windows = (("", self.tr("System")), ("en", "English"), ("zh_CN", "中文"))
        self._windows = Options(look, self.tr("Language of MartLive"), of_windows)
        self._windows.chosen.connect(self.app_language_chosen)
        of_speech = (("en", self.tr("English")), ("zh", self.tr("Mandarin")), ("auto", self.tr("Find out by itself")))
        self._speech = Options(look, self.tr("You speak"), of_speech)
        self._speech.chosen.connect(self.spoken_language_chosen)
        self._others = Choice(look)
        self._others.setAccessibleName(self.tr("Another language that you speak"))
        self._others.setPlaceholderText(self.tr("Another language…"))
        # Everyone finds their own language by the name that it gives itself.
        own = {code: QLocale(code).nativeLanguageName() or name for code, name in LANGUAGES.items()} | OWN_NAMES
        for code, name in sorted(own.items(), key=lambda pair: pair[1].casefold()):
            if code not in FIRST_LANGUAGES:
                self._others.addItem(name, code)
        self._others.setCurrentIndex(-1)
        self._others.setMinimumWidth(round(look.px(220)))
        self._others.currentIndexChanged.connect(lambda _: self.spoken_language_chosen.emit(self._others.currentData()))
        self.column.addSpacing(round(look.px(GRID_PX)))
        self._add(self.tr("Language of MartLive"), self._windows)
        self._add(self.tr("Language that you speak in your show"), self._speech)
        others = QHBoxLayout()
        others.addWidget(self._others)
        others.addStretch(1)
        self.column.addLayout(others)
        hint = self.tr("MartLive hears all of them. English it knows best; tips are in English or Chinese.")
        self.column.addWidget(words(look, hint, color=look.theme.text_dim, text_px=SMALL_PX))
        self.column.addStretch(1)
        self.entry = self._windows

    def _add(self, title: str, options: Options) -> None:
        group = QVBoxLayout()
        group.setSpacing(round(self._look.px(GRID_PX)))
        group.addWidget(self._heading(title))
        group.addWidget(options)
        self.column.addLayout(group)

    @override
    def render_state(self, state: FirstRunState) -> None:
        self._windows.show_value(state.app_language)
        self._speech.show_value(state.spoken_language)
        with QSignalBlocker(self._others):
            self._others.setCurrentIndex(self._others.findData(state.spoken_language))


class MicrophonePage(Page):
    """Which microphone, how it sounds, and the words that are understood."""

    microphone_chosen = Signal(str)
    model_fetched = Signal(str)
    model_stopped = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            self.tr("Can we hear you?"),
            self.tr("Choose your microphone and say something. Nothing is recorded or kept."),
        )
        theme = look.theme
        self._names: tuple[str, ...] | None = None
        self._hearing: Hearing | None = None
        self._microphone = Choice(look)
        self._microphone.currentIndexChanged.connect(
            lambda _: self.microphone_chosen.emit(self._microphone.currentData())
        )
        self.column.addWidget(Labelled(look, self.tr("Microphone"), self._microphone))
        self._card, inside = card(look)
        self._meter = LevelMeter(replace(look, font_px=round(look.font_px * METER_SCALE)))
        self._meter.setAccessibleName(self.tr("Voice level"))
        self._sign = Sign(look, "mic", theme.text_dim, 20)
        self._verdict = words(look, "", color=theme.text, text_px=HEADING_PX, is_bold=True)
        row = QHBoxLayout()
        row.setSpacing(round(look.px(2 * GRID_PX)))
        row.addWidget(self._meter)
        row.addWidget(self._sign)
        row.addWidget(self._verdict, 1)
        inside.addLayout(row)
        self.column.addWidget(self._card)
        self._prompt = words(look, "", color=theme.text_dim)
        self._fetch = ModelFetch(look, is_in_table=False)
        self._fetch.fetched.connect(self.model_fetched)
        self._fetch.stopped.connect(self.model_stopped)
        self._said = words(look, "", color=theme.text, text_px=SAID_PX, is_bold=True)
        self._said.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._said.setMinimumHeight(SAID_LINES * self._said.fontMetrics().lineSpacing())
        self._said.setAccessibleName(self.tr("What we understand"))
        spoken = QVBoxLayout()
        spoken.setSpacing(round(look.px(GRID_PX)))
        for part in (self._prompt, self._fetch, self._said):
            spoken.addWidget(part)
        self.column.addLayout(spoken)
        self.column.addStretch(1)
        self.entry = self._microphone

    @override
    def render_state(self, state: FirstRunState) -> None:
        self._list(state)
        self._meter.show_level(None if state.hearing == "lost" else state.level_dbfs)
        self._judge(state)
        model = state.speech_model
        is_here = model is not None and model.stage == "here"
        self._fetch.setVisible(model is not None and not is_here)
        if model is not None:
            self._fetch.show_model(model, self.tr("Speech model"))
        say(self._prompt, self._invitation(state))
        self._said.setVisible(is_here and state.listener != "lost")
        color = self._look.theme.text if state.is_said_final else self._look.theme.text_dim
        tint(self._said, state.said, color)
        self._said.setAccessibleDescription(state.said)

    def _list(self, state: FirstRunState) -> None:
        """Offer the microphones, and the chosen one though it is not there."""
        missing = (state.microphone,) if state.microphone and state.microphone not in state.microphones else ()
        names = state.microphones + missing
        with QSignalBlocker(self._microphone):
            if names != self._names:
                self._names = names
                self._microphone.clear()
                self._microphone.addItem(self.tr("The system’s choice"), "")
                for name in names:
                    self._microphone.addItem(name, name)
            self._microphone.setCurrentIndex(self._microphone.findData(state.microphone))

    def _judge(self, state: FirstRunState) -> None:
        theme = self._look.theme
        sentence, icon, color = {
            "waiting": (self.tr("We are listening – say something."), "mic", theme.text_dim),
            "silent": (self.tr("We hear nothing – is it muted?"), "mic-off", theme.critical),
            "quiet": (self.tr("A little quiet. Move closer, or turn the microphone up."), "mic", theme.now),
            "good": (self.tr("We hear you well."), "check", theme.praise),
            "loud": (self.tr("A little loud. Move back, or turn the microphone down."), "mic", theme.now),
            "lost": (state.microphone_problem, "mic-off", theme.critical),
        }[state.hearing]
        self._sign.show_sign(icon, color)
        self._verdict.setText(sentence)
        set_mark(self._card, "good", is_on=state.hearing == "good")
        if state.hearing != self._hearing:
            self._hearing = state.hearing
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _invitation(self, state: FirstRunState) -> str:
        model = state.speech_model
        if model is None or (model.stage == "here" and state.hearing == "lost"):
            return ""
        if model.problem:
            return model.problem
        if model.stage != "here":
            return self.tr("To see your words here, MartLive needs its speech model. It stays on this computer.")
        return {
            "ready": self.tr("Say: “Hello, this is my show.” Your words show up below."),
            "lost": self.tr("Your words do not come. Go on – MartLive tries again in your show."),
        }.get(state.listener, self.tr("A moment – we get ready to follow your words."))


class WatchPage(Page):
    """What is watched of the stream."""

    source_chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            self.tr("What do your viewers see?"),
            self.tr(
                "MartLive looks along and tells you of a black or frozen picture. Pictures are measured and forgotten."
            ),
        )
        self._tiles: dict[str, SourceTile] = {}
        self._room = QWidget()
        self._grid = QGridLayout(self._room)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(round(look.px(1.5 * GRID_PX)))
        self.column.addWidget(self._room)
        hint = self.tr(
            "A single window or a part of the screen is offered later, in the tray under “What viewers see…”."
        )
        self.column.addWidget(words(look, hint, color=look.theme.text_dim, text_px=SMALL_PX))
        self.column.addStretch(1)

    def show_thumbnail(self, choice: str, image: QImage) -> None:
        """Put a small picture on a card."""
        if choice in self._tiles:
            self._tiles[choice].show_thumbnail(image)

    @override
    def render_state(self, state: FirstRunState) -> None:
        if list(self._tiles) != [choice.id for choice in state.choices]:
            for tile in self._tiles.values():
                self._grid.removeWidget(tile)
                tile.hide()
                tile.deleteLater()
            self._tiles = {choice.id: self._new_tile(choice.id) for choice in state.choices}
            for place, tile in enumerate(self._tiles.values()):
                self._grid.addWidget(tile, place // TILE_COLUMNS, place % TILE_COLUMNS)
            self._fit()
        for choice in state.choices:
            self._tiles[choice.id].show_choice(choice, is_chosen=choice.id == state.watched)
        self.entry = self._tiles.get(state.watched) or next(iter(self._tiles.values()), None)

    def _new_tile(self, choice: str) -> SourceTile:
        tile = _Card(self._look, self._room)
        tile.clicked.connect(lambda: self.source_chosen.emit(choice))
        return tile

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        gap = self._grid.spacing()
        width = (self.width() - (TILE_COLUMNS - 1) * gap) // TILE_COLUMNS
        for tile in self._tiles.values():
            tile.setFixedSize(width, tile.height_for(width))


class _Card(SourceTile):
    """A tile that Space chooses: Enter leads on, as everywhere in the first run."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            event.ignore()
        else:
            super().keyPressEvent(event)


class KeysPage(Page):
    """The keys that work in every window, each to be tried."""

    settings_requested = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            self.tr("Your keys"),
            self.tr("They work in every window, also in a game. Press one now to try it: its line lights up."),
        )
        self._rows: dict[str, _KeyRow] = {}
        self._grid = QVBoxLayout()
        self._grid.setSpacing(0)
        self.column.addLayout(self._grid)
        self._advice = words(look, "", color=look.theme.now, text_px=SMALL_PX)
        self._change = QPushButton(self.tr("Change keys…"))
        self._change.clicked.connect(self.settings_requested)
        row = QHBoxLayout()
        row.addWidget(self._advice, 1)
        row.addWidget(self._change)
        self.column.addLayout(row)
        self.column.addStretch(1)

    @override
    def render_state(self, state: FirstRunState) -> None:
        for action, keys in state.keys:
            if action not in self._rows:
                self._rows[action] = _KeyRow(self._look, self._name(action))
                self._grid.addWidget(self._rows[action])
            self._rows[action].show_keys(
                keys,
                is_taken=action in state.conflicts,
                is_pressed=action == state.pressed,
                is_tried=action in state.tried,
            )
        taken = self.tr("Another program has the marked keys. Choose others here, or close that program.")
        self._advice.setText(taken if state.conflicts else "")

    def _name(self, action: str) -> str:
        return {
            "toggle": self.tr("Coaching on or off"),
            "show_hide": self.tr("Show or hide the overlay"),
            "click_through": self.tr("Let clicks through the overlay"),
            "dismiss": self.tr("Send the tip away"),
            "next_item": self.tr("The plan’s next item is on"),
            "repeat_tip": self.tr("The last tip again"),
            "mark": self.tr("Mark this moment"),
            "hide_all": self.tr("Hide everything that is only for you"),
            "pause_screen": self.tr("Look away from the screen"),
        }.get(action, action)


class _KeyRow(QFrame):
    """An action and its keys."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look, self._name = look, name
        self.setObjectName("key")
        self._caps = KeyCaps(look)
        self._sign = Sign(look, "check", look.theme.praise)
        self._note = words(look, "", color=look.theme.text_dim, text_px=SMALL_PX)
        self._note.setWordWrap(False)
        row = QHBoxLayout(self)
        edge = round(look.px(GRID_PX))
        row.setContentsMargins(edge, round(look.px(4)), edge, round(look.px(4)))
        row.setSpacing(edge)
        label = Line(look, look.theme.text, text_px=TEXT_PX)
        label.say(name)
        row.addWidget(label, 1)
        row.addWidget(self._note)
        row.addWidget(self._sign)
        row.addWidget(self._caps)
        policy = self._sign.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._sign.setSizePolicy(policy)

    def show_keys(self, keys: str, *, is_taken: bool, is_pressed: bool, is_tried: bool) -> None:
        theme = self._look.theme
        self._caps.show_keys(keys)
        is_taken = is_taken and not is_tried
        note = self.tr("Another program has them") if is_taken else self.tr("It works") if is_pressed else ""
        tint(self._note, note, theme.now if is_taken else theme.text)
        self._sign.show_sign("triangle-alert" if is_taken else "check", theme.now if is_taken else theme.praise)
        self._sign.setVisible(is_taken or is_tried)
        set_mark(self, "lit", is_on=is_pressed)
        self.setAccessibleName(f"{self._name}: {self._caps.accessibleName()}")
        self.setAccessibleDescription(note)


class PrivacyPage(Page):
    """What becomes of sound and pictures, and whether MartLive starts by itself."""

    autostart_chosen = Signal(bool)
    model_fetched = Signal(str)
    model_stopped = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(
            look, self.tr("What happens on your computer stays there"), self.tr("You are ready. Three things to know:")
        )
        frame, inside = card(look)
        inside.setSpacing(round(look.px(2 * GRID_PX)))
        for icon, sentence in (
            ("mic", self.tr("MartLive hears you on this computer.")),
            ("eye", self.tr("Pictures are measured and forgotten.")),
            ("cloud", self.tr("Nothing leaves this computer unless you turn that on.")),
        ):
            row = QHBoxLayout()
            row.setSpacing(round(look.px(1.5 * GRID_PX)))
            row.addWidget(Sign(look, icon, look.theme.praise, 22), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(words(look, sentence, color=look.theme.text, text_px=HEADING_PX), 1)
            inside.addLayout(row)
        self.column.addWidget(frame)
        self._missing, inside = card(look)
        self._need = words(look, "", color=look.theme.text)
        self._fetch = ModelFetch(look, is_in_table=False)
        self._fetch.fetched.connect(self.model_fetched)
        self._fetch.stopped.connect(self.model_stopped)
        inside.addWidget(self._need)
        inside.addWidget(self._fetch)
        self._autostart = Tick(look, self.tr("Start MartLive when I log in"))
        self._autostart.clicked.connect(self.autostart_chosen)
        self.column.addWidget(self._autostart, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._missing)
        self.column.addStretch(1)
        self.entry = self._autostart

    @override
    def render_state(self, state: FirstRunState) -> None:
        self._autostart.setChecked(state.starts_at_login)
        model = state.speech_model
        self._missing.setVisible(model is not None and model.stage != "here")
        if model is not None:
            is_coming = model.stage in {"queued", "coming"}
            wait = self.tr("The speech model is on its way. You can start as soon as it is here.")
            self._need.setText(wait if is_coming else model.problem or self.tr("MartLive cannot hear you yet."))
            self._fetch.show_model(model, self.tr("Speech model"))
