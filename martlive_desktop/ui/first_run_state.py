"""What the first run shows: one frozen state for all of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from martlive_desktop.ui.screen_picker import SourceChoice

Step: TypeAlias = Literal["language", "microphone", "watch", "keys", "models", "obs", "privacy"]

STEPS: tuple[Step, ...] = ("language", "microphone", "watch", "keys", "models", "obs", "privacy")
"""In the order in which they are gone through."""

Hearing: TypeAlias = Literal["waiting", "silent", "quiet", "good", "loud", "lost"]
"""How the microphone sounds; `waiting` is until somebody speaks."""

Listener: TypeAlias = Literal["off", "loading", "ready", "lost"]
"""The recogniser, which writes down what is said."""

ObsReach: TypeAlias = Literal["looking", "found", "locked", "absent"]
"""`locked` needs a password, or another one."""

ModelStage: TypeAlias = Literal["here", "missing", "queued", "coming"]


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model that this computer needs, and how far it is on its way."""

    name: str
    task: str
    """`speech`, `meaning` or `writing`."""
    bytes: int
    licence: str
    stage: ModelStage
    done_bytes: int = 0
    left_s: int | None = None
    """Seconds until it is here; None: not known yet."""
    problem: str = ""
    """One sentence when the last try did not bring it; empty: nothing."""

    @property
    def is_needed(self) -> bool:
        """Whether tips are poor without it; the rules find words by themselves."""
        return self.task != "writing"


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What came of adding the stream window to the scene."""

    is_done: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class FirstRunState:
    """Everything that the window shows, pictures aside."""

    step: Step = "language"
    app_language: str = ""
    """Of the windows; empty is the system's."""
    spoken_language: str = "en"
    """A code, or `auto`."""
    microphones: tuple[str, ...] = ()
    microphone: str = ""
    """The one that is listened to; empty is the system's choice."""
    level_dbfs: float | None = None
    hearing: Hearing = "waiting"
    has_heard_voice: bool = False
    microphone_problem: str = ""
    """One sentence while `hearing` is `lost`."""
    listener: Listener = "off"
    said: str = ""
    """What was understood last."""
    is_said_final: bool = False
    choices: tuple[SourceChoice, ...] = ()
    watched: str = ""
    """The id of the choice that is watched."""
    keys: tuple[tuple[str, str], ...] = ()
    """Each action with its keys, as `ctrl+alt+m`."""
    conflicts: tuple[str, ...] = ()
    """Actions whose keys another program has."""
    pressed: str = ""
    """The action whose keys were pressed last."""
    tried: frozenset[str] = frozenset()
    """Actions whose keys were pressed."""
    models: tuple[ModelLine, ...] = ()
    obs: ObsReach = "looking"
    is_password_refused: bool = False
    obs_problem: str = ""
    """One sentence when the password could not be kept; empty: nothing."""
    source_result: SourceResult | None = None
    starts_at_login: bool = False

    @property
    def speech_model(self) -> ModelLine | None:
        """The model that the spoken test needs; None: not known yet."""
        return next((one for one in self.models if one.task == "speech"), None)

    @property
    def is_step_done(self) -> bool:
        """Whether the step has what it is for; otherwise it can be skipped."""
        match self.step:
            case "microphone":
                return self.has_heard_voice
            case "models":
                return self.speech_model is not None and self.speech_model.stage != "missing"
            case "obs":
                return self.obs == "found"
            case "privacy":
                # A show that begins while the model arrives would hear nothing.
                return self.speech_model is None or self.speech_model.stage not in {"queued", "coming"}
            case _:
                return True
