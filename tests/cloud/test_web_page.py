"""The page in a real Chromium, with a file as microphone, against a small gateway that checks every frame."""

from __future__ import annotations

import importlib.util
import io
import itertools
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soxr
from PIL import Image

from cloud_api.errors import PROBLEMS, Refusal
from martlive_desktop.core.frames import FrameKind
from tests.cloud.web_browser import Browser, browser, until
from tests.cloud.web_gateway import KEY, SENTENCE, FakeGateway, servers
from tests.report_pictures import emulate, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

WAV_HZ = 48_000
SOUND_S = 60


def chirps(rate_hz: int, seconds: int) -> NDArray[np.float64]:
    """Sound in which every moment is its own: tones that never come twice, at half of full scale."""
    rng = np.random.default_rng(8)
    points = rng.uniform(200, 5_000, 5 * seconds + 1)
    t = np.arange(rate_hz * seconds) / rate_hz
    hz = np.interp(t, np.arange(len(points)) / 5, points)
    wavy: NDArray[np.float64] = 0.5 * np.sin(2 * np.pi * np.cumsum(hz) / rate_hz)
    return wavy


def chirps_file(folder: Path) -> Path:
    """A microphone."""
    file = folder / "microphone.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, WAV_HZ, 0, "NONE", ""))
        out.writeframes((chirps(WAV_HZ, SOUND_S) * 32_767).astype("<i2").tobytes())
    return file


