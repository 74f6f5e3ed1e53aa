"""The composition root: the one module that knows every class and joins them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from martlive_desktop import __version__
from martlive_desktop.core.errors import MartLiveError, ModelDamaged, ModelMissing, RecogniserUnavailable, UsageError
from martlive_desktop.core.events import SessionStarted, Status, Tip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.model_store import ModelStore
    from martlive_desktop.adapters.screen_watch import ScreenWatch
    from martlive_desktop.adapters.store_sqlite import SqliteStore
    from martlive_desktop.core.coach.drafting import Drafter
    from martlive_desktop.core.events import LogEvent
    from martlive_desktop.core.habits import Habits
    from martlive_desktop.core.lexicon import Lexicon
    from martlive_desktop.core.meaning import Meaning
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.inference.supervisor import SupervisedRecogniser
    from martlive_desktop.inference.worker import RecogniserConfig
    from martlive_desktop.inference.writer import SupervisedWriter
    from martlive_desktop.pipeline.session import OnShow, Session
    from martlive_desktop.ports import AudioSource, ChatSource, LoopbackSource, ScreenSource
    from martlive_desktop.settings import Settings

REPHRASE_BYTES = 600_000_000
"""A model of a billion parameters in four bits: smaller ones copy well, but invent when they write."""

READY_S = 30.0
"""How long a recording waits for the language model: without it, its first tips have the rules' words."""

MEANING_MODEL = "minilm-l6"
"""Its name in the catalogue of models."""

NO_DISPLAY = (
    "There is no display here: run `martlive review FILE` for a recording, or `martlive demo --headless` to see how "
    "it works."
)


def data_folder() -> Path:
    """Where sessions and models lie; MARTLIVE_DATA names another place."""
    from platformdirs import user_data_path

    named = os.environ.get("MARTLIVE_DATA")
    return Path(named) if named else user_data_path("martlive", appauthor=False)


def settings_path() -> Path:
    """The settings file; MARTLIVE_SETTINGS names another one."""
    from martlive_desktop.settings import default_path

    named = os.environ.get("MARTLIVE_SETTINGS")
    return Path(named) if named else default_path()


def model_store() -> ModelStore:
    """The models of this computer; MARTLIVE_MODELS names another folder."""
    from martlive_desktop.adapters.model_store import ModelStore

    named = os.environ.get("MARTLIVE_MODELS")
    return ModelStore(Path(named) if named else data_folder() / "models")


@contextlib.contextmanager
def session_store(on_trouble: Callable[[str], None]) -> Iterator[SqliteStore]:
    """The sessions of this computer; the one that was begun is complete at the end."""
    from martlive_desktop.adapters.store_sqlite import SqliteStore

    store = SqliteStore(data_folder() / "sessions", on_trouble=on_trouble)
    try:
        yield store
    finally:
        store.close()


def habits_path() -> Path:
    """Where it is kept what is usual for this streamer."""
    return data_folder() / "habits.json"


def scenes_path() -> Path:
    """Where the saved scenes are kept."""
    return data_folder() / "scenes.json"


def build_session(plan: ShowPlan, settings: Settings, habits: Habits | None = None) -> Session:
    """A session with every detector of this version; without `habits`, a show is compared with itself only."""
    from martlive_desktop.adapters.language_packs import load_lexicon
    from martlive_desktop.adapters.tip_packs import load_templates
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.core.coach.scheduler import Scheduler
    from martlive_desktop.core.signals.chat import ChatDetector
    from martlive_desktop.core.signals.compliance import ComplianceDetector
    from martlive_desktop.core.signals.echo import EchoDetector
    from martlive_desktop.core.signals.hesitation import HesitationDetector
    from martlive_desktop.core.signals.level import LevelDetector
    from martlive_desktop.core.signals.pace import PaceDetector
    from martlive_desktop.core.signals.pauses import PauseDetector
    from martlive_desktop.core.signals.praise import PraiseDetector
    from martlive_desktop.core.signals.rundown import RundownDetector
    from martlive_desktop.core.signals.screen import ScreenDetector
    from martlive_desktop.core.signals.selling import SellingDetector
    from martlive_desktop.core.signals.voice import VoiceDetector
    from martlive_desktop.inference.pitch import PitchTracker
    from martlive_desktop.pipeline.session import Detectors, Session

    lexicon = load_lexicon(plan.language, settings.coach.platform)
    templates = load_templates(plan.language)
    limits = settings.signals
    meaning = _meaning(lexicon)
    selling = SellingDetector(plan, lexicon, limits.selling)
    voice = VoiceDetector(PitchTracker(), limits.voice, habits)
    pace = PaceDetector(limits.pace, habits)
    detectors = Detectors(
        pauses=PauseDetector(plan.mode, limits.pauses),
        selling=selling,
        others=(
            LevelDetector(limits.level),
            EchoDetector(limits.echo),
            voice,
            pace,
            HesitationDetector(limits.hesitation),
            ComplianceDetector(plan, lexicon, limits.compliance, sorted(settings.coach.do_not_say)),
            ChatDetector(plan, lexicon, meaning, limits.chat),
            RundownDetector(plan, lexicon, meaning, selling, limits.rundown),
            PraiseDetector(limits.praise),
            ScreenDetector(limits.picture),
        ),
    )
    grounding = Grounding.of(lexicon, templates.words)
    return Session(detectors, Scheduler(settings.coach.policy), templates, grounding)


