"""In a real OBS: the link tells what it does, captions reach a stream, and OBS that is killed is found again."""

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from martlive_desktop.adapters.obs import NOT_LET_IN
from martlive_desktop.adapters.obs_link import GONE, ObsLink
from martlive_desktop.core.obs_state import ObsState
from tests.desktop.obs_link_rig import PORT, RIG, Watch, do, obs_pid, say, start_obs, wait_for

BACK_WITHIN_MS = 5_000
SIGKILL = 9

watch = Watch()
passwords: list[str | None] = [None]
shares: list[float] = []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_until_listening(port: int) -> None:
    """Without connecting, which is what ffmpeg waits for."""
    end_s, opened = time.monotonic() + 40, re.compile(rf":{port:04X} \S+ 0A ")
    while not any(opened.search(Path("/proc/net", name).read_text()) for name in ("tcp", "tcp6")):
        assert time.monotonic() < end_s, port
        threading.Event().wait(0.05)


@contextmanager
def platform(port: int) -> Iterator[None]:
    """What takes a stream, and throws it away."""
    command = ["ffmpeg", "-v", "error", "-listen", "1", "-f", "flv", "-i", f"rtmp://127.0.0.1:{port}/live/key"]
    process = subprocess.Popen([*command, "-f", "null", "-"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_listening(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


def timed(link: ObsLink, what: str, holds: Callable[[ObsState], bool], request: str, **data: object) -> None:
    begun_s = time.monotonic()
    do(link, request, **data)
    say(f"{what}: told {watch.until(what, holds, begun_s)} ms after it was asked for")


def follow(link: ObsLink) -> None:
    microphone = {"sceneName": "Scene", "inputName": "Mic", "inputKind": "pulse_input_capture"}
    do(link, "CreateInput", **microphone, inputSettings={})
    timed(link, "a muted microphone", lambda s: s.is_muted, "SetInputMute", inputName="Mic", inputMuted=True)
    timed(link, "a recording", lambda s: s.is_recording and s.sound == "muted", "StartRecord")
    timed(link, "sound again", lambda s: not s.is_muted, "SetInputMute", inputName="Mic", inputMuted=False)
    wait_for(link, "recorded", lambda obs: int(obs.ask("GetRecordStatus")["outputDuration"]) > 500)
    timed(link, "the end of the recording", lambda s: not s.is_recording, "StopRecord")
    do(link, "SetInputMute", inputName="Mic", inputMuted=True)
    do(link, "CreateScene", sceneName="Break")
    timed(link, "another scene", lambda s: s.scene == "Break", "SetCurrentProgramScene", sceneName="Break")
    # The muted microphone is only in the other scene.
    say(f"its microphone: told {watch.until('no microphone', lambda s: not s.is_muted, watch.states[-1][0])} ms later")
    timed(link, "the scene before", lambda s: s.scene == "Scene", "SetCurrentProgramScene", sceneName="Scene")


def stream(link: ObsLink) -> None:
    port = free_port()
    service = {"server": f"rtmp://127.0.0.1:{port}/live", "key": "key"}
    do(link, "SetStreamServiceSettings", streamServiceType="rtmp_custom", streamServiceSettings=service)
    link.send_caption("nobody hears this")
    with platform(port):
        timed(link, "a stream", lambda s: s.is_streaming, "StartStream")
        taken = link.call(lambda obs: obs.try_ask("SendStreamCaption", captionText="It costs ten dollars.")).result(30)
        say(f"a caption during the stream: {'taken' if taken is not None else 'refused'}")
        assert taken is not None
        link.send_caption("and it is blue")
        while link._caption:
            link.call(lambda obs: obs.wait(0.1)).result(30)
        assert link._takes_captions
        timed(link, "the end of the stream", lambda s: not s.is_streaming, "StopStream")


def is_gone(state: ObsState) -> bool:
    return not state.is_connected and state.trouble == GONE


def killed(link: ObsLink, pid: int, stack: ExitStack) -> subprocess.Popen[bytes]:
    begun_s = time.monotonic()
    os.kill(pid, SIGKILL)
    say(f"OBS killed: told after {watch.until('that OBS is gone', is_gone, begun_s)} ms: {GONE}")
    obs = start_obs()
    stack.callback(obs.wait, 20)
    stack.callback(obs.kill)
    return obs


with ExitStack() as stack:
    begun_s = time.monotonic()
    link = ObsLink("127.0.0.1", PORT, lambda: passwords[0], on_state=watch.take, on_lost_share=shares.append)
    stack.enter_context(closing(link))
    say(f"connected: told after {watch.until('a connection', lambda s: s.is_connected, begun_s)} ms")
    say(f"OBS {link.state.version}, scene {link.state.scene}")
    assert re.fullmatch(r"\d+\.\d+\.\d+", link.state.version)
    follow(link)
    stream(link)
    assert shares, "no share of lost frames"

    obs = killed(link, obs_pid(), stack)
    wait_until_listening(PORT)
    begun_s = time.monotonic()
    back_ms = watch.until("the connection", lambda s: s.is_connected, begun_s)
    say(f"OBS started again: back {back_ms} ms after it listens")
    assert back_ms <= BACK_WITHIN_MS, back_ms

    settings = RIG / "home/.config/obs-studio/global.ini"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("AuthRequired=false", "AuthRequired=true\nServerPassword=peach"), encoding="utf-8")
    passwords[0] = "plum"
    killed(link, obs.pid, stack)
    wait_until_listening(PORT)
    link.retry()
    wrong_ms = watch.until("that the password is another", lambda s: s.trouble == NOT_LET_IN, time.monotonic())
    say(f"wrong password: told {wrong_ms} ms after it listens: {NOT_LET_IN}")
    passwords[0] = "peach"
    begun_s = time.monotonic()
    link.retry()
    say(f"right password: connected after {watch.until('a connection', lambda s: s.is_connected, begun_s)} ms")
    begun_s = time.monotonic()
    link.close()
    say(f"closed in {round((time.monotonic() - begun_s) * 1000)} ms")
say("PASS")
