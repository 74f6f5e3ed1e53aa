from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from cloud_api.errors import Refusal
from cloud_api.gateway.app import build, openapi
from cloud_api.gateway.openai import captions_of
from cloud_api.gateway.store import TenantLimits, sessions
from cloud_api.gateway.tickets import SecretTooShort
from cloud_api.gateway.upstream import TRIES
from tests.cloud.gateway_parts import ORIGIN, Gateway, gateway_in, problem_of, settings_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TIP = {
    "id": "cue-1",
    "kind": "price",
    "severity": 2,
    "evidence": ["The plan says $14.99."],
    "candidates": ["Say the price: $14.99."],
    "deadline_ms": 1_500,
    "language": "en",
    "version": 2,
}
QUESTION = {"question": "How big is it?", "evidence": ["8 ml tube"], "language": "en", "deadline_ms": 2_000}
CHAT = {"model": "", "messages": [{"role": "user", "content": "Hello"}]}


def serve(folder: Path, act: Callable[[Gateway], Awaitable[None]], **more: Any) -> None:
    async def run() -> None:
        async with gateway_in(folder, **more) as gateway:
            await act(gateway)

    asyncio.run(run())


async def events_of(gateway: Gateway) -> list[dict[str, Any]]:
    table = gateway.store.outbox
    rows = await gateway.store.database.read(lambda connection: connection.execute(table.select()).all())
    return [json.loads(row.event) for row in rows]