def start_writer(
    settings: Settings, plan: ShowPlan, on_exchange: Callable[[str, str], None] | None = None
) -> tuple[Drafter, SupervisedWriter] | None:
    """The local language model and what it is asked for; None where the rules word alone.

    Raises:
        ModelMissing: the user wants a language model that is not on this computer.
        ModelDamaged: its bytes are not right.
    """
    from martlive_desktop.adapters.language_packs import load_lexicon
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.adapters.tip_packs import load_templates
    from martlive_desktop.core.coach.drafting import Drafter
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.inference.compute import GPU_SPARE_BYTES, free_gpu_bytes
    from martlive_desktop.inference.llama import WriterConfig
    from martlive_desktop.inference.writer import SupervisedWriter

    if settings.coach.writer == "rules":
        return None
    folder = model_store().resolve(settings.coach.model)
    model = next(folder.glob("*.gguf"))
    size = model.stat().st_size
    lexicon, templates = load_lexicon(plan.language), load_templates(plan.language)
    prompts = {path.stem: path.read_text(encoding="utf-8") for path in resource_path("prompts").glob("*.txt")}
    drafter = Drafter(
        "rephrase" if size >= REPHRASE_BYTES else "span",
        prompts,
        templates,
        Grounding.of(lexicon, templates.words),
    )
    # All layers or none: half a model on the graphics card is hardly faster, and takes its memory from the game.
    gpu_layers = -1 if free_gpu_bytes() > 2 * size + GPU_SPARE_BYTES else 0
    return drafter, SupervisedWriter(WriterConfig(model, gpu_layers=gpu_layers), on_exchange=on_exchange)


def _meaning(lexicon: Lexicon) -> Meaning:
    """The sentence model where it is on this computer, else the words that texts share."""
    from martlive_desktop.core.meaning import WordOverlap
    from martlive_desktop.inference.embedding import SentenceEmbedding

    try:
        return SentenceEmbedding(model_store().resolve(MEANING_MODEL))
    except (ModelMissing, ModelDamaged):
        return WordOverlap(lexicon.function_words)


def recogniser_config(settings: Settings, language: str, model: str, *, is_live: bool) -> RecogniserConfig:
    """What the process that hears needs, checked.

    Raises:
        UsageError: no model hears this language, or there is no model of this name.
        ModelMissing: the speech model is not on this computer and the user does not want it now.
        ModelDamaged: its bytes are not right.
    """
    from martlive_desktop.core.speech.governor import PACES_BY_NAME
    from martlive_desktop.core.speech.language import AUTO
    from martlive_desktop.core.speech.languages import LANGUAGES
    from martlive_desktop.inference.worker import ModelFolder, RecogniserConfig

    if language not in {*LANGUAGES, AUTO}:
        raise UsageError(f"MartLive cannot hear the language {language}; give a code like en, es or zh, or auto.")
    wish = settings.recogniser
    store = model_store()
    # A show in another language keeps its model: a small English one would hear nothing of it.
    small: ModelFolder | None = None
    if language == "en" and wish.small_model != model:
        with contextlib.suppress(ModelMissing):
            small = ModelFolder(store.resolve(wish.small_model), *store.windows(wish.small_model))
    # Tokens of an English model mean nothing to a multilingual one, which may take over in the middle of an utterance.
    larger: list[ModelFolder] = []
    if wish.device != "cpu" and wish.largest_on_gpu and model == wish.model and not model.endswith(".en"):
        larger = [ModelFolder(store.resolve(name), *store.windows(name)) for name in _larger_models(store, model)]
    return RecogniserConfig(
        model=ModelFolder(_resolve_model(store, model), *store.windows(model)),
        small_model=small,
        device=wish.device,
        gpu_models=tuple(larger),
        language=language,
        threads=wish.threads,
        pace=PACES_BY_NAME[wish.pace],
        is_live=is_live,
    )