def colours_file(folder: Path) -> Path:
    """A camera: colours, then as long black, again and again."""
    width, height = 1280, 720
    file = folder / "camera.mjpeg"
    y, x = np.mgrid[0:height, 0:width]
    with file.open("wb") as out:
        for number in range(20):
            picture = np.stack([x * 255 // width, y * 255 // height, (x + y + 40 * number) % 256], -1).astype(np.uint8)
            Image.fromarray(picture if number < 10 else np.zeros_like(picture)).save(out, "JPEG", quality=80)
    return file


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("media")
    with browser(chirps_file(folder), colours_file(folder)) as found:
        yield found


@pytest.fixture(scope="module")
def gateway() -> FakeGateway:
    return FakeGateway()


@pytest.fixture(scope="module")
def page_url(gateway: FakeGateway) -> Iterator[str]:
    with servers(gateway) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, gateway: FakeGateway, page_url: str) -> Iterator[Browser]:
    gateway.reset()
    emulate(chromium, 1280, 900, "light")
    chromium.go(page_url)
    chromium.complaints.clear()
    chromium.asked.clear()
    yield chromium
    chromium.run("document.body.dataset.view = 'setup'; 0")
    assert chromium.complaints == []
    places = {page_url, gateway_url(chromium), gateway_url(chromium).replace("http", "ws")}
    assert [url for url in chromium.asked if not url.startswith((*places, "blob:", "data:", "about:"))] == []


def gateway_url(page: Browser) -> str:
    return str(page.run("fetch('/config.json').then(r => r.json()).then(c => c.gateway)"))


def starts(page: Browser, *, pictures: str = "none") -> None:
    page.write("#key", KEY)
    if pictures != "none":
        page.click(f"[value={pictures}]")
    page.click("#start")
    page.until("document.body.dataset.state === 'live'")


def stops(page: Browser) -> None:
    page.click("#stop")
    page.until("document.body.dataset.view === 'ended'")


def test_words_and_tip_are_shown_and_the_show_ends(page: Browser, gateway: FakeGateway) -> None:
    page.click("summary")
    page.write("#product", "Dew serum")
    page.write("#price", "14,99")
    page.write("#facts", "Works on dry skin\n\n30 ml")
    starts(page)
    page.until("document.querySelector('.is-partial .loose')")
    page.until("document.querySelector('.is-partial .firm + .loose')")
    page.until("document.querySelector('.is-final')")
    assert "This serum works on dry skin." in page.text("#words")
    assert page.text("#tip") == "Rosa: safe for cats?"
    assert page.run("document.querySelector('#tip').dataset.look") == "1"
    assert page.text("#pace") == "152 wpm"
    assert page.text("#on-show") == "Dew serum"
    page.until("document.querySelector('#polite').textContent.includes('This serum works on dry skin.')")
    assert "is-on" in page.run("document.querySelector('#lamp-hears').className")
    page.until("document.querySelectorAll('#live-level .is-lit').length > 3")
    page.click("#dismiss")
    page.until("document.querySelector('#tip').hidden")
    page.write("#line", "Does it work on <b>dry</b> skin?")
    page.press("Enter")
    page.until("document.querySelector('#lines li small')")
    assert "Does it work on <b>dry</b> skin?" in page.text("#lines")
    stops(page)
    session = gateway.only
    plan = session.body["plan"]
    assert plan["products"] == [{"name": "Dew serum", "price": 14.99, "facts": ["Works on dry skin", "30 ml"]}]
    assert session.body["names"] == ["Dew serum"]
    assert session.faults == []
    assert session.is_ended
    assert {"type": "command", "what": "dismiss"} in session.texts
    assert "This serum works" in page.text("#ended-words")


def test_nothing_is_lost_over_a_cut_connection(page: Browser, gateway: FakeGateway) -> None:
    gateway.drops = [26, 44]
    starts(page)
    page.until("document.querySelectorAll('.is-final').length >= 4", 20)
    page.wait(lambda: not gateway.drops)
    page.until("document.body.dataset.state === 'live'")
    stops(page)
    session = gateway.only
    assert session.faults == []
    assert len(session.opens) == 3
    assert session.opens[0] == ""
    assert session.opens[1:] == ["10", "30"]
    assert session.repeated > 10
    assert sorted(session.sound) == list(range(len(session.sound)))
    lines = page.run("[...document.querySelectorAll('#ended-words .time')].map(one => one.textContent)")
    assert len(lines) == len(set(lines))
    heard = np.frombuffer(session.pcm, "<i2").astype(np.float64) / 32_768
    # At the file's rate, where the delay is a whole number of samples.
    heard = soxr.resample(heard, 16_000, WAV_HZ, "VHQ")
    said = chirps(WAV_HZ, SOUND_S)[: 20 * WAV_HZ]
    places = range(WAV_HZ, min(len(heard), 16 * WAV_HZ) - WAV_HZ // 2, WAV_HZ // 2)
    found = [(lag - at, fit) for at in places for lag, fit in [place_of(heard[at : at + 12_000], said)]]
    lags = [lag for lag, fit in found if fit > 0.95]
    # The browser's file and its sound thread have a clock each, and a busy computer makes it skip; a frame that is
    # missing or doubled would be 9,600 samples.
    assert len(lags) > 0.7 * len(found), found
    assert max(lags) - min(lags) < 4_800, lags


def place_of(piece: NDArray[np.float64], whole: NDArray[np.float64]) -> tuple[int, float]:
    """Where `piece` lies in `whole`, and how alike they are, up to 1."""
    size = 1 << (len(whole) + len(piece)).bit_length()
    found = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(piece, size)), size)
    at = int(np.argmax(found[: len(whole) - len(piece)]))
    return at, float(np.corrcoef(piece, whole[at : at + len(piece)])[0, 1])


def test_pictures_are_small_one_a_second_and_turn_black(page: Browser, gateway: FakeGateway) -> None:
    starts(page, pictures="camera")
    page.wait(lambda: gateway.only.pictures != [] and darkness(gateway) > 0)
    page.wait(lambda: len(gateway.only.pictures) >= 4)
    assert page.run("document.querySelector('#picture').hidden") is False
    assert "is-on" in page.run("document.querySelector('#lamp-pictures').className")
    pictures = gateway.only.pictures
    assert {frame.kind for frame in pictures} == {FrameKind.JPEG}
    for frame in pictures:
        assert Image.open(io.BytesIO(frame.payload)).size == (640, 360)
    times = [frame.capture_ms for frame in pictures]
    assert all(b - a >= 1_000 for a, b in itertools.pairwise(times)), times
    stops(page)
    assert gateway.only.faults == []


