"""Reports and exports: what the desktop would make of the same show, in each language, with the best of each utterance."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from cloud_api.worker.desk import Desk, NotWritten
from martlive_desktop.core.events import Chat, Transcript
from martlive_desktop.core.export import FORMATS
from martlive_desktop.core.report_builder import build_report
from tests.cloud.worker_parts import (
    SESSION,
    databases,
    ended,
    erase,
    noted,
    segment,
    settings_for,
    started,
    told,
    until,
    working,
)
from tests.fakes.report_show import busy_show, hostile_show

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud.worker_parts import Worker


async def report_is_ready(worker: Worker) -> bool:
    return await worker.metric('martlive_worker_events_total{result="done"}') > 0 and not await _jobs(worker)


async def _jobs(worker: Worker) -> int:
    from cloud_api.worker.jobs import count

    return sum(await worker.parts.database.read(count))


@databases
def test_report_is_that_of_the_desktop(tmp_path: Path, database_url: str) -> None:
    show = busy_show()
    wanted = build_report(show).measured()

    async def scene() -> tuple[str, str, str]:
        async with working(settings_for(tmp_path, database_url=database_url)) as worker:
            await worker.tell(*told(show))
            await until(lambda: report_is_ready(worker))
            made = await worker.metric("martlive_worker_report_seconds_count")
            english, document = await worker.report(), await worker.report("json")
            # It was made when the session ended; only another language is made now.
            assert await worker.metric("martlive_worker_report_seconds_count") == made
            chinese = await worker.report(language="zh")
            assert await worker.metric("martlive_worker_report_seconds_count") == made + 1
            return english, document, chinese

    english, document, chinese = asyncio.run(scene())
    found = json.loads(document)
    assert {one["name"]: one["value"] for one in found["report"]["measures"]} == wanted
    assert found["report"]["is_cut_off"] is False
    assert found["title"] == "Skillets"
    assert found["strengths"]
    assert "<h1" in english
    assert 'lang="zh' in chinese
    assert len(english) > 100_000


@pytest.mark.parametrize("kind", ["txt", "srt", "vtt", "md", "csv"])
def test_export_is_that_of_the_desktop(tmp_path: Path, kind: str) -> None:
    show = [one for one in busy_show() if not isinstance(one, Transcript) or one.is_final]

    async def scene() -> str:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(*told(show))
            return await worker.transcript(kind)

    text = asyncio.run(scene())
    # Tips are told when they were shown, and stand where they were emitted.
    assert sorted(text.splitlines()) == sorted(FORMATS[kind](show).splitlines())


def test_better_pass_over_an_utterance_replaces_it_everywhere(tmp_path: Path) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started(), segment(0, "this is a cast iron kettle"), segment(1, "Buy it now."), ended())
            await until(lambda: report_is_ready(worker))
            assert "kettle" in await worker.report()
            await worker.tell(segment(0, "This is a cast iron skillet.", rev=1))
            assert await worker.transcript() == "This is a cast iron skillet.\nBuy it now.\n"
            await until(lambda: report_is_ready(worker))
            page = await worker.report()
            assert "skillet" in page
            assert "kettle" not in page
            # What was heard live may come late; it is not better for that.
            await worker.tell(segment(1, "Buy, it now!", rev=2), segment(1, "by it know", rev=1))
            assert await worker.transcript() == "This is a cast iron skillet.\nBuy, it now!\n"

    asyncio.run(scene())


class _Scripts(HTMLParser):
    """Elements that act."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "object", "link") or any(name.startswith("on") for name, _ in attrs):
            self.found.append(tag + str([name for name, _ in attrs if name.startswith("on")]))