def _larger_models(store: ModelStore, name: str) -> list[str]:
    """The multilingual speech models on this computer that are larger than `name`."""
    speech = {one.name: one for one in store.list() if one.task == "speech" and one.where in {"installed", "package"}}
    least = speech[name].bytes if name in speech else 0
    return [one for one in speech if speech[one].bytes > least and not one.endswith(".en")]


def start_recogniser(settings: Settings, plan: ShowPlan, model: str, *, is_live: bool) -> SupervisedRecogniser:
    """Start the process that hears; raises what `recogniser_config` does."""
    from martlive_desktop.inference.supervisor import SupervisedRecogniser

    config = recogniser_config(settings, plan.language, model, is_live=is_live)
    return SupervisedRecogniser(dataclasses.replace(config, names=plan.names))


def _resolve_model(store: ModelStore, name: str) -> Path:
    try:
        return store.resolve(name)
    except ModelMissing:
        known = next((state for state in store.list() if state.name == name), None)
        if known is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        print(f"The speech model {name} ({known.bytes / 1e6:.0f} MB) is not on this computer.", file=sys.stderr)
        if input("Download it now? [Y/n] ").strip().lower() not in {"", "y", "yes"}:
            raise
        return pull_model(store, name)


def pull_model(store: ModelStore, name: str) -> Path:
    """Fetch a model with a progress bar on the terminal.

    Raises:
        MartLiveError: it could not be fetched; what arrived is kept for the next try.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)
        return store.pull(name, lambda done, total: bar.update(task, completed=done, total=total))


@dataclass(frozen=True, slots=True)
class Recording:
    """A file instead of the microphone and the screen, with its chat."""

    name: str
    sound: MediaFile
    chat: ChatFile | None
    screen: ScreenWatch | None = None


class LiveShow:
    """A show in real time with everything around it; `close` ends it and keeps what was said.

    Source, recogniser, session and store work on their own threads and processes; listeners are called on the
    session's thread.
    """

    def __init__(
        self,
        plan: ShowPlan,
        settings: Settings,
        *,
        recording: Recording | None = None,
        model: str | None = None,
        watches_screen: bool = True,
        listeners: Sequence[Callable[[LogEvent], None]],
        on_product: Callable[[str, int | None], None] | None = None,
        on_end: Callable[[], None] | None = None,
        on_exchange: Callable[[str, str], None] | None = None,
    ) -> None:
        """Start; a recording begins when the models are loaded, the microphone at once.

        Raises:
            MartLiveError: a model, the recording, the store or a language pack cannot be used.
        """
        from martlive_desktop.adapters.chat_twitch import TwitchChat
        from martlive_desktop.adapters.clock import SystemClock
        from martlive_desktop.adapters.habits_file import read_habits, write_habits
        from martlive_desktop.adapters.loopback import PulseLoopback
        from martlive_desktop.adapters.microphone import Microphone
        from martlive_desktop.adapters.paced import Paced
        from martlive_desktop.pipeline.live import LiveSession
        from martlive_desktop.watching import LiveWatch

        self.watch: LiveWatch | None = None
        """The watched screen of a live show, to choose what is watched."""
        name = model or settings.recogniser.model
        self._failure = ""
        habits = read_habits(habits_path())
        session = build_session(plan, settings, habits)
        started = _started(plan, settings, recording.name if recording else "microphone", name)

        def trouble(sentence: str) -> None:
            for listener in listeners:
                listener(Status(session.now_ms, "store", "lost", sentence))

        with contextlib.ExitStack() as opened:
            store = opened.enter_context(session_store(trouble))
            recogniser = opened.enter_context(contextlib.closing(start_recogniser(settings, plan, name, is_live=True)))
            writer = start_writer(settings, plan, on_exchange)
            if writer:
                opened.callback(writer[1].close)
            if settings.obs.is_on:
                from martlive_desktop.adapters.obs import ObsFrames

                password = os.environ.get("MARTLIVE_OBS_PASSWORD")
                watch = ObsFrames(
                    settings.obs.host, settings.obs.port, recogniser.note_lagged_frames, password=password
                )
                opened.callback(watch.close)
            if recording:
                recogniser.wait_until_ready()
                if writer:
                    writer[1].wait_until_ready(READY_S)
            clock = SystemClock()
            source: AudioSource = Microphone(settings.microphone.device, clock=clock)
            chat: ChatSource | None = None
            screen: ScreenSource | None = None
            loopback: LoopbackSource | None = None
            if recording:
                source = Paced(recording.sound, clock)
                chat = Paced(recording.chat, clock) if recording.chat else None
                screen = Paced(recording.screen, clock) if recording.screen else None
            else:
                chat = TwitchChat(settings.chat.twitch, clock) if settings.chat.twitch else None
                if watches_screen:
                    self.watch = LiveWatch(settings, plan, clock, scenes_path())
                    screen, chat = self.watch.source, chat or self.watch.chat
                if settings.microphone.watch_echo and PulseLoopback.is_available():
                    loopback = PulseLoopback()
                    opened.callback(loopback.close)
            self.session_id = _begin(store, plan, started)
            self.live = LiveSession(
                session,
                source,
                recogniser,
                clock,
                chat=chat,
                screen=screen,
                loopback=loopback,
                writer=writer,
                listeners=(store.append, self._note, *listeners),
                on_product=_product_line(plan, on_product) if on_product else None,
                on_end=on_end,
            )
            if not recording:
                # The habits of the streamer, and of nobody whose recording is played.
                opened.callback(lambda: write_habits(habits.after(session.habits), habits_path()))
            self.live.start(started)
            opened.callback(self.live.wait)
            opened.callback(self.live.stop)
            self._opened = opened.pop_all()

    def _note(self, event: LogEvent) -> None:
        if isinstance(event, Status) and (event.part, event.state) == ("recogniser", "failed"):
            self._failure = event.detail

    def wait(self) -> None:
        """Wait for the end of the recording.

        Raises:
            MartLiveError: the show ended early, because the sound or the recogniser did.
        """
        self.live.wait()
        if self.live.error:
            raise self.live.error
        if self._failure:
            raise RecogniserUnavailable(self._failure)

    def close(self) -> None:
        """End the show: its sound first, then recognition, then the store."""
        self._opened.close()


def _begin(store: SqliteStore, plan: ShowPlan, started: SessionStarted) -> str:
    from martlive_desktop.adapters.clock import utc_now_iso

    return store.begin(started, title=plan.title or Path(started.source).stem, started_at=utc_now_iso())


def _product_line(plan: ShowPlan, tell: Callable[[str, int | None], None]) -> Callable[[OnShow | None, int], None]:
    """Tell the product on show and the time left on it, when what is seen of them changes."""
    minutes = {product.name: product.minutes for product in plan.products}
    told: tuple[str, int | None] = ("", None)

    def listen(on_show: OnShow | None, now_ms: int) -> None:
        nonlocal told
        left_ms: int | None = None
        if on_show and (planned := minutes.get(on_show.name)):
            left_ms = max(0, on_show.since_ms + round(planned * 60_000) - now_ms) // 1000 * 1000
        if (seen := (on_show.name if on_show else "", left_ms)) != told:
            told = seen
            tell(*seen)

    return listen


def _started(plan: ShowPlan, settings: Settings, source: str, model: str) -> SessionStarted:
    from martlive_desktop.settings import settings_digest

    return SessionStarted(
        at_ms=0,
        app_version=__version__,
        mode=plan.mode,
        source=source,
        models=(model,) if settings.coach.writer == "rules" else (model, settings.coach.model),
        settings_digest=settings_digest(settings),
    )


def _read_plan(path: Path | None) -> ShowPlan:
    from martlive_desktop.adapters.plan_file import read_plan
    from martlive_desktop.core.plan import ShowPlan

    return read_plan(path) if path else ShowPlan()


def run_review(
    file: Path,
    *,
    plan: Path | None,
    chat: Path | None,
    out: Path | None,
    is_realtime: bool,
    model: str | None,
    language: str | None,
    coach: Literal["rules", "local"] | None = None,
    shows_model: bool = False,
    watches_screen: bool = True,
    chat_region: tuple[int, int, int, int] | None = None,
) -> int:
    """One whole session over a recording; its results go into `out`.

    Raises:
        MartLiveError: an input cannot be used, or the results cannot be written.
    """
    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.video_file import VideoFile
    from martlive_desktop.pipeline.recorder import Recorder, write_transcripts
    from martlive_desktop.settings import load_settings
    from martlive_desktop.watching import watch_recording

    settings = load_settings(settings_path())
    if coach:
        settings = settings.model_copy(update={"coach": settings.coach.model_copy(update={"writer": coach})})
    on_exchange = _print_exchange if shows_model else None
    show = _read_plan(plan)
    if language:
        show = dataclasses.replace(show, language=language)
    screen: ScreenWatch | None = None
    if watches_screen:
        region = None if chat else _chat_region(file, chat_region) or settings.chat.region
        screen = watch_recording(VideoFile(file), settings, show, region)
    recording = Recording(file.name, MediaFile(file), ChatFile(chat) if chat else None, screen)
    if recording.chat and recording.chat.skipped:
        print(
            f"martlive: Lines of {chat} that are no messages are left out: {recording.chat.skipped}; "
            "each needs at_ms, user and text.",
            file=sys.stderr,
        )
    # All that can be wrong is found before an earlier review of this name is overwritten.
    recogniser_config(settings, show.language, model or settings.recogniser.model, is_live=is_realtime)
    with session_store(print) as store:
        store.list_sessions()
    folder = out or Path(f"{file.stem}-review")
    kept: list[LogEvent] = []
    with (
        contextlib.closing(Recorder(folder / "events.jsonl")) as recorder,
        contextlib.closing(ReviewBar(recording.sound)) as bar,
    ):
        listeners = (recorder.write, kept.append, bar.listen)
        try:
            if is_realtime:
                live_show = LiveShow(
                    show, settings, recording=recording, model=model, listeners=listeners, on_exchange=on_exchange
                )
                with contextlib.closing(live_show):
                    live_show.wait()
            else:
                _review_fast(show, settings, recording, model, listeners, on_exchange)
        finally:
            write_transcripts(folder, kept)
    tips = sum(isinstance(event, Tip) for event in kept)
    print(f"{tips} tips – {folder / 'events.jsonl'}, {folder / 'transcript.srt'}")
    return 0


def _chat_region(file: Path, pixels: tuple[int, int, int, int] | None) -> tuple[float, float, float, float] | None:
    """The part of a recording's picture that `pixels` (left, top, width, height) are, as shares of it."""
    from martlive_desktop.adapters.video_file import VideoFile

    if pixels is None:
        return None
    if (size := VideoFile(file).size()) is None:
        raise UsageError(f"{file} has no picture to read a chat on; leave --chat-region out.")
    left, top, width, height = pixels
    if left < 0 or top < 0 or min(width, height) <= 0 or left + width > size[0] or top + height > size[1]:
        raise UsageError(f"--chat-region lies outside of the picture, which is {size[0]}x{size[1]}.")
    return left / size[0], top / size[1], width / size[0], height / size[1]