def test_session_is_begun_shown_listed_ended_and_erased(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        plan = {"products": [{"name": "Dew serum", "price": 14.99, "pictures": ["/etc/passwd"]}]}
        made = await gateway.begin(title="Friday", plan=plan, names=["Dew serum"])
        assert made["stream_url"] == f"ws://127.0.0.1:8765/v1/sessions/{made['id']}/stream"
        assert made["epoch"] == 0
        assert made["limits"]["ring_ms"] == 60_000
        shown = (await gateway.ask("GET", f"/v1/sessions/{made['id']}")).json()
        assert (shown["title"], shown["state"], shown["names"]) == ("Friday", "new", ["Dew serum"])
        assert "pictures" not in shown["plan"]["products"][0]
        listed = (await gateway.ask("GET", "/v1/sessions")).json()
        assert [one["id"] for one in listed["sessions"]] == [made["id"]]
        ended = await gateway.ask("POST", f"/v1/sessions/{made['id']}/end")
        assert ended.json()["state"] == "ended"
        again = await gateway.ask("POST", f"/v1/sessions/{made['id']}/end")
        assert again.json()["ended_at"] == ended.json()["ended_at"]
        assert problem_of(await gateway.ask("POST", f"/v1/sessions/{made['id']}/tickets")) == "session-ended"
        assert (await gateway.ask("DELETE", f"/v1/sessions/{made['id']}")).status_code == 204
        assert problem_of(await gateway.ask("GET", f"/v1/sessions/{made['id']}")) == "not-found"
        assert problem_of(await gateway.ask("DELETE", f"/v1/sessions/{made['id']}")) == "not-found"
        erased = [one for one in await events_of(gateway) if one["type"] == "tenant.erase"]
        assert [one["data"]["sessions"] for one in erased] == [[made["id"]]]

    serve(tmp_path, act)


def test_sessions_are_listed_page_by_page(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        made = [(await gateway.begin())["id"] for _ in range(5)]
        found: list[str] = []
        before = ""
        while True:
            page = (
                await gateway.ask("GET", "/v1/sessions", params={"limit": 2} | ({"before": before} if before else {}))
            ).json()
            found += [one["id"] for one in page["sessions"]]
            if page["next"] is None:
                break
            before = page["next"]
        assert sorted(found) == sorted(made)
        assert len(found) == 5

    serve(tmp_path, act)


def test_same_idempotency_key_gives_the_same_session_and_another_request_conflicts(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        headers = {"Idempotency-Key": "one"}
        first, same, other = [
            await gateway.ask("POST", "/v1/sessions", headers=headers, json={"mode": "coach", "title": title})
            for title in ("a", "a", "b")
        ]
        assert (first.status_code, same.status_code) == (201, 201)
        assert first.json()["id"] == same.json()["id"]
        assert problem_of(other) == "conflict"
        assert len((await gateway.ask("GET", "/v1/sessions")).json()["sessions"]) == 1

    serve(tmp_path, act)


def test_idempotency_keys_of_tenants_do_not_meet(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        theirs = await gateway.key_of("stream", tenant=await gateway.store.ensure_tenant("other"))
        headers = {"Idempotency-Key": "one"}
        mine = await gateway.ask("POST", "/v1/sessions", headers=headers, json={"title": "a"})
        other = await gateway.ask("POST", "/v1/sessions", headers=headers, json={"title": "b"}, key=theirs)
        assert (mine.status_code, other.status_code) == (201, 201)
        assert mine.json()["id"] != other.json()["id"]

    serve(tmp_path, act)


def test_requests_at_once_with_one_idempotency_key_make_one_session(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        headers = {"Idempotency-Key": "one"}
        answers = await asyncio.gather(
            *(gateway.ask("POST", "/v1/sessions", headers=headers, json={"title": "a"}) for _ in range(10))
        )
        assert len({one.json()["id"] for one in answers}) == 1

    serve(tmp_path, act)


@pytest.mark.parametrize(
    "plan",
    [
        {"products": [{"name": "A"}, {"name": "a"}]},
        {"products": [{"name": "  "}]},
        {"title": "x", "surprise": 1},
        {"products": [{"name": "A", "price": -1}]},
        {"language": "english"},
    ],
    ids=["name-twice", "name-empty", "unknown-field", "price-negative", "language"],
)
def test_plan_that_cannot_be_is_refused_when_the_session_is_asked_for(tmp_path: Path, plan: dict[str, Any]) -> None:
    async def act(gateway: Gateway) -> None:
        assert problem_of(await gateway.ask("POST", "/v1/sessions", json={"plan": plan})) == "invalid"

    serve(tmp_path, act)


HOSTILE = [
    "'; DROP TABLE sessions; --",
    '" OR ""="',
    "{{ 7 * 7 }} ${7*7} <%= 7*7 %>",
    "<script>alert(1)</script>",
    "%s %d {0} \\u0000",
    "\u202e\U0001f600\u0301",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_names_is_only_text(tmp_path: Path, text: str) -> None:
    async def act(gateway: Gateway) -> None:
        made = await gateway.begin(title=text, names=[text], plan={"title": text, "products": [{"name": text}]})
        shown = (await gateway.ask("GET", f"/v1/sessions/{made['id']}")).json()
        assert (shown["title"], shown["names"]) == (text, [text])
        key = (await gateway.ask("POST", "/v1/keys", json={"name": text, "scopes": ["read"]})).json()
        assert key["name"] == text
        assert (await gateway.ask("GET", "/v1/sessions", key=key["key"])).status_code == 200

    serve(tmp_path, act)


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "\x1b[2J", "\ud800"], ids=["nul", "line", "escape", "surrogate"])
def test_control_characters_in_names_are_refused(tmp_path: Path, text: str) -> None:
    async def act(gateway: Gateway) -> None:
        body = json.dumps({"title": text}).encode()
        answer = await gateway.ask("POST", "/v1/sessions", content=body, headers={"Content-Type": "application/json"})
        assert problem_of(answer) == "invalid"
        assert text not in answer.text

    serve(tmp_path, act)


def test_body_of_100_mb_is_refused_unread(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        sent = 0

        async def body() -> Any:
            nonlocal sent
            for _ in range(1_600):
                sent += 65_536
                yield b"[" * 65_536

        headers = {"Content-Type": "application/json"}
        told = headers | {"Content-Length": str(100 * 2**20)}
        assert problem_of(await gateway.ask("POST", "/v1/sessions", headers=told, content=b"")) == "too-large"
        assert problem_of(await gateway.ask("POST", "/v1/sessions", headers=headers, content=body())) == "too-large"
        assert problem_of(await gateway.ask("POST", "/v1/tips", headers=headers, content=body())) == "too-large"

    serve(tmp_path, act)


@pytest.mark.parametrize("depth", [33, 1_000, 400_000])
def test_deep_json_is_refused_before_it_is_parsed(tmp_path: Path, depth: int) -> None:
    async def act(gateway: Gateway) -> None:
        body = b'{"plan":' + b"[" * depth + b"]" * depth + b"}"
        headers = {"Content-Type": "application/vnd.x+json; charset=utf-8"}
        answer = await gateway.ask("POST", "/v1/sessions", content=body, headers=headers)
        assert problem_of(answer) == "bad-request"

    serve(tmp_path, act)


def test_key_in_the_address_is_refused_and_not_told_again(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        addresses = [f"/v1/sessions?key={gateway.key}", f"/v1/sessions?limit={gateway.key}", f"/v1/{gateway.key}"]
        addresses += [f"/v1/sessions?{name}=x" for name in ("ticket", "Token", "api_key", "access-token")]
        addresses += [f"/v1/sessions?limit={gateway.key.replace('_', '%5f')}"]
        for address in addresses:
            answer = await gateway.ask("GET", address)
            assert problem_of(answer) == "key-in-url", address
            assert gateway.key not in answer.text

    serve(tmp_path, act)


def test_pages_that_are_not_listed_get_nothing(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", "http://shop.example", "*"):
            answer = await gateway.ask("GET", "/v1/sessions", headers={"Origin": origin})
            assert problem_of(answer) == "origin-not-allowed"
            assert "access-control-allow-origin" not in answer.headers
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        preflight = await gateway.ask("OPTIONS", "/v1/sessions", headers=asked, key="")
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        answer = await gateway.ask("GET", "/v1/sessions", headers={"Origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in answer.headers

    serve(tmp_path, act, allowed_origins=[ORIGIN, "*"])


def test_every_answer_has_the_headers_of_safety(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        for path in ("/v1/sessions", "/v1/nothing", "/healthz"):
            headers = (await gateway.ask("GET", path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert headers["cache-control"] == "no-store"

    serve(tmp_path, act)


def test_too_many_requests_of_one_key_are_told_when_to_come_again(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        await gateway.store.ensure_tenant("shop", TenantLimits(requests_a_minute=5))
        other = await gateway.key_of("read")
        answers = [await gateway.ask("GET", "/v1/usage") for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        assert problem_of(answers[-1]) == "rate-limited"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert (await gateway.ask("GET", "/v1/usage", key=other)).status_code == 200

    serve(tmp_path, act)


def test_tips_go_to_the_coach_and_are_counted(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/v1/tips", json=TIP)
        assert answer.json() == {"id": "cue-1", "text": "Say the price: $14.99.", "source": "rules", "version": 2}
        path, headers, body = gateway.behind.asked[-1]
        assert (path, json.loads(body)) == ("/internal/v1/tips", TIP)
        assert headers["x-martlive-tenant"] == gateway.tenant
        assert headers["traceparent"].split("-")[1] == answer.headers["x-trace-id"]
        answered = await gateway.ask("POST", "/v1/answers", json=QUESTION)
        assert answered.json() == {"text": "8 ml", "source": "remote", "grounded": True}
        used = (await gateway.ask("GET", "/v1/usage")).json()["days"]
        assert used[0]["tips"] == 2

    serve(tmp_path, act)


def test_quota_of_tips_is_never_passed_by_requests_at_once(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        await gateway.store.ensure_tenant("shop", TenantLimits(tips_a_day=3))
        answers = await asyncio.gather(*(gateway.ask("POST", "/v1/tips", json=TIP) for _ in range(8)))
        assert sorted(one.status_code for one in answers) == [200] * 3 + [429] * 5
        assert {problem_of(one) for one in answers if one.status_code == 429} == {"quota-exceeded"}

    serve(tmp_path, act)


def test_late_coach_is_a_deadline(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        gateway.behind.stuck = asyncio.Event()
        answer = await gateway.ask("POST", "/v1/tips", json=TIP | {"deadline_ms": 50})
        gateway.behind.stuck.set()
        assert problem_of(answer) == "deadline"

    serve(tmp_path, act)


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (Refusal("at-capacity", retry_after_ms=3_000), "at-capacity"),
        (Refusal("invalid", "secret words"), "invalid"),
        (Refusal("unauthorized"), "unavailable"),
        (Refusal("internal"), "unavailable"),
    ],
    ids=["full", "invalid", "our-own-token", "broken"],
)
def test_problems_of_the_coach_are_told_as_ours(tmp_path: Path, refused: Refusal, told: str) -> None:
    async def act(gateway: Gateway) -> None:
        gateway.behind.refusal = refused
        answer = await gateway.ask("POST", "/v1/tips", json=TIP)
        assert problem_of(answer) == told
        assert "secret words" not in answer.text

    serve(tmp_path, act)


def test_what_may_be_asked_twice_is_asked_again_while_a_service_is_away(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        gateway.behind.refusal, gateway.behind.refusals_left = Refusal("draining"), TRIES - 1
        assert (await gateway.ask("GET", "/v1/models")).status_code == 200
        assert len(gateway.behind.asked) == TRIES
        gateway.behind.refusals_left = -1
        assert problem_of(await gateway.ask("GET", "/v1/models")) == "unavailable"

    serve(tmp_path, act)


def test_report_and_transcript_come_from_the_worker_for_the_own_tenant(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        session = (await gateway.begin())["id"]
        page = await gateway.ask("GET", f"/v1/sessions/{session}/report")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "sandbox" in page.headers["content-security-policy"]
        data = await gateway.ask("GET", f"/v1/sessions/{session}/report?format=json")
        assert data.json() == {"session": session, "tenant": gateway.tenant}
        text = await gateway.ask("GET", f"/v1/sessions/{session}/transcript?format=srt")
        assert (text.text, text.headers["content-type"]) == ("Hello.", "application/x-subrip; charset=utf-8")
        gateway.behind.refusal = Refusal("not-found")
        assert problem_of(await gateway.ask("GET", f"/v1/sessions/{session}/report")) == "not-found"

    serve(tmp_path, act)


@pytest.mark.parametrize("form", ["json", "text", "verbose_json", "srt", "vtt"])
def test_file_is_written_down_in_the_form_that_was_asked_for(tmp_path: Path, form: str) -> None:
    async def act(gateway: Gateway) -> None:
        answer = await gateway.ask(
            "POST",
            "/v1/audio/transcriptions",
            files={"file": ("a.wav", b"RIFF" * 100_000)},
            data={"model": "whisper-1", "response_format": form, "timestamp_granularities[]": ["word"]},
        )
        assert answer.status_code == 200, answer.text
        assert gateway.behind.asked[-1][2] == b"RIFF" * 100_000
        match form:
            case "json":
                assert answer.json() == {"text": "mind <b> a --> b & c"}
            case "text":
                assert answer.text == "mind <b> a --> b & c\n"
            case "verbose_json":
                assert answer.json()["segments"][1] == {"id": 1, "start": 3600.5, "end": 3601.0, "text": "a --> b & c"}
                assert answer.json()["words"][0] == {"word": "mind", "start": 0.0, "end": 0.4}
            case "vtt":
                assert "01:00:00.500 --> 01:00:01.000\na → b &amp; c" in answer.text
                assert "mind &lt;b&gt;" in answer.text
            case "srt":
                assert answer.text.startswith("1\n00:00:00,000 --> 00:00:00,900\nmind <b>\n\n2\n01:00:00,500 -->")
        assert (await gateway.ask("GET", "/v1/usage")).json()["days"][0]["audio_ms"] == 3_601_000

    serve(tmp_path, act)


def test_file_that_is_too_large_or_no_form_is_refused(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        files = {"file": ("a.wav", bytes(26_214_401))}
        answer = await gateway.ask("POST", "/v1/audio/transcriptions", files=files)
        assert problem_of(answer) == "too-large"
        assert problem_of(await gateway.ask("POST", "/v1/audio/transcriptions", json={})) == "invalid"
        assert not gateway.behind.asked

    serve(tmp_path, act)


def test_file_is_refused_when_the_sound_of_the_day_is_used_up(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        await gateway.store.ensure_tenant("shop", TenantLimits(audio_ms_a_day=1_000))
        files = {"file": ("a.wav", b"RIFF")}
        assert (await gateway.ask("POST", "/v1/audio/transcriptions", files=files)).status_code == 200
        again = await gateway.ask("POST", "/v1/audio/transcriptions", files=files)
        assert problem_of(again) == "quota-exceeded"

    serve(tmp_path, act)


def test_conversation_is_answered_whole_and_counted(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        answer = await gateway.ask("POST", "/v1/chat/completions", json=CHAT)
        assert answer.json()["choices"][0]["message"]["content"] == "Hello there"
        assert (await gateway.ask("GET", "/v1/usage")).json()["days"][0]["tokens"] == 5
        await gateway.store.ensure_tenant("shop", TenantLimits(tokens_a_day=5))
        assert problem_of(await gateway.ask("POST", "/v1/chat/completions", json=CHAT)) == "quota-exceeded"

    serve(tmp_path, act)


@pytest.mark.parametrize("with_usage", [True, False])
def test_conversation_comes_piece_by_piece_with_usage_only_where_asked(tmp_path: Path, *, with_usage: bool) -> None:
    async def act(gateway: Gateway) -> None:
        asked = CHAT | {"stream": True} | ({"stream_options": {"include_usage": True}} if with_usage else {})
        answer = await gateway.ask("POST", "/v1/chat/completions", json=asked)
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
        assert lines[-1] == "[DONE]"
        chunks = [json.loads(line) for line in lines[:-1]]
        said = "".join(one["choices"][0]["delta"]["content"] for one in chunks if one["choices"])
        assert said == "Hello there"
        assert any("usage" in one for one in chunks) is with_usage
        assert (await gateway.ask("GET", "/v1/usage")).json()["days"][0]["tokens"] == 5

    serve(tmp_path, act)


def test_refused_conversation_is_refused_in_its_status_also_when_it_was_to_stream(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        gateway.behind.refusal = Refusal("at-capacity", retry_after_ms=1_000)
        answer = await gateway.ask("POST", "/v1/chat/completions", json=CHAT | {"stream": True})
        assert problem_of(answer) == "at-capacity"

    serve(tmp_path, act)


def test_models_are_those_of_the_coach_and_the_ear(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        answer = (await gateway.ask("GET", "/v1/models")).json()
        assert [one["id"] for one in answer["data"]] == ["tiny", gateway.behind.settings.model]

    serve(tmp_path, act)


def test_key_is_made_rotated_with_an_overlap_and_revoked(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        made = (
            await gateway.ask("POST", "/v1/keys", json={"name": "desk", "scopes": ["read", "stream"], "days": 1})
        ).json()
        new = (await gateway.ask("POST", f"/v1/keys/{made['id']}/rotate", json={"overlap_s": 3_600})).json()
        assert set(new["scopes"]) == {"read", "stream"}
        assert new["expires_at"] == made["expires_at"]
        for key in (made["key"], new["key"]):
            assert (await gateway.ask("GET", "/v1/usage", key=key)).status_code == 200
        at_once = (await gateway.ask("POST", f"/v1/keys/{new['id']}/rotate", json={"overlap_s": 0})).json()
        assert problem_of(await gateway.ask("GET", "/v1/usage", key=new["key"])) == "unauthorized"
        assert problem_of(await gateway.ask("POST", f"/v1/keys/{new['id']}/rotate", json={})) == "conflict"
        assert (await gateway.ask("DELETE", f"/v1/keys/{at_once['id']}")).status_code == 204
        assert problem_of(await gateway.ask("GET", "/v1/usage", key=at_once["key"])) == "unauthorized"
        listed = (await gateway.ask("GET", "/v1/keys")).json()["keys"]
        assert len(listed) == 4
        assert not any("key" in one or "digest" in one for one in listed)

    serve(tmp_path, act)


def test_revoked_key_ends_its_sessions_and_a_rotated_one_does_not(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        made = [
            (await gateway.ask("POST", "/v1/keys", json={"name": name, "scopes": ["stream"]})).json() for name in "ab"
        ]
        ids = [(await gateway.ask("POST", "/v1/sessions", json={}, key=one["key"])).json()["id"] for one in made]
        await gateway.ask("POST", f"/v1/keys/{made[1]['id']}/rotate", json={})
        for one in made:
            await gateway.ask("DELETE", f"/v1/keys/{one['id']}")
        states = [(await gateway.ask("GET", f"/v1/sessions/{one}")).json()["state"] for one in ids]
        assert states == ["ended", "new"]

    serve(tmp_path, act)


def test_erasure_takes_the_own_sessions_only_and_tells_it(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        other = await gateway.store.ensure_tenant("other")
        theirs = await gateway.key_of("stream", "read", tenant=other)
        foreign = (await gateway.ask("POST", "/v1/sessions", json={}, key=theirs)).json()["id"]
        mine = [(await gateway.begin())["id"] for _ in range(3)]
        one = await gateway.ask("POST", "/v1/erasure", json={"sessions": [mine[0], foreign]})
        assert (one.status_code, one.json()["sessions"]) == (202, 1)
        everything = await gateway.ask("POST", "/v1/erasure", json={"sessions": None})
        assert everything.json()["sessions"] == 2
        assert (await gateway.ask("GET", f"/v1/sessions/{foreign}", key=theirs)).status_code == 200
        told = [event for event in await events_of(gateway) if event["type"] == "tenant.erase"]
        assert [event["data"]["sessions"] for event in told] == [[mine[0], foreign], None]
        assert {event["tenant"] for event in told} == {gateway.tenant}

    serve(tmp_path, act)


def test_readiness_is_the_database_s_and_ends_with_the_drain(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        assert (await gateway.ask("GET", "/readyz", key="")).json() == {"status": "ok"}
        await gateway.app.state.drain()
        answer = await gateway.ask("GET", "/readyz", key="")
        assert (answer.status_code, answer.json()) == (503, {"status": "draining"})

    serve(tmp_path, act)


def test_database_that_fails_is_told_as_unavailable_without_its_words(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        await gateway.begin()
        await gateway.store.database.write(sessions.drop)
        answer = await gateway.ask("POST", "/v1/sessions", json={"title": "x"})
        assert problem_of(answer) == "unavailable"
        assert "sessions" not in answer.text

    serve(tmp_path, act)


def test_metrics_name_routes_and_no_addresses(tmp_path: Path) -> None:
    async def act(gateway: Gateway) -> None:
        session = (await gateway.begin())["id"]
        await gateway.ask("GET", f"/v1/sessions/{session}")
        await gateway.ask("GET", "/v1/surprise")
        text = (await gateway.ask("GET", "/metrics", key="")).text
        assert 'martlive_requests_total{route="/v1/sessions/{session}",status="200"} 1.0' in text
        assert 'martlive_requests_total{route="none",status="404"} 1.0' in text
        assert session not in text

    serve(tmp_path, act)


def test_gateway_does_not_start_without_a_secret_for_tickets(tmp_path: Path) -> None:
    with pytest.raises(SecretTooShort):
        build(settings_in(tmp_path, ticket_secret="short"))


def test_document_names_the_scope_and_the_refusals_of_every_operation() -> None:
    document = openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["x-martlive-scope"] in {"stream", "tips", "openai", "read", "admin"}, (method, path)
            assert operation["security"] == [{"key": []}]
            for status in ("401", "403", "429"):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"], (method, path)


def test_captions_of_nothing_are_still_a_file() -> None:
    assert captions_of([], is_vtt=True) == "WEBVTT\n"
    assert captions_of([], is_vtt=False) == ""