def darkness(gateway: FakeGateway) -> int:
    """Pictures that are black."""
    found = [np.asarray(Image.open(io.BytesIO(frame.payload))).mean() for frame in gateway.only.pictures]
    return sum(one < 3 for one in found)


def test_key_comes_from_the_fragment_and_leaves_the_address(page: Browser, page_url: str) -> None:
    page.go(f"{page_url}/?a=1#key=mlk_ab_cd")
    assert page.run("location.href") == f"{page_url}/?a=1"
    assert page.run("document.querySelector('#key').value") == "mlk_ab_cd"
    assert page.run("document.querySelector('#key').type") == "password"
    assert page.run("sessionStorage.length + localStorage.length") == 0
    page.click("#remember")
    page.go(page_url)
    assert page.run("document.querySelector('#key').value") == "mlk_ab_cd"
    page.click("#remember")
    page.go(page_url)
    assert page.run("document.querySelector('#key').value") == ""


def test_report_opens_in_a_tab_that_reaches_nothing(page: Browser, gateway: FakeGateway) -> None:
    starts(page)
    stops(page)
    page.click("[data-act=report]")
    with page.other_tab("/report.html") as report:
        until(report, "document.querySelector('#p')?.textContent === 'made'")
        assert report.run("getComputedStyle(document.querySelector('#p')).color") == "rgb(1, 2, 3)"
        assert report.run("self.origin") == "null"
        blocked = "fetch('/config.json').then(() => 'reached', () => 'blocked')"
        assert report.run(blocked) == "blocked"
    # It was asked for before it was made.
    page.complaints[:] = [one for one in page.complaints if "404" not in one]


def test_session_is_deleted_only_when_asked_twice(page: Browser, gateway: FakeGateway, tmp_path: Path) -> None:
    starts(page)
    page.until("document.querySelector('.is-final')")
    stops(page)
    page.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.click("[data-format=txt]")
    page.wait(lambda: any(file.suffix == ".txt" for file in tmp_path.iterdir()))
    assert next(tmp_path.iterdir()).read_text() == " ".join(SENTENCE)
    page.click("[data-act=delete]")
    page.click("[data-act=delete-no]")
    page.click("[data-act=delete]")
    assert [one.is_deleted for one in gateway.sessions.values()] == [False]
    page.click("[data-act=delete-yes]")
    page.until("document.querySelector('.said').textContent === 'It is deleted.'")
    assert gateway.only.is_deleted
    assert page.run("document.querySelector('#ended-words').hidden") is True
    page.click("#again")
    assert page.run("document.querySelector('#setup').hidden") is False


def test_lost_place_begins_a_new_session_and_says_so(page: Browser, gateway: FakeGateway) -> None:
    gateway.drops = [12]
    starts(page)
    gateway.ends_with = [Refusal("resume-invalid")]
    page.until("document.querySelector('#live-notice').innerText.includes('A new session goes on')")
    page.until("document.body.dataset.state === 'live'")
    page.wait(lambda: len(gateway.sessions) == 2)
    page.wait(lambda: bool(gateway.sessions["s1"].sound))
    stops(page)
    assert [session.faults for session in gateway.sessions.values()] == [[], []]
    assert page.run("[...document.querySelectorAll('.part h2')].map(one => one.innerText)") == ["Part 1", "Part 2"]


@pytest.mark.parametrize("name", ["quota-exceeded", "forbidden", "invalid"])
def test_refusal_is_one_sentence_before_the_show(page: Browser, gateway: FakeGateway, name: str) -> None:
    gateway.refusals = [Refusal(name)]
    page.write("#key", KEY)
    page.click("#start")
    sentence = page.until(
        "!document.querySelector('#setup-notice').hidden && document.querySelector('#setup-notice').innerText"
    )
    assert sentence == page.run(f"import('/words.js').then(w => w.LANGUAGES.en.problems[{name!r}])")
    page.complaints[:] = [one for one in page.complaints if "the server responded with a status" not in one]


