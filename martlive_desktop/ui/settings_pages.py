"""On which page each setting stands, in a streamer's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlive_desktop.ui.settings_leaves import leaves
from martlive_desktop.ui.settings_marks import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together."""

    title: str
    fields: tuple[str, ...]
    is_folded: bool = False
    """Only its title is seen until somebody opens it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the window."""

    title: str
    purpose: str
    """One sentence: what the page is for."""
    sections: tuple[Section, ...]

    @property
    def fields(self) -> Iterator[str]:
        """Everything on it, in its order."""
        return (field for section in self.sections for field in section.fields)


def _detector(title: str, group: str) -> Section:
    return Section(title, tuple(field for field in leaves() if field.startswith(f"signals.{group}.")), is_folded=True)


def _policy(*names: str) -> tuple[str, ...]:
    return tuple(f"coach.policy.{name}" for name in names)


def _hotkeys(*names: str) -> tuple[str, ...]:
    return tuple(f"hotkeys.{name}" for name in names)


PAGES: tuple[Page, ...] = (
    Page(
        QT_TRANSLATE_NOOP("Settings", "Look"),
        QT_TRANSLATE_NOOP("Settings", "How your tips look, and where they lie on your screen."),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "Looks"),
                (
                    "overlay.theme",
                    "overlay.font_px",
                    "overlay.opacity",
                    "overlay.layout",
                    "overlay.reduced_motion",
                ),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "On the screen"),
                (
                    "overlay.x",
                    "overlay.locked",
                    "overlay.always_on_top",
                    "overlay.click_through",
                    "overlay.hide_from_capture",
                ),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Keys"),
        QT_TRANSLATE_NOOP("Settings", "Keys that work in every window; click on one and press others."),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "Your tips"),
                _hotkeys("toggle", "hide_all", "dismiss", "repeat_tip"),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "Your show"),
                _hotkeys("next_item", "mark"),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "The overlay and the screen"),
                _hotkeys("show_hide", "click_through", "pause_screen"),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Microphone and speech"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "What MartLive hears, and how it understands you; it stays here unless you turn the remote coach on.",
        ),
        (
            Section(QT_TRANSLATE_NOOP("Settings", "Sound"), ("microphone.device", "microphone.watch_echo")),
            Section(
                QT_TRANSLATE_NOOP("Settings", "Speech"),
                (
                    "recogniser.language",
                    "recogniser.model",
                    "recogniser.small_model",
                    "recogniser.pace",
                    "recogniser.device",
                    "@component.speech",
                    "recogniser.largest_on_gpu",
                    "recogniser.threads",
                ),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "What viewers see"),
        QT_TRANSLATE_NOOP("Settings", "Which picture MartLive watches with you; it is measured and forgotten."),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "The picture"),
                ("screen.source", "screen.monitor", "screen.window", "screen.region"),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Chat"),
        QT_TRANSLATE_NOOP("Settings", "Where MartLive reads your viewers’ questions."),
        (Section(QT_TRANSLATE_NOOP("Settings", "Where the chat is"), ("chat.twitch", "chat.region")),),
    ),
    Page(
        "OBS",
        QT_TRANSLATE_NOOP("Settings", "How MartLive talks to OBS, to see what viewers see."),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "Connect"),
                ("obs.is_on", "obs.host", "obs.port", "@obs.password", "@obs.connect"),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "While you stream"),
                ("obs.follows_stream", "obs.warns_muted", "obs.captions"),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Remote coach"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "A computer of yours, or of somebody you trust, that helps this one; nothing leaves before you turn it on.",
        ),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "Where it is"),
                ("remote.url", "@remote.key", "@remote.check"),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "What leaves this computer"),
                ("remote.coach", "remote.recognition"),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Stream window"),
        QT_TRANSLATE_NOOP("Settings", "A second window, for OBS, with what your viewers may see."),
        (
            Section(QT_TRANSLATE_NOOP("Settings", "The window"), ("stream.is_open", "stream.size")),
            Section(
                QT_TRANSLATE_NOOP("Settings", "As a page"),
                ("stream.browser_source", "stream.browser_port"),
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Coach"),
        QT_TRANSLATE_NOOP("Settings", "Which tips you get, in whose words, and how often."),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "How often"),
                _policy("is_novice", "gap_ms", "window_tips", "novice_window_tips", "window_ms", "screen_ms"),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "What"),
                ("coach.do_not_say", "coach.platform", *_policy("off_kinds", "live_report_kinds")),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "In whose words"),
                ("coach.language", "coach.writer", "coach.model", "coach.show_model"),
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "The right moment"),
                _policy(
                    "quiet_start_ms",
                    "breakpoint_ms",
                    "wait_now_ms",
                    "wait_next_ms",
                    "half_life_ms",
                    "least_screen_ms",
                ),
                is_folded=True,
            ),
            Section(
                QT_TRANSLATE_NOOP("Settings", "Tips that you do not follow"),
                _policy("heed_ms", "unheeded_limit", "unheeded_factor", "dismissed_factor"),
                is_folded=True,
            ),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "When tips come"),
        QT_TRANSLATE_NOOP("Settings", "What must have happened before a tip comes; the usual values suit most shows."),
        (
            _detector(QT_TRANSLATE_NOOP("Settings", "Silence"), "pauses"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Microphone level"), "level"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Echo"), "echo"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Muted in OBS"), "obs"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Pace"), "pace"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Voice"), "voice"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Fillers"), "hesitation"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Prices and how to buy"), "selling"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Words that can cost you the account"), "compliance"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Your plan"), "rundown"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Questions and newcomers"), "chat"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Picture"), "picture"),
            _detector(QT_TRANSLATE_NOOP("Settings", "Praise"), "praise"),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Past shows"),
        QT_TRANSLATE_NOOP("Settings", "What MartLive keeps of your shows on this computer, and for how long."),
        (
            Section(QT_TRANSLATE_NOOP("Settings", "Your sound"), ("keeping.audio", "keeping.audio_days")),
            Section(QT_TRANSLATE_NOOP("Settings", "Your shows"), ("keeping.session_days", "keeping.most_gb")),
        ),
    ),
    Page(
        QT_TRANSLATE_NOOP("Settings", "Program"),
        QT_TRANSLATE_NOOP("Settings", "MartLive itself: its language, its start, and your plan."),
        (
            Section(
                QT_TRANSLATE_NOOP("Settings", "MartLive"), ("app.language", "@autostart", "show.plan", "app.first_run")
            ),
            Section(QT_TRANSLATE_NOOP("Settings", "Updates"), ("updates.check_at_start", "@updates.check")),
            Section(
                QT_TRANSLATE_NOOP("Settings", "Downloads"),
                ("downloads.mirror", "downloads.offline_folder", "downloads.proxy"),
                is_folded=True,
            ),
        ),
    ),
)
"""In the order of the list at the left; every setting with a row is on exactly one."""
