"""The settings: one TOML file of what the user changed; what is not in it has its default.

Importing this takes pydantic's 0.1 s, so commands that need no settings import it late.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import platformdirs
import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from martlive_desktop.core.coach.catalogue import CATALOGUE
from martlive_desktop.core.coach.scheduler import SchedulerPolicy
from martlive_desktop.core.errors import SettingsInvalid
from martlive_desktop.core.picture_thresholds import PictureThresholds
from martlive_desktop.core.signals.chat import ChatThresholds
from martlive_desktop.core.signals.compliance import ComplianceThresholds
from martlive_desktop.core.signals.echo import EchoThresholds
from martlive_desktop.core.signals.hesitation import HesitationThresholds
from martlive_desktop.core.signals.level import LevelThresholds
from martlive_desktop.core.signals.obs import ObsThresholds
from martlive_desktop.core.signals.pace import PaceThresholds
from martlive_desktop.core.signals.pauses import PauseThresholds
from martlive_desktop.core.signals.praise import PraiseThresholds
from martlive_desktop.core.signals.rundown import RundownThresholds
from martlive_desktop.core.signals.selling import SellingThresholds
from martlive_desktop.core.signals.voice import VoiceThresholds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA_VERSION = 1
"""Raised when a setting changes its name or meaning; `_migrate` then brings older files up."""

DAY_S = 86_400
"""No show is longer."""

ADDRESS_RULE = "must be an address with https://, or with http:// on this computer, and nothing behind the host's name"
"""Of the remote coach: a key, and speech, go nowhere unencrypted."""

MIRROR_RULE = "must be an address with https://, or with http:// on this computer, without a name or a password in it"
"""Its files are checked byte by byte; who asks for them is nobody else's business."""

PROXY_RULE = "must be like http://proxy.example.com:3128, without a name or a password in it"
"""A password has no place in a file that anybody may read."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

# What a number may be, by the unit in its name: beyond, a detector divides by zero or measures nothing.
_RANGES = {
    "_dbfs": (-200.0, 20.0),
    "_probability": (0.0, 1.0),
    "_share": (0.0, 1.0),
    "half_life_ms": (1, DAY_S * 1000),
    "_s": (0.1, DAY_S),
    "_ms": (0, DAY_S * 1000),
    "_change": (0.0, 255.0),
    "": (0, 1_000_000),
}


class _Group(BaseModel):
    # The file is read as JSON would be: a number in quotes is a mistake, and so is nan.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class CoachSettings(_Group):
    """Which tips come, and how often."""

    policy: SchedulerPolicy = SchedulerPolicy()
    language: Literal["", "en", "zh"] = ""
    """Of the tips, from the next show on; empty is the one that is spoken, or English."""
    writer: Literal["rules", "local"] = "rules"
    """Who finds the words: the rules alone, or with them the language model on this computer."""
    model: str = "smollm2-135m"
    """Name of the language model in the catalogue of models."""
    show_model: bool = False
    """A window with what the language model is asked and answers."""
    platform: Literal["", "tiktok", "twitch", "youtube"] = ""
    """Whose rules hold beside the usual ones."""
    do_not_say: frozenset[str] = frozenset()
    """Words and phrases to avoid in every show; a plan's products have their own."""

    @field_validator("policy")
    @classmethod
    def _kinds_exist(cls, policy: SchedulerPolicy) -> SchedulerPolicy:
        if unknown := (policy.off_kinds | policy.live_report_kinds) - CATALOGUE.keys():
            raise ValueError(f"knows no tips called {', '.join(sorted(unknown))}; they are {', '.join(CATALOGUE)}")
        return policy


class SignalSettings(_Group):
    """When a condition holds."""

    level: LevelThresholds = LevelThresholds()
    pauses: PauseThresholds = PauseThresholds()
    pace: PaceThresholds = PaceThresholds()
    selling: SellingThresholds = SellingThresholds()
    compliance: ComplianceThresholds = ComplianceThresholds()
    praise: PraiseThresholds = PraiseThresholds()
    chat: ChatThresholds = ChatThresholds()
    rundown: RundownThresholds = RundownThresholds()
    voice: VoiceThresholds = VoiceThresholds()
    hesitation: HesitationThresholds = HesitationThresholds()
    echo: EchoThresholds = EchoThresholds()
    picture: PictureThresholds = PictureThresholds()
    obs: ObsThresholds = ObsThresholds()