def test_full_service_is_asked_again(page: Browser, gateway: FakeGateway) -> None:
    gateway.refusals = [Refusal("at-capacity", retry_after_ms=700)]
    page.write("#key", KEY)
    page.click("#start")
    page.until("document.querySelector('#status').innerText.startsWith('The service is full')")
    page.until("document.body.dataset.state === 'live'")
    assert page.text("#status") == "Live. The coach hears you."
    stops(page)
    assert len(gateway.keys) == 1
    page.complaints[:] = [one for one in page.complaints if "the server responded with a status" not in one]


def test_another_window_ends_the_show_in_words(page: Browser, gateway: FakeGateway) -> None:
    gateway.ends_with = [Refusal("session-taken")]
    page.write("#key", KEY)
    page.click("#start")
    page.until("document.body.dataset.view === 'ended'")
    assert page.text("#ended-lead").startswith("Another window")


def test_end_need_not_be_waited_for(page: Browser, gateway: FakeGateway) -> None:
    gateway.is_slow = True
    starts(page)
    page.click("#stop")
    page.until("document.body.dataset.state === 'ending'")
    assert page.text("#stop") == "Stop waiting"
    assert page.text("#status") == "Hearing the last of it…"
    page.click("#stop")
    page.until("document.body.dataset.view === 'ended'")
    assert page.text("#ended-lead").startswith("You did not wait")
    page.wait(lambda: gateway.only.is_ended)


def test_every_problem_has_its_sentence_in_each_language(page: Browser) -> None:
    words = page.run("import('/words.js').then(w => w.LANGUAGES)")
    for language in ("en", "zh"):
        assert set(words[language]) == set(words["en"])
        assert set(words[language]["problems"]) == {*PROBLEMS, "network", "unknown"}
        assert all(words[language]["problems"].values())


def test_denied_microphone_says_what_to_do(page: Browser) -> None:
    page.ask("Browser.setPermission", permission={"name": "microphone"}, setting="denied")
    try:
        page.run(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); 0"
        )
        page.write("#key", KEY)
        page.click("#start")
        page.until("document.querySelector('#setup-notice').innerText.includes('Allow the microphone')")
        assert page.run("document.querySelector('#start').disabled") is False
    finally:
        page.ask("Browser.resetPermissions")


def test_unplugged_microphone_is_told_and_time_goes_on(page: Browser, gateway: FakeGateway) -> None:
    page.run(
        """(usual => { navigator.mediaDevices.getUserMedia = async (wanted) => {
            const stream = await usual(wanted); window.track = stream.getAudioTracks()[0]; return stream; }; })(
            navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)); 0"""
    )
    starts(page)
    page.wait(lambda: len(gateway.only.sound) > 3)
    page.run("track.stop(); track.dispatchEvent(new Event('ended')); 0")
    page.until("document.querySelector('#live-notice').innerText.includes('microphone is gone')")
    so_far = len(gateway.only.sound)
    page.wait(lambda: len(gateway.only.sound) > so_far + 5)
    assert not any(gateway.only.sound[so_far + 4].payload)
    page.run(
        "(s => { s.selectedIndex = s.options.length - 1; s.dispatchEvent(new Event('change')) })(document.querySelector('#other-microphone')); 0"
    )
    page.until("document.querySelector('#live-notice').innerText.includes('microphone is back')")
    stops(page)
    assert gateway.only.faults == []


