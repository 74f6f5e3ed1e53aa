"""Tips that the remote coach words: judged as a stranger's, and never waited for longer than a tip may."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from martlive_desktop import coaching
from martlive_desktop.adapters.cloud_client import CloudClient
from martlive_desktop.adapters.coach_remote import RemoteWriter
from martlive_desktop.adapters.language_packs import load_lexicon
from martlive_desktop.adapters.tip_packs import load_templates
from martlive_desktop.core.coach.drafting import Drafter, DraftRequest, RemoteDrafter
from martlive_desktop.core.coach.grounding import Grounding
from martlive_desktop.core.errors import ModelMissing, RemoteRefused, RemoteUnavailable
from martlive_desktop.core.events import Cue
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.core.wire import TipAnswer, TipRequest, from_bytes, to_bytes
from martlive_desktop.settings import Settings
from tests.fakes.cloud import KEY, FakeCloud, problem

pytestmark = pytest.mark.timeout(30)

TEMPLATES = load_templates("en")
GROUNDING = Grounding.of(load_lexicon("en"), TEMPLATES.words)
CUE = Cue(1, "price_missing", 0.8, (), (("price", "$12"), ("product", "lamp")), id="c1", severity=1)
REMOTE = RemoteDrafter(TEMPLATES, GROUNDING, "en")
LOCAL = Drafter("rephrase", {"rephrase": "Say it anew.\n"}, TEMPLATES, GROUNDING)


def answer(text: str, *, cue: str = "c1", source: str = "local") -> str:
    return to_bytes(TipAnswer(cue, text, source)).decode()  # type: ignore[arg-type]


def asked(prompt: str = "") -> DraftRequest:
    request = REMOTE.request(CUE)
    return DraftRequest("c1", prompt, "{}" if prompt else "", request.tip)


def test_request_says_all_that_the_words_may_use_and_nothing_else() -> None:
    request = REMOTE.request(CUE)
    assert (request.prompt, request.schema) == ("", "")
    tip = request.tip
    assert tip is not None
    assert (tip.id, tip.kind, tip.severity, tip.evidence, tip.language) == (
        "c1",
        "price_missing",
        1,
        ("$12", "lamp"),
        "en",
    )
    assert tip.candidates[0] == TEMPLATES.write(CUE)
    assert len(set(tip.candidates)) == len(tip.candidates) >= 3
    assert tip.deadline_ms == 1_500


def test_model_of_this_computer_is_asked_the_same() -> None:
    both = RemoteDrafter(TEMPLATES, GROUNDING, "en", LOCAL)
    local = LOCAL.request(CUE)
    assert local is not None
    request = both.request(CUE)
    assert (request.prompt, request.schema) == (local.prompt, local.schema)


@pytest.mark.parametrize(
    ("said", "judged", "source"),
    [
        (answer("Say the price: $12"), ("Say the price: $12", ""), "remote"),
        (answer("Say  the price:\n$12"), ("Say the price: $12", ""), "remote"),
        (answer("Say the price: $13"), ("", "number"), "remote"),
        (answer("<b>Say the price</b>"), ("", "signs"), "remote"),
        (answer(""), ("", "length"), "remote"),
        (answer("Say the price: $12", cue="c2"), ("", "format"), "remote"),
        (answer("Say the price: $12", source="rules"), ("", "rules"), "remote"),
        ("", ("", "format"), "local"),
        ('{"tip": "Say the price: $12"}', ("", "format"), "local"),
        ("\ud800", ("", "format"), "local"),
    ],
    ids=["good", "spaces", "number", "markup", "empty", "other cue", "rules", "nothing", "local", "surrogate"],
)
def test_answer_is_checked_against_the_evidence_again(said: str, judged: tuple[str, str], source: str) -> None:
    assert REMOTE.judge(CUE, said) == judged
    assert REMOTE.source(said) == source


def test_answer_of_the_model_here_is_checked_as_ever() -> None:
    both = RemoteDrafter(TEMPLATES, GROUNDING, "en", LOCAL)
    said = '{"tip": "Say the price: $12"}'
    assert both.judge(CUE, said) == ("Say the price: $12", "")
    assert (both.source(said), LOCAL.source(said)) == ("local", "local")


# The writer


class Service:
    def __init__(self) -> None:
        self.error: Exception | None = None
        self.deadlines: list[float] = []
        self.is_closed = False
        self.held = threading.Event()
        self.held.set()

    def tips(self, request: TipRequest, deadline_s: float) -> TipAnswer:
        self.deadlines.append(deadline_s)
        self.held.wait(5)
        if self.error:
            raise self.error
        return TipAnswer(request.id, "Say the price: $12", "local")

    def close(self) -> None:
        self.is_closed = True
        self.held.set()


class LocalWriter:
    pid = 5

    def __init__(self) -> None:
        self.asked: list[DraftRequest] = []
        self.is_closed = False

    def ask(self, request: DraftRequest, tell: object) -> None:
        self.asked.append(request)
        tell("here")  # type: ignore[operator]

    def wait_until_ready(self, timeout_s: float) -> bool:
        return timeout_s > 0

    def close(self) -> None:
        self.is_closed = True


def ask(writer: RemoteWriter, request: DraftRequest) -> str:
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    writer.ask(request, told.put)
    return told.get(timeout=5)


def test_remote_coach_answers_first() -> None:
    service, local, seen = Service(), LocalWriter(), []
    writer = RemoteWriter(service, local, on_exchange=lambda *said: seen.append(said))
    with closing(writer):
        assert from_bytes(TipAnswer, ask(writer, asked("prompt")).encode()).text == "Say the price: $12"
        assert (writer.pid, writer.wait_until_ready(1.0)) == (5, True)
    assert local.asked == []
    # Time is left for the model on this computer.
    assert service.deadlines[0] < 0.81
    assert (service.is_closed, local.is_closed) == (True, True)
    assert from_bytes(TipRequest, seen[0][0].encode()).id == "c1"


@pytest.mark.parametrize(
    "error",
    [
        RemoteUnavailable("Away.", step="address"),
        RemoteRefused("No.", status=429, problem="quota-exceeded"),
    ],
    ids=["away", "refused"],
)
def test_very_next_tip_is_worded_here(error: Exception) -> None:
    service, local = Service(), LocalWriter()
    service.error = error
    with closing(RemoteWriter(service, local)) as writer:
        assert ask(writer, asked("prompt")) == "here"
        assert ask(writer, asked()) == ""
    with closing(RemoteWriter(service)) as writer:
        assert ask(writer, asked("prompt")) == ""
        assert (writer.pid, writer.wait_until_ready(0)) == (None, True)


def test_question_that_has_waited_too_long_is_not_asked() -> None:
    service = Service()
    service.held.clear()
    told: queue.SimpleQueue[str] = queue.SimpleQueue()
    with closing(RemoteWriter(service, deadline_s=0.2)) as writer:
        writer.ask(asked(), told.put)
        writer.ask(asked(), told.put)
        threading.Event().wait(0.3)
        service.held.set()
        assert [bool(told.get(timeout=5)), told.get(timeout=5)] == [True, ""]
    assert len(service.deadlines) == 1


def test_what_is_no_tip_is_for_the_model_here() -> None:
    service, local = Service(), LocalWriter()
    with closing(RemoteWriter(service, local)) as writer:
        assert ask(writer, DraftRequest("", "sum up", "{}")) == "here"
    assert service.deadlines == []


# Joined


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloud]:
    monkeypatch.setenv("MARTLIVE_REMOTE_KEY", KEY)
    with FakeCloud().running() as cloud:
        yield cloud


def wish(cloud: FakeCloud, **coach: str) -> Settings:
    return Settings.model_validate({"remote": {"url": cloud.url, "coach": True}, "coach": coach})


def test_settings_choose_the_remote_coach(cloud: FakeCloud) -> None:
    made = coaching.start_writer(wish(cloud, language="zh"), ShowPlan())
    assert made is not None
    drafter, writer = made
    with closing(writer):
        assert isinstance(writer, RemoteWriter)
        request = drafter.request(CUE)
        assert request is not None
        assert request.tip is not None
        assert request.tip.language == "zh"
        answered = ask(writer, request)
    assert drafter.judge(CUE, answered) == (request.tip.candidates[-1], "")
    assert cloud.asked == [request.tip]


def test_failing_service_is_asked_three_times_and_then_left_alone(cloud: FakeCloud) -> None:
    cloud.refusals["POST /v1/tips"] = problem("internal", 500, retryable=True)
    client = CloudClient(cloud.url, KEY)
    with closing(RemoteWriter(client)) as writer:
        assert [ask(writer, asked()) for _ in range(5)] == [""] * 5
        assert client.breaker.is_open


def test_missing_model_leaves_no_client_behind(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ModelMissing("There is none.", name="x")

    monkeypatch.setattr(coaching, "start_local_writer", missing)
    with pytest.raises(ModelMissing):
        coaching.start_writer(wish(cloud, writer="local"), ShowPlan())