class RecogniserSettings(_Group):
    """How speech is recognised."""

    language: str = ""
    """What is spoken where the plan does not say it, as en, zh or auto; empty is English."""
    model: str = "whisper-base"
    """Name in the catalogue of models, for finals."""
    small_model: str = "whisper-tiny.en"
    """Takes over in English shows while the computer is too busy for the other; where it is missing, none does."""
    pace: Literal["fast", "economy", "finals"] = "fast"
    """How soon words come: each half second, less often, or only after each sentence, for a quarter of the work."""
    device: Literal["auto", "cuda", "cpu"] = "auto"
    """A graphics card with CUDA where there is one, or the processor."""
    largest_on_gpu: bool = True
    """A graphics card takes the largest model that was fetched and fits into its free memory, in place of `model`."""
    threads: int = Field(default=1, ge=1, le=64)
    """CPU threads; one leaves the others to the game and the encoder."""


class MicrophoneSettings(_Group):
    """What is listened to."""

    device: str = ""
    """Its name, as `martlive devices` prints it; empty is the system's choice."""
    watch_echo: bool = True
    """Whether what the computer plays is compared with the microphone; nothing of it is kept."""


class ScreenSettings(_Group):
    """What is watched of the stream; measurements leave it, pictures never do."""

    source: Literal["obs", "monitor", "window", "region", "none"] = "obs"
    """`obs` is what OBS sends out, where the group `obs` is on; nothing is watched where it is not."""
    monitor: str = ""
    """Its name, as `martlive devices` prints it; empty is the main one."""
    window: str = ""
    """Title of a window, or a part of it."""
    region: tuple[int, int, int, int] | None = None
    """Left, top, width and height of a part of the desktop, in pixels."""


class ChatSettings(_Group):
    """Where the chat is read."""

    twitch: str = ""
    """A channel, which is read without an account; empty: none."""
    region: tuple[float, float, float, float] | None = None
    """Left, top, width and height of the chat on the watched picture, as shares of it from 0 to 1; none: not read."""


class ObsSettings(_Group):
    """How MartLive talks to OBS; its password is in the system's keyring, never here."""

    is_on: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=4455, ge=1, le=65_535)
    """As in OBS under Tools, WebSocket Server Settings."""
    follows_stream: bool = False
    """The show begins and ends with the stream."""
    warns_muted: bool = True
    """Say so while OBS has the microphone muted and the streamer speaks."""
    captions: bool = False
    """What is said goes out as closed captions of the stream, where the platform takes them."""


class RemoteSettings(_Group):
    """The remote coach; its key is in the system's keyring, never here."""

    url: str = ""
    """Its address; empty: there is none."""
    coach: bool = False
    """It words tips: what a tip is about leaves this computer."""
    recognition: bool = False
    """It recognises speech: the sound of the microphone leaves this computer."""

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        url = url.strip().rstrip("/")
        if url and not _is_safe_address(url):
            raise ValueError(ADDRESS_RULE)
        return url


class DownloadSettings(_Group):
    """Where models and libraries come from, beside the places that MartLive knows."""

    mirror: str = ""
    """A server that has <name of the model>/<file>, asked first; empty: none."""
    proxy: str = ""
    """Every download goes through it; empty: as the system says."""
    offline_folder: str = ""
    """A stick or a shared folder that has the same, asked before any server; empty: none."""

    @field_validator("mirror")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        url = url.strip().rstrip("/")
        if url and not _is_safe_address(url, may_have_path=True):
            raise ValueError(MIRROR_RULE)
        return url

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, url: str) -> str:
        url = url.strip().rstrip("/")
        if url and not _is_plain_address(url):
            raise ValueError(PROXY_RULE)
        return url


class UpdateSettings(_Group):
    """How MartLive itself is kept new."""

    check_at_start: bool = False
    """Ask for a newer version some seconds after the start; nothing but that question leaves the computer."""


class OverlaySettings(_Group):
    """How tips look."""

    theme: Literal["dark", "light", "contrast", "opaque"] = "dark"
    opacity: float = Field(default=1.0, ge=0.2, le=1.0)
    """1 is opaque; below 0.2 nobody finds the window again."""
    font_px: int = Field(default=20, ge=12, le=32)
    layout: Literal["full", "compact"] = "full"
    """The compact strip is a thin line until a tip comes."""
    click_through: bool = False
    """Clicks go to the window beneath."""
    locked: bool = False
    """It stays where it is, whatever is dragged."""
    x: int | None = Field(default=None, ge=-100_000, le=100_000)
    """Left edge on the desktop in px; without it, the overlay chooses its place."""
    y: int | None = Field(default=None, ge=-100_000, le=100_000)
    always_on_top: bool = True
    """Above every other window."""
    hide_from_capture: bool = False
    """Ask the system to leave it out of recordings; the tray says whether the system does."""
    monitor: str = ""
    """Where it was last; empty: wherever `x` and `y` are."""
    places: dict[str, tuple[int, int]] = {}
    """Left and top edge by monitor, in px from the monitor's corner."""
    reduced_motion: bool = False