def test_paused_sound_goes_on_with_a_click(page: Browser, gateway: FakeGateway) -> None:
    page.run(
        """(Usual => { window.AudioContext = class extends Usual { constructor(o) { super(o); window.context = this; } }; })(AudioContext); 0"""
    )
    starts(page)
    page.run("context.suspend().then(() => 0)")
    page.until("!document.querySelector('#resume').hidden")
    assert "paused the sound" in page.text("#live-notice")
    page.click("#resume")
    page.until("document.querySelector('#live-notice').hidden")
    so_far = len(gateway.only.sound)
    page.wait(lambda: len(gateway.only.sound) > so_far + 2)
    stops(page)
    assert gateway.only.faults == []


def test_hidden_page_goes_on_without_timers(page: Browser, gateway: FakeGateway) -> None:
    starts(page)
    # As in a hidden tab at its worst: no timer and no frame comes any more.
    page.run("window.setTimeout = window.setInterval = window.requestAnimationFrame = () => 0; 0")
    so_far = len(gateway.only.sound)
    while len(gateway.only.sound) < so_far + 5:
        page.run("0")
    gateway.drops = [0]
    while gateway.drops or len(gateway.only.opens) < 2:
        page.run("0")
    so_far = len(gateway.only.sound)
    while len(gateway.only.sound) < so_far + 5:
        page.run("0")
    page.click("#stop")
    page.until("document.body.dataset.view === 'ended'")
    assert gateway.only.faults == []


def test_keys_alone_start_and_stop(page: Browser, gateway: FakeGateway) -> None:
    page.write("#key", KEY)
    page.press("Enter")
    page.until("document.body.dataset.state === 'live'")
    assert page.run("document.activeElement.id") == "live-heading"
    for _ in range(12):
        page.press("Tab")
        if page.run("document.activeElement.id") == "stop":
            break
    assert page.run("document.activeElement.matches('#stop:focus-visible')")
    page.press("Enter")
    page.until("document.body.dataset.view === 'ended'")
    assert page.run("document.activeElement.id") == "ended-heading"


@pytest.fixture(scope="module")
def axe() -> str:
    package = importlib.util.find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("dark", 360)])
def test_nothing_stands_in_the_way_of_anybody(
    page: Browser, gateway: FakeGateway, axe: str, theme: str, width: int
) -> None:
    gateway.tip_severity = 0
    gateway.tip_text = "Mic silent – check mute"
    emulate(page, width, 780, theme, is_touch=width < 600)
    page.run(f"{axe}; 0")
    page.click("summary")
    page.write("#product", "A serum with quite a long name")
    fits(page, width)
    starts(page, pictures="camera")
    page.until("document.querySelector('.is-final')")
    assert page.run("document.querySelector('#urgent').textContent") == "Now: Mic silent – check mute"
    page.until("document.querySelector('.is-partial .loose')")
    fits(page, width)
    stops(page)
    page.click("[data-act=delete]")
    fits(page, width)


def fits(page: Browser, width: int) -> None:
    """Nobody is kept out, nothing scrolls sideways, and what is pressed is large enough."""
    settle(page)
    assert page.run("document.documentElement.scrollWidth") <= width
    script = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html + n.failureSummary)]))"
    assert page.run(script) == []
    small = page.run(
        """[...document.querySelectorAll('button, select, summary, .choice, .tick, input:not([type=radio], [type=checkbox])')]
        .filter(one => one.checkVisibility() && Math.min(one.offsetHeight, one.offsetWidth) < 44).map(one => one.outerHTML)"""
    )
    assert small == []


def test_page_speaks_chinese(page: Browser, gateway: FakeGateway) -> None:
    page.click("#switch")
    assert page.run("document.documentElement.lang") == "zh-CN"
    assert page.text("#start") == "开始"
    left = page.run(
        "[...document.querySelectorAll('[data-t], [data-label], [data-placeholder]')].filter(one => one.checkVisibility())"
        ".filter(one => one.id !== 'switch' && /[a-z]{4}/i.test(one.dataset.t ? one.innerText : '')).map(one => one.innerText)"
    )
    assert left == []
    starts(page)
    assert page.text("#status") == page.run("import('/words.js').then(w => w.LANGUAGES.zh.live)")
    stops(page)
