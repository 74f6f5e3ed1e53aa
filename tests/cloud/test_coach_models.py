"""Language models: a server that is slow, wrong, away or babbling, and a child that dies; nobody waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from cloud_api.coach import llama_child
from cloud_api.coach.fair_queue import FairQueue
from cloud_api.coach.local_model import LocalModel
from cloud_api.coach.models import Conversation, Piece, Written
from cloud_api.coach.remote_model import FAILURES, BaseUrlNotAllowed, Breaker, RemoteModel, checked_base_url
from cloud_api.coach.wording import Wording
from cloud_api.errors import Refusal
from cloud_api.settings import CloudSettings
from martlive_desktop.core.wire import TipRequest
from martlive_desktop.places import model_store
from tests.fakes import writer as children

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

TALK = Conversation((("user", "Say hello."),), 16, 0.0, 1.0, ())
SCHEMA = '{"enum": ["safe", "cats"]}'


class Server:
    """An OpenAI-compatible server that does what the model's name says."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.in_flight = self.most_in_flight = 0

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = json.loads(body)
        self.asked.append(asked | {"path": scope["path"]})
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            status, parts = await self._answer(asked)
            await send(
                {"type": "http.response.start", "status": status, "headers": [(b"location", b"http://127.0.0.1:9/")]}
            )
            for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.in_flight -= 1

    async def _answer(self, asked: dict[str, Any]) -> tuple[int, list[bytes]]:
        match asked["model"]:
            case "slow":
                await asyncio.sleep(30)
            case "soon":
                await asyncio.sleep(0.2)
            case "fails":
                return 500, [b"oops"]
            case "moved":
                return 307, [b""]
            case "full":
                return 429, [b""]
            case "long":
                return 400, [b""]
            case "huge":
                return 200, [b"x" * 60_000] * 50
            case "wrong":
                return 200, [b'{"choices": []}']
            case "deep":
                return 200, [b"[" * 50_000]
            case "number":
                return 200, [b'{"choices": [{"message": {"content": 7}}]}']
            case "cut":
                return 200, [b'data: {"choices": [{"delta": {"content": "He"}}]}\n\n']
            case "babbles":
                chunk = b'data: {"choices": [{"delta": {"content": "' + b"x" * 1_000 + b'"}}]}\n\n'
                return 200, [chunk] * 3_000
        if asked.get("stream"):
            lines = [{"choices": [{"delta": {"content": text}}]} for text in ("Hel", "lo é")]
            end = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
            usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
            data = (
                b"".join(f"data: {json.dumps(one)}\n\n".encode() for one in (*lines, end, usage)) + b"data: [DONE]\n\n"
            )
            return 200, [data[at : at + 7] for at in range(0, len(data), 7)]
        return 200, [json.dumps({"choices": [{"message": {"content": '{"tip": "Recap: dew serum"}'}}]}).encode()]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Server, str]]:
    app = Server()
    # uvloop and httptools are not what is tried here.
    config = uvicorn.Config(app, port=0, log_level="critical", loop="asyncio", http="h11", lifespan="off", ws="none")
    running = uvicorn.Server(config)
    ready = threading.Event()
    startup = running.startup

    async def started(sockets: Any = None) -> None:
        await startup(sockets)
        ready.set()

    running.startup = started  # type: ignore[method-assign]
    thread = threading.Thread(target=running.run)
    thread.start()
    assert ready.wait(20)
    yield app, f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join()


@asynccontextmanager
async def remote(url: str, name: str = "good") -> AsyncIterator[RemoteModel]:
    model = RemoteModel(CloudSettings(llm_base_url=url, llm_model=name))
    await model.start()
    try:
        yield model
    finally:
        await model.close()


def ask(url: str, name: str, left_s: float = 5.0) -> Written:
    async def go() -> Written:
        async with remote(url, name) as model:
            return await model.write("Data", SCHEMA, left_s=left_s, payer="a")

    return asyncio.run(go())


