"""Joins what coaches: every detector of this version, and the language model that may word their tips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from martlive_desktop.core.errors import MartLiveError, ModelDamaged, ModelMissing
from martlive_desktop.places import model_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlive_desktop.adapters.coach_remote import RemoteWriter
    from martlive_desktop.core.coach.drafting import AnyDrafter, Drafter
    from martlive_desktop.core.habits import Habits
    from martlive_desktop.core.lexicon import Lexicon
    from martlive_desktop.core.meaning import Meaning
    from martlive_desktop.core.plan import ShowPlan
    from martlive_desktop.inference.embedding import SentenceEmbedding
    from martlive_desktop.inference.writer import SupervisedWriter
    from martlive_desktop.pipeline.session import Session
    from martlive_desktop.settings import Settings


REPHRASE_BYTES = 600_000_000
"""A model of a billion parameters in four bits: smaller ones copy well, but invent when they write."""


MEANING_MODEL = "minilm-l6"
"""Its name in the catalogue of models."""


@dataclass(frozen=True, slots=True)
class Coach:
    """A session, and how its limits are changed while it goes on."""

    session: Session
    use: Callable[[Settings], None]
    """Hold to these settings from now on; on the session's thread."""


def tip_language(settings: Settings, plan: ShowPlan) -> str:
    """The language of the tips."""
    from martlive_desktop.adapters.tip_packs import pack_of

    return pack_of(settings.coach.language or plan.language)


def build_session(plan: ShowPlan, settings: Settings, habits: Habits | None = None) -> Session:
    """A session with every detector of this version; without `habits`, a show is compared with itself only."""
    return build_coach(plan, settings, habits).session


def build_coach(plan: ShowPlan, settings: Settings, habits: Habits | None = None) -> Coach:
    """The same, to be changed while it goes on."""
    from martlive_desktop.adapters.language_packs import load_lexicon
    from martlive_desktop.adapters.tip_packs import load_templates
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.core.coach.scheduler import Scheduler
    from martlive_desktop.core.signals.chat import ChatDetector
    from martlive_desktop.core.signals.compliance import ComplianceDetector
    from martlive_desktop.core.signals.echo import EchoDetector
    from martlive_desktop.core.signals.hesitation import HesitationDetector
    from martlive_desktop.core.signals.level import LevelDetector
    from martlive_desktop.core.signals.obs import ObsDetector
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
    templates = load_templates(tip_language(settings, plan))
    limits = settings.signals
    meaning = _meaning(lexicon)
    pauses = PauseDetector(plan.mode, limits.pauses)
    selling = SellingDetector(plan, lexicon, limits.selling)
    level = LevelDetector(limits.level)
    echo = EchoDetector(limits.echo)
    voice = VoiceDetector(PitchTracker(), limits.voice, habits)
    pace = PaceDetector(limits.pace, habits)
    hesitation = HesitationDetector(limits.hesitation)
    compliance = ComplianceDetector(plan, lexicon, limits.compliance, sorted(settings.coach.do_not_say))
    chat = ChatDetector(plan, lexicon, meaning, limits.chat)
    rundown = RundownDetector(plan, lexicon, meaning, selling, limits.rundown)
    praise = PraiseDetector(limits.praise)
    screen = ScreenDetector(limits.picture)
    obs = ObsDetector(limits.obs)
    others = (level, echo, voice, pace, hesitation, compliance, chat, rundown, praise, screen, obs)
    on_words = (pace, hesitation, compliance, chat, rundown, praise)
    scheduler = Scheduler(settings.coach.policy)
    grounding = Grounding.of(lexicon, templates.words)

    def use(changed: Settings) -> None:
        limits = changed.signals
        pauses.use(limits.pauses)
        selling.use(limits.selling)
        level.use(limits.level)
        echo.use(limits.echo)
        voice.use(limits.voice)
        pace.use(limits.pace)
        hesitation.use(limits.hesitation)
        compliance.use(limits.compliance, sorted(changed.coach.do_not_say))
        chat.use(limits.chat)
        rundown.use(limits.rundown)
        praise.use(limits.praise)
        screen.use(limits.picture)
        obs.use(limits.obs)
        scheduler.use(changed.coach.policy)

    return Coach(Session(Detectors(pauses, selling, others, on_words), scheduler, templates, grounding), use)