def _review_fast(
    plan: ShowPlan,
    settings: Settings,
    recording: Recording,
    model: str | None,
    listeners: Sequence[Callable[[LogEvent], None]],
    on_exchange: Callable[[str, str], None] | None,
) -> None:
    from martlive_desktop.pipeline.review import Review

    name = model or settings.recogniser.model
    session = build_session(plan, settings)
    started = _started(plan, settings, recording.name, name)
    with (
        session_store(lambda sentence: print(f"martlive: {sentence}", file=sys.stderr)) as store,
        contextlib.closing(start_recogniser(settings, plan, name, is_live=False)) as recogniser,
        contextlib.ExitStack() as opened,
    ):
        if writer := start_writer(settings, plan, on_exchange):
            opened.callback(writer[1].close)
            writer[1].wait_until_ready(READY_S)
        _begin(store, plan, started)
        chat = recording.chat.read() if recording.chat else ()
        screen = recording.screen.read() if recording.screen else iter(())
        if recording.screen:
            opened.callback(recording.screen.close)
        Review(session, recording.sound, recogniser, chat, (store.append, *listeners), writer, screen).run(started)


def _print_exchange(prompt: str, answer: str) -> None:
    """What a language model was asked last, without the static part, and what came back."""
    asked = prompt.rstrip("\n").rpartition("\n\n")[2]
    print(f"model asked:  {asked}\nmodel wrote:  {answer or '(nothing in time)'}", file=sys.stderr)