def test_server_is_asked_for_its_schema(server: tuple[Server, str]) -> None:
    app, url = server
    assert ask(url, "good") == Written('{"tip": "Recap: dew serum"}', "written")
    asked = app.asked[-1]
    assert asked["path"] == "/v1/chat/completions"
    assert asked["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
    assert "tools" not in asked


@pytest.mark.parametrize("name", ["fails", "moved", "huge", "wrong", "deep", "number", "full"])
def test_server_that_goes_wrong_gives_nothing(server: tuple[Server, str], name: str) -> None:
    assert ask(server[1], name) == Written("", "failed")


def test_server_that_is_late_is_left_at_the_deadline(server: tuple[Server, str]) -> None:
    assert ask(server[1], "slow", 0.2) == Written("", "late")


def test_server_that_is_away_rests_after_some_failures() -> None:
    async def go() -> list[str]:
        async with remote("http://127.0.0.1:9") as model:
            return [(await model.write("Data", SCHEMA, left_s=2.0, payer="a")).outcome for _ in range(FAILURES + 2)]

    assert asyncio.run(go()) == ["failed"] * FAILURES + ["off"] * 2


def test_server_that_rested_is_tried_by_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("cloud_api.coach.remote_model.monotonic_s", lambda: now_s[0])
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.lets()
        breaker.note(is_good=False)
    assert not breaker.lets()
    now_s[0] += 6
    assert [breaker.lets(), breaker.lets()] == [True, False]
    breaker.note(is_good=False)
    now_s[0] += 6
    assert not breaker.lets()
    now_s[0] += 6
    assert breaker.lets()
    breaker.leave()
    assert breaker.lets()
    breaker.note(is_good=True)
    assert [breaker.lets(), breaker.lets()] == [True, True]


def test_many_questions_are_asked_at_once(server: tuple[Server, str]) -> None:
    app, url = server

    async def go() -> list[Written]:
        async with remote(url, "soon") as model:
            return await asyncio.gather(*(model.write("D", SCHEMA, left_s=10, payer="a") for _ in range(20)))

    app.most_in_flight = 0
    assert {one.outcome for one in asyncio.run(go())} == {"written"}
    assert app.most_in_flight > 4


def test_tip_of_a_server_is_used_and_late_ones_are_not(server: tuple[Server, str]) -> None:
    request = TipRequest("c1", "reset", 2, ("dew serum",), ("Recap for newcomers",), "en", 400)

    async def go(name: str) -> str:
        async with remote(server[1], name) as model:
            return (await Wording(model, lambda *_: None).tip(request)).text

    assert asyncio.run(go("good")) == "Recap: dew serum"
    assert asyncio.run(go("slow")) == asyncio.run(go("fails")) == "Recap for newcomers"


async def talk(model: RemoteModel | LocalModel, conversation: Conversation = TALK) -> list[Piece]:
    return [piece async for piece in model.converse(conversation, left_s=20, payer="a")]


def test_conversation_comes_piece_by_piece(server: tuple[Server, str]) -> None:
    async def go() -> list[Piece]:
        async with remote(server[1]) as model:
            return await talk(model)

    assert asyncio.run(go()) == [Piece("Hel"), Piece("lo é"), Piece("", "stop", 5, 2)]


@pytest.mark.parametrize(
    ("name", "problem"),
    [("fails", "unavailable"), ("full", "at-capacity"), ("long", "too-large"), ("cut", "unavailable"), ("babbles", "unavailable")],
)  # fmt: skip
def test_conversation_that_goes_wrong_is_refused(server: tuple[Server, str], name: str, problem: str) -> None:
    async def go() -> None:
        async with remote(server[1], name) as model:
            await talk(model)

    with pytest.raises(Refusal) as caught:
        asyncio.run(go())
    assert caught.value.name == problem


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1/"),
        ("https://llm/api", "https://llm/api/v1/"),
    ],
)
def test_base_url_may_end_with_its_version(url: str, base: str) -> None:
    assert checked_base_url(url, ["127.0.0.1", "LLM"]) == base


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/", "file:///etc/passwd", "http://127.0.0.1@evil/", "http://user:pw@127.0.0.1/",
     "http://127.0.0.1.evil/", "127.0.0.1:80", "http://127.0.0.1/?key=x", ""],
)  # fmt: skip
def test_base_url_of_another_host_is_refused(url: str) -> None:
    with pytest.raises(BaseUrlNotAllowed):
        checked_base_url(url, ["127.0.0.1"])


def test_queue_is_fair_and_urgent_goes_first() -> None:
    jobs: FairQueue[str] = FairQueue()
    jobs.put("a", "talk", is_urgent=False)
    for number in range(4):
        jobs.put("a", f"a{number}", is_urgent=True)
    assert [jobs.before("a"), jobs.before("b")] == [4, 1]
    jobs.put("b", "b0", is_urgent=True)
    assert len(jobs) == 6
    assert [jobs.take() for _ in range(7)] == ["a0", "b0", "a1", "a2", "a3", "talk", None]