class StreamSettings(_Group):
    """The window that OBS shows to viewers."""

    is_open: bool = False
    size: Literal["landscape", "portrait", "bar"] = "landscape"
    browser_source: bool = False
    """The same cards as a page for OBS's browser source, on this computer only."""
    browser_port: int = Field(default=4480, ge=1024, le=65_535)
    """Of that page."""


class ShowSettings(_Group):
    """What is shown when nothing else is asked for."""

    plan: str = ""
    """File of the plan that was saved last; empty: none."""


class KeepingSettings(_Group):
    """What is kept of a show on this computer, and for how long."""

    audio: bool = False
    """The sound of shows, to hear a moment again; encrypted, with its key in the system's keyring."""
    audio_days: int = Field(default=14, ge=1, le=3_650)
    """After so many days the sound is deleted: by then a show was listened to, or never will be."""
    session_days: int = Field(default=0, ge=0, le=3_650)
    """After so many days a show is deleted; 0 keeps it for ever, for a year of shows takes less than one picture album."""
    most_gb: int = Field(default=10, ge=1, le=10_000)
    """Beyond, the oldest shows go: 10 GB are 1,000 hours of sound."""


class HotkeySettings(_Group):
    """Keys that work in every window."""

    toggle: str = "ctrl+alt+m"
    """Coaching on and off."""
    show_hide: str = "ctrl+alt+h"
    """The overlay."""
    click_through: str = "ctrl+alt+k"
    """Clicks go to the window beneath, or to the overlay again."""
    dismiss: str = "ctrl+alt+j"
    """The tip on screen goes."""
    next_item: str = "ctrl+alt+g"
    """The plan's next item is on."""
    repeat_tip: str = "ctrl+alt+b"
    """The last tip comes once more."""
    mark: str = "ctrl+alt+f"
    """Marks this moment, to find it again after the show."""
    hide_all: str = "ctrl+alt+v"
    """Everything that is only for the streamer vanishes from the screen at once."""
    pause_screen: str = "ctrl+alt+w"
    """Watching the screen, paused and taken up again."""


class AppSettings(_Group):
    """The program itself."""

    language: Literal["", "en", "zh_CN"] = ""
    """Of the windows; empty is the system's."""
    first_run: Literal["language", "microphone", "watch", "keys", "models", "obs", "privacy", "done"] = "language"
    """The step of the first run at which to go on."""


class Settings(_Group):
    """Everything that a user may set."""

    schema_version: int = SCHEMA_VERSION
    app: AppSettings = AppSettings()
    coach: CoachSettings = CoachSettings()
    signals: SignalSettings = SignalSettings()
    recogniser: RecogniserSettings = RecogniserSettings()
    microphone: MicrophoneSettings = MicrophoneSettings()
    screen: ScreenSettings = ScreenSettings()
    chat: ChatSettings = ChatSettings()
    obs: ObsSettings = ObsSettings()
    remote: RemoteSettings = RemoteSettings()
    downloads: DownloadSettings = DownloadSettings()
    updates: UpdateSettings = UpdateSettings()
    overlay: OverlaySettings = OverlaySettings()
    stream: StreamSettings = StreamSettings()
    show: ShowSettings = ShowSettings()
    keeping: KeepingSettings = KeepingSettings()
    hotkeys: HotkeySettings = HotkeySettings()


def _is_safe_address(url: str, *, may_have_path: bool = False) -> bool:
    """Whether nobody on the way reads what goes there."""
    if not _is_plain_address(url, may_have_path=may_have_path):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


def _is_plain_address(url: str, *, may_have_path: bool = False) -> bool:
    """Whether it is http:// or https:// with a host, perhaps a port, and nothing that leads elsewhere than it seems to."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    is_bare = not (parts.username or parts.password or parts.query or parts.fragment)
    has_no_path = not parts.path or (may_have_path and ".." not in parts.path)
    is_readable = url.isascii() and url.isprintable() and not set(url) & set(" \\")
    return bool(host) and parts.scheme in {"http", "https"} and is_bare and has_no_path and is_readable


def default_path() -> Path:
    """Where the settings of this user lie."""
    return platformdirs.user_config_path("martlive", appauthor=False) / "settings.toml"


def load_settings(path: Path) -> Settings:
    """The settings in the file at `path`; the defaults where there is none.

    Raises:
        SettingsInvalid: the file cannot be read or has a value that cannot be; it names the field.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Settings()
    except OSError as exc:
        raise SettingsInvalid(f"The settings at {path} cannot be read ({exc.strerror}); check that file.") from exc
    except (ValueError, RecursionError) as exc:
        raise SettingsInvalid(f"The settings at {path} are no TOML; correct that file or delete it.") from exc
    data = _migrate(data, path)
    try:
        return checked(data)
    except SettingsInvalid as exc:
        raise SettingsInvalid(f"{exc}; correct or remove that line in {path}.", field=exc.field) from exc