class ReviewBar:
    """A progress bar on a terminal, nothing elsewhere; says what kept a review from being whole."""

    def __init__(self, sound: MediaFile) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = ("Reviewing", BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), "{task.fields[tips]} tips")
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        total_s = sound.duration_ms / 1000 if sound.duration_ms else None
        self._task = self._bar.add_task("", total=total_s, tips=0)
        self._tips = 0
        self._bar.start()

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.stop()

    def listen(self, event: LogEvent) -> None:
        """Move on with the session."""
        self._tips += isinstance(event, Tip)
        self._bar.update(self._task, completed=event.at_ms / 1000, tips=self._tips)
        is_fault = isinstance(event, Status) and (event.part, event.state) in {
            ("session", "cut_off"),
            ("store", "lost"),
            ("screen", "lost"),
            ("chat", "lost"),
        }
        if isinstance(event, Status) and (is_fault or event.is_news):
            # `out` neither wraps lines nor takes [words] for markup.
            self._bar.console.out(f"martlive: {event.detail}", highlight=False)


def demo_parts() -> tuple[ShowPlan, Recording]:
    """The bundled show."""
    from martlive_desktop.adapters.chat_file import ChatFile
    from martlive_desktop.adapters.media_file import MediaFile
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.adapters.video_file import VideoFile
    from martlive_desktop.settings import Settings
    from martlive_desktop.watching import watch_recording

    folder = resource_path("demo")
    show, plan = folder / "show.mkv", _read_plan(folder / "plan.toml")
    screen = watch_recording(VideoFile(show), Settings(), plan, None)
    return plan, Recording("demo", MediaFile(show), ChatFile(folder / "chat.jsonl"), screen)