@asynccontextmanager
async def local(target: Callable[[Connection, Any], None], model: Path) -> AsyncIterator[LocalModel]:
    one = LocalModel("small", model, target=target)
    await one.start()
    try:
        yield one
    finally:
        await one.close()


async def loaded(model: LocalModel) -> None:
    async with asyncio.timeout(60):
        while not model.is_settled:  # noqa: ASYNC110 - it is set on another thread
            await asyncio.sleep(0.02)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_questions_share_one_child(file: Path) -> None:
    async def go() -> list[Written]:
        async with local(children.good, file) as model:
            early = await model.write("D", SCHEMA, left_s=5, payer="a")
            await loaded(model)
            answers = (model.write("D", SCHEMA, left_s=20, payer=str(one)) for one in range(12))
            return [early, *await asyncio.gather(*answers)]

    early, *answers = asyncio.run(go())
    assert early == Written("", "off")
    assert sorted(one.text for one in answers) == sorted(f'{{"span": "answer {number}"}}' for number in range(12))


def test_question_that_would_be_late_is_not_asked(file: Path) -> None:
    async def go() -> list[str]:
        async with local(children.hangs, file) as model:
            await loaded(model)
            first = asyncio.create_task(model.write("D", SCHEMA, left_s=0.5, payer="a"))
            await asyncio.sleep(0)
            began_s = asyncio.get_running_loop().time()
            second = await model.write("D", SCHEMA, left_s=0.25, payer="b")
            assert asyncio.get_running_loop().time() - began_s < 0.2
            return [(await first).outcome, second.outcome]

    assert asyncio.run(go()) == ["late", "late"]


@pytest.mark.parametrize("child", [children.dies, children.babbles], ids=["dies", "babbles"])
def test_child_that_goes_wrong_is_started_again(child: Callable[[Connection, Any], None], file: Path) -> None:
    async def go() -> None:
        async with local(child, file) as model:
            await loaded(model)
            pids: set[int] = set()
            async with asyncio.timeout(60):
                while len(pids) < 2:
                    await model.write("D", SCHEMA, left_s=2, payer="a")
                    if model.pid is not None:
                        pids.add(model.pid)
                    await asyncio.sleep(0.05)

    asyncio.run(go())


def test_child_that_never_starts_keeps_nobody_from_being_ready(file: Path) -> None:
    async def go() -> None:
        async with local(children.never_starts, file) as model:
            await loaded(model)
            assert (await model.write("D", SCHEMA, left_s=1, payer="a")).outcome == "off"
            with pytest.raises(Refusal) as caught:
                await talk(model)
            assert caught.value.name == "unavailable"

    asyncio.run(go())


@pytest.mark.real
@pytest.mark.timeout(120)
def test_real_model_chooses_talks_and_is_interrupted() -> None:
    path = next(model_store().resolve("smollm2-135m").glob("*.gguf"))

    async def go() -> None:
        async with local(llama_child.main, path) as model:
            await loaded(model)
            assert model.skill == "span"
            chosen = await model.write("Line: is it safe for cats?\n", SCHEMA, left_s=30, payer="a")
            assert json.loads(chosen.text) in ("safe", "cats")
            request = TipRequest(
                "c1", "reset", 2, ("lamp", "$59"), ("Recap: lamp is $59", "Say it: lamp"), "en", 10_000
            )
            tip = await Wording(model, lambda *_: None).tip(request)
            assert (tip.source, tip.text in request.candidates) == ("remote", True)
            *pieces, end = await talk(model)
            assert "".join(piece.text for piece in pieces).strip()
            assert end.reason in ("stop", "length")
            assert 0 < end.completion_tokens <= 16 < end.prompt_tokens + end.completion_tokens
            with pytest.raises(Refusal) as caught:
                await talk(model, Conversation((("user", "word " * 5_000),), 16, 0.0, 1.0, ()))
            assert caught.value.name == "too-large"
            endless = model.converse(
                Conversation((("user", "Count to 1000."),), 1_024, 0.0, 1.0, ()), left_s=60, payer="a"
            )
            async with contextlib.aclosing(endless) as pieces_of_many:
                await anext(pieces_of_many)
            # Whoever leaves lets the next one go on.
            assert (await model.write("Line: cats?\n", SCHEMA, left_s=8, payer="a")).outcome == "written"

    asyncio.run(go())