def checked(data: dict[str, Any]) -> Settings:
    """The settings in `data`, as a file has them: what is not in it has its default.

    Raises:
        SettingsInvalid: a value cannot be; it names the field and says what it must be, without a full stop.
    """
    try:
        settings = Settings.model_validate_json(json.dumps(data, default=str))
    except ValidationError as exc:
        field, problem = _first_problem(exc)
        raise SettingsInvalid(f"{field} {problem}", field=field) from exc
    for field, value in _leaves(settings.model_dump(include={"coach", "signals"})):
        low, high = _unit_range(field)
        if isinstance(value, int | float) and not low <= value <= high:
            raise SettingsInvalid(f"{field} must be from {low:.10g} to {high:.10g}", field=field)
    return settings


def with_values(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """`settings` with `values` by field, as in `overlay.font_px`.

    Raises:
        SettingsInvalid: as `checked` does.
    """
    data = _plain(settings)
    for field, value in values.items():
        *groups, name = field.split(".")
        group = data
        for one in groups:
            group = group[one]
        group[name] = sorted(value) if isinstance(value, frozenset) else value
    return checked(data)


def range_of(field: str) -> tuple[float, float]:
    """The least and the greatest value of the number `field`, as in `overlay.font_px`."""
    group, _, name = field.partition(".")
    if group in ("coach", "signals"):
        return _unit_range(field)
    limits: dict[str, float] = {}
    for limit in type(getattr(Settings(), group)).model_fields[name].metadata:
        limits |= {side: getattr(limit, side) for side in ("ge", "le") if hasattr(limit, side)}
    return limits["ge"], limits["le"]


def _unit_range(field: str) -> tuple[float, float]:
    return next(limits for unit, limits in _RANGES.items() if field.endswith(unit))


def load_or_set_aside(path: Path) -> tuple[Settings, str]:
    """The settings at `path`, or the defaults and one sentence that says why; the file is kept under another name."""
    try:
        return load_settings(path), ""
    except SettingsInvalid as exc:
        why = str(exc).partition(";")[0]
    kept = next(name for n in itertools.count(1) if not (name := path.with_name(f"{path.name}.kept-{n}")).exists())
    try:
        path.replace(kept)
    except OSError:
        return Settings(), f"{why}; MartLive runs with its own settings until that is mended."
    return Settings(), f"{why}; MartLive starts afresh and keeps the old file as {kept.name}."


def save_settings(settings: Settings, path: Path) -> None:
    """Write what differs from the defaults, for this user only; the old file stays until the new one is whole.

    Raises:
        SettingsInvalid: the folder cannot be written.
    """
    changed = {"schema_version": settings.schema_version, **_plain(settings, is_changed_only=True)}
    new = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.touch(mode=0o600)
        new.write_text(tomli_w.dumps(changed), encoding="utf-8")
        new.replace(path)
    except OSError as exc:
        raise SettingsInvalid(f"The settings cannot be saved at {path} ({exc.strerror}); check that folder.") from exc


def settings_digest(settings: Settings) -> str:
    """16 hex digits that differ where any setting does; the same on every computer."""
    canonical = json.dumps(_plain(settings), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _plain(settings: Settings, *, is_changed_only: bool = False) -> dict[str, Any]:
    """`settings` in lists and dicts; sets are sorted, for Python gives them a new order in every process."""
    dumped = settings.model_dump(exclude_none=True, exclude_defaults=is_changed_only)
    plain: dict[str, Any] = json.loads(json.dumps(dumped, default=sorted))
    return plain


def _leaves(data: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _migrate(data: dict[str, Any], path: Path) -> dict[str, Any]:
    """`data` in the form of SCHEMA_VERSION; version 1 is the first, so there is nothing to bring up yet."""
    version = data.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        sentence = f"The settings at {path} are of a newer MartLive; update MartLive or delete that file."
        raise SettingsInvalid(sentence, field="schema_version")
    return data


def _first_problem(error: ValidationError) -> tuple[str, str]:
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = [name for name, _ in _leaves(Settings().model_dump())]
        close = difflib.get_close_matches(field, known, n=1)
        return field, f"is no setting; perhaps {close[0]} is meant" if close else "is no setting"
    if first["type"] == "value_error":
        return field, str(first["ctx"]["error"])
    words = first["msg"].removeprefix("Input should be ")
    return field, "must be " + words.replace("greater than or equal to", "at least").replace(
        "less than or equal to", "at most"
    )