def test_words_of_a_show_do_nothing_on_its_page(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script> {{ 7*7 }} {% for x in y %} </script><img src=x onerror=alert(2)>"

    async def scene() -> list[str]:
        pages = []
        for name, text in (("tame", "Good evening."), ("wild", hostile)):
            async with working(settings_for(tmp_path / name)) as worker:
                begun = started()
                begun.data["title"] = text
                await worker.tell(
                    begun,
                    segment(0, text),
                    noted(0, Chat(1_000, text, text, "chat", emitted_ms=1_000)),
                    ended(),
                )
                pages += [await worker.report(), await worker.transcript("md"), await worker.transcript("vtt")]
        return pages

    tame, _, _, wild, markdown, subtitles = asyncio.run(scene())
    elements = []
    for page in (tame, wild):
        parser = _Scripts()
        parser.feed(page)
        elements.append(parser.found)
    assert elements[0] == elements[1]
    assert "{{ 7*7 }}" in wild
    assert "&lt;script&gt;alert(1)" in wild
    assert not re.search(r"(?<!\\)<(script|img)", markdown + subtitles)


def test_hostile_show_gives_a_report(tmp_path: Path) -> None:
    async def scene() -> str:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(*told(hostile_show()))
            assert not await worker.letters()
            return await worker.report()

    assert "</html>" in asyncio.run(scene())


def test_show_that_still_goes_on_has_a_report(tmp_path: Path) -> None:
    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started(), segment(0, "First."))
            assert "First." in await worker.report()
            await worker.tell(segment(1, "Second."))
            page = await worker.report()
            assert "Second." in page
            assert json.loads(await worker.report("json"))["report"]["is_cut_off"] is True

    asyncio.run(scene())


def test_report_that_was_being_made_is_made_by_the_next_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloud_api.worker.app import Worker as Service

    settings = settings_for(tmp_path)

    async def first() -> None:
        begun = asyncio.Event()

        async def stuck(_self: Service, _show: object, _language: str) -> None:
            begun.set()
            await asyncio.Event().wait()

        with monkeypatch.context() as patched:
            patched.setattr(Service, "report", stuck)
            async with working(settings) as worker:
                await worker.tell(started(), segment(0, "Kept."), ended())
                await asyncio.wait_for(begun.wait(), 10)

    async def second() -> None:
        async with working(settings) as worker:
            assert await _jobs(worker) == 1

            async def is_made() -> bool:
                return await worker.metric("martlive_worker_report_seconds_count") == 1 and not await _jobs(worker)

            await until(is_made)

    asyncio.run(first())
    asyncio.run(second())


def test_report_of_what_is_erased_meanwhile_is_not_kept(tmp_path: Path) -> None:
    from cloud_api.worker.reading import Rendered, find_show, keep_report

    async def scene() -> None:
        async with working(settings_for(tmp_path)) as worker:
            await worker.tell(started(), segment(0, "Gone."))
            database = worker.parts.database
            show = await database.read(lambda connection: find_show(connection, "agency", SESSION))
            assert show is not None
            await worker.tell(erase([SESSION]))
            rendered = Rendered(b"<p>Gone.", b"{}")
            assert not await database.write(lambda connection: keep_report(connection, show, "en", rendered))

    asyncio.run(scene())


def test_writing_process_that_was_killed_is_begun_again() -> None:
    async def scene() -> None:
        desk = Desk()
        request = {"what": "txt", "lines": [], "title": "", "started_at": "", "session": "s", "language": "en"}
        assert await desk.write(request) == {"text": ""}
        pid = desk.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(NotWritten):
            await desk.write(request)
        assert await desk.write(request) == {"text": ""}
        assert desk.pid != pid
        with pytest.raises(NotWritten, match="KeyError"):
            await desk.write(request | {"what": "exe"})
        assert await desk.write(request) == {"text": ""}
        await desk.close()

    asyncio.run(scene())


def test_report_that_takes_too_long_is_given_up() -> None:
    async def scene() -> None:
        desk = Desk(answer_s=0.001)
        request = {"what": "txt", "lines": [], "title": "", "started_at": "", "session": "s", "language": "en"}
        with pytest.raises(NotWritten, match="TimeoutError"):
            await desk.write(request)
        assert desk.pid is None
        await desk.close()

    asyncio.run(scene())