def start_writer(
    settings: Settings,
    plan: ShowPlan,
    on_exchange: Callable[[str, str], None] | None = None,
    on_trouble: Callable[[str], None] | None = None,
) -> tuple[AnyDrafter, SupervisedWriter | RemoteWriter] | None:
    """Who words tips beside the rules, and what is asked of it; None where the rules word alone.

    `on_trouble` hears, in another thread, that the graphics card does not work for it.

    Raises:
        ModelMissing: the user wants a language model that is not on this computer.
        ModelDamaged: its bytes are not right.
        UsageError: the remote coach is wanted, and has no address.
        RemoteRefused: it is wanted, and there is no key for it.
    """
    from martlive_desktop.adapters.coach_remote import RemoteWriter
    from martlive_desktop.adapters.language_packs import load_lexicon
    from martlive_desktop.adapters.tip_packs import load_templates
    from martlive_desktop.core.coach.drafting import RemoteDrafter
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.remote import remote_client

    if not settings.remote.coach:
        return start_local_writer(settings, plan, on_exchange, on_trouble)
    client = remote_client(settings.remote)
    try:
        local = start_local_writer(settings, plan, on_exchange, on_trouble)
    except MartLiveError:
        client.close()
        raise
    language = tip_language(settings, plan)
    templates = load_templates(language)
    grounding = Grounding.of(load_lexicon(plan.language), templates.words)
    drafter = RemoteDrafter(templates, grounding, language, local[0] if local else None)
    return drafter, RemoteWriter(client, local[1] if local else None, on_exchange=on_exchange)


def start_local_writer(
    settings: Settings,
    plan: ShowPlan,
    on_exchange: Callable[[str, str], None] | None = None,
    on_trouble: Callable[[str], None] | None = None,
) -> tuple[Drafter, SupervisedWriter] | None:
    """The local language model and what it is asked for; None where the rules word alone.

    Raises:
        ModelMissing: the user wants a language model that is not on this computer.
        ModelDamaged: its bytes are not right.
    """
    from martlive_desktop.adapters.language_packs import load_lexicon
    from martlive_desktop.adapters.resource_files import resource_path
    from martlive_desktop.adapters.tip_packs import FALLBACK, load_templates
    from martlive_desktop.components import writer_config
    from martlive_desktop.core.coach.drafting import Drafter
    from martlive_desktop.core.coach.grounding import Grounding
    from martlive_desktop.inference.writer import SupervisedWriter

    if settings.coach.writer == "rules":
        return None
    folder = model_store().resolve(settings.coach.model)
    model = next(folder.glob("*.gguf"))
    size = model.stat().st_size
    language = tip_language(settings, plan)
    lexicon, templates = load_lexicon(plan.language), load_templates(language)
    prompts = {path.stem: path.read_text(encoding="utf-8") for path in resource_path("prompts").glob("*.txt")}
    drafter = Drafter(
        # What a model is told to write is English.
        "rephrase" if size >= REPHRASE_BYTES and language == FALLBACK else "span",
        prompts,
        templates,
        Grounding.of(lexicon, templates.words),
    )
    return drafter, SupervisedWriter(writer_config(model), on_exchange=on_exchange, on_trouble=on_trouble)


def _meaning(lexicon: Lexicon) -> Meaning:
    """The sentence model where it is on this computer, else the words that texts share."""
    from martlive_desktop.core.meaning import WordOverlap

    try:
        return _sentence_model(model_store().resolve(MEANING_MODEL))
    except (ModelMissing, ModelDamaged):
        return WordOverlap(lexicon.function_words)


_models: WeakValueDictionary[Path, SentenceEmbedding] = WeakValueDictionary()
"""Loaded once in a process, while a session uses it: the coach service has many, and a copy takes 60 MB."""


def _sentence_model(folder: Path) -> Meaning:
    from martlive_desktop.inference.embedding import SentenceEmbedding

    model = _models.get(folder)
    if model is None:
        model = _models[folder] = SentenceEmbedding(folder)
    return model