def run_demo(*, is_headless: bool) -> int:
    """Play the bundled show through the live pipeline.

    Raises:
        MartLiveError: a part that it needs is missing.
    """
    from martlive_desktop.settings import load_settings

    settings = load_settings(settings_path())
    if not is_headless:
        _require_display()
        from martlive_desktop import desktop

        return desktop.run(settings, plan=None)
    plan, recording = demo_parts()
    print(f"MartLive demo: “{plan.title}”, three minutes. Tips come as they would on your screen.", flush=True)

    def tell(event: LogEvent) -> None:
        if isinstance(event, Tip):
            minutes, seconds = divmod(event.at_ms // 1000, 60)
            print(f"{minutes}:{seconds:02}  {event.text}", flush=True)
        elif isinstance(event, Status) and (event.part, event.state) == ("store", "lost"):
            print(f"martlive: {event.detail}", file=sys.stderr)

    show = LiveShow(plan, settings, recording=recording, listeners=(tell,))
    with contextlib.closing(show):
        show.wait()
    print(f"That was the show. See it again: martlive sessions export {show.session_id} --format md")
    return 0


def run_desktop(*, plan: Path | None, watches_screen: bool = True) -> int:
    """The desktop app.

    Raises:
        MartLiveError: there is no display, MartLive runs already, or the plan cannot be used.
    """
    from martlive_desktop.settings import load_or_set_aside

    _require_display()
    from martlive_desktop import desktop

    show_plan = _read_plan(plan)
    settings, news = load_or_set_aside(settings_path())
    if plan is None and settings.show.plan:
        try:
            show_plan = _read_plan(Path(settings.show.plan))
        except MartLiveError as exc:
            news = news or f"{exc} Until then the show goes without a plan."
    return desktop.run(settings, plan=show_plan, watches_screen=watches_screen, news=news)


def _require_display() -> None:
    if sys.platform == "linux":
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise MartLiveError(NO_DISPLAY)
        # No program may stay on top under Wayland itself; XWayland lets it.
        if os.environ.setdefault("QT_QPA_PLATFORM", "xcb") == "xcb":
            from Xlib.display import Display
            from Xlib.error import DisplayError

            # Qt would abort the whole process.
            try:
                Display().close()
            except DisplayError as exc:
                raise MartLiveError(NO_DISPLAY) from exc
