"""Updates end to end: a real repository, a real server, real processes; after each trouble the program starts."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tuf.api.metadata import Metadata

from installer.release import Keys, Repository
from martlive_desktop.adapters.update_manifest import Latest, latest_name, write_latest
from martlive_desktop.adapters.versions import Versions
from martlive_desktop.core.errors import MartLiveError, UpdateRefused
from martlive_desktop.updating import Updates
from tests.update.parts import PLATFORM, SAME_BYTES, Shop, make_tree, open_shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.name != "posix", reason="the small program is a script"),
]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


def new_bytes(count: int) -> bytes:
    return random.Random(11).randbytes(count)


def in_process(shop: Shop, *, selftest_s: float = 60.0) -> Updates:
    return Updates(
        Versions(shop.versions),
        shop.folder / "updates",
        executable=shop.folder / "installed/martlive",
        running="1.0.0",
        selftest_s=selftest_s,
    )


def arrived_bytes(shop: Shop) -> int:
    return sum(path.stat().st_size for path in shop.versions.glob("arriving/1.1.0/arriving/*.part"))


def links_of(shop: Shop, version: str) -> int:
    """In how many trees the same file of `version` lies."""
    return (shop.versions / version / "_internal/library1.so").stat().st_nlink


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(600):
        if is_so():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to that within 30 s")


def test_update_is_fetched_tried_and_started_with_arguments_and_environment_kept(shop: Shop) -> None:
    shop.release("1.1.0", notes="A kinder coach.")
    said = shop.run("update", "--yes")
    assert said.stdout.splitlines()[1:] == ["New: A kinder coach.", "MartLive 1.1.0 is here; it starts the next time."]
    started = subprocess.run(
        shop.command("--plan", "p.toml"), env=shop.environment | {"KEPT": "yes"}, capture_output=True, check=True
    )
    assert json.loads(started.stdout) == {
        "version": "1.1.0",
        "arguments": ["--plan", "p.toml"],
        "kept": "yes",
        "base": str(shop.folder / "installed/martlive"),
        "is_marked": False,
    }
    assert (shop.versions / "1.1.0/_internal/library.so").readlink() == Path("library0.so")
    assert shop.state()["state"] == "good"


def test_only_changed_files_are_fetched(shop: Shop) -> None:
    shop.release("1.1.0", changed=new_bytes(50_000))
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."
    assert 50_000 < shop.server.blob_bytes() < 52_000
    assert shop.starts() == "1.1.0"
    shop.release("1.2.0", changed=new_bytes(50_000))
    fetched = shop.server.blob_bytes()
    assert shop.update() == "MartLive 1.2.0 is here; it starts the next time."
    assert shop.server.blob_bytes() - fetched < 100
    assert links_of(shop, "1.2.0") == 2
    assert shop.starts() == "1.2.0"


def test_check_says_what_is_new_and_changes_nothing(shop: Shop) -> None:
    assert shop.run("update", "--check").stdout == ""
    shop.release("1.1.0", least="1.0.5", changed=new_bytes(2_000_000))
    said = shop.run("update", "--check").stdout.splitlines()
    assert said == ["MartLive 1.1.0 is there: 2.0 MB to fetch.", "MartLive 1.0.0 should not be used any more."]
    told = json.loads(shop.run("update", "--check", "--json").stdout)
    assert (told["version"], told["is_new"], told["must"]) == ("1.1.0", True, True)
    assert shop.server.blob_bytes() == 0
    assert shop.starts() == "1.0.0"


def test_question_that_is_not_answered_with_yes_changes_nothing(shop: Shop) -> None:
    shop.release("1.1.0")
    command = shop.command("update")
    said = subprocess.run(command, env=shop.environment, input="no\n", capture_output=True, text=True, check=True)
    assert said.stdout.endswith("Nothing was changed\n")
    assert shop.starts() == "1.0.0"


def test_tampered_blob_is_refused(shop: Shop) -> None:
    shop.release("1.1.0", changed=new_bytes(50_000))
    shop.server.on_get = lambda path: bytes(50_064) if path.startswith("/blobs/") else None
    assert "wrong bytes" in shop.update() or "another file" in shop.update()
    assert shop.starts() == "1.0.0"
    shop.server.on_get = lambda _path: None
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."


def test_missing_blob_is_said(shop: Shop) -> None:
    shop.release("1.1.0", changed=new_bytes(50_000))
    shop.server.on_get = lambda path: 404 if path.startswith("/blobs/") else None
    assert "does not give MartLive 1.1.0 (status 404)" in shop.update()
    assert shop.starts() == "1.0.0"


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets"])
def test_tampered_metadata_is_refused(shop: Shop, role: str) -> None:
    shop.release("1.1.0")
    [*_, path] = sorted(
        (shop.repository.public / "metadata").glob(f"*{role}.json"), key=lambda one: one.stat().st_mtime
    )
    words = json.loads(path.read_bytes())
    words["signed"]["expires"] = "2099-01-01T00:00:00Z"
    path.write_text(json.dumps(words), encoding="utf-8")
    assert "is not signed by those who make MartLive" in shop.update()
    assert shop.starts() == "1.0.0"


def test_tampered_manifest_is_refused(shop: Shop) -> None:
    shop.release("1.1.0")
    [path] = (shop.repository.public / "targets/releases" / PLATFORM).iterdir()
    path.write_bytes(path.read_bytes().replace(b'"mode": 493', b'"mode": 492'))
    assert "is not signed by those who make MartLive" in shop.update()
    assert shop.starts() == "1.0.0"


def test_expired_timestamp_is_refused(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.repository.refresh(days=-1)
    assert "is out of date, so nothing was changed" in shop.update()
    assert shop.starts() == "1.0.0"


def test_state_that_is_older_than_one_seen_before_is_refused(shop: Shop) -> None:
    shop.release("1.1.0")
    older = shop.folder / "older"
    shutil.copytree(shop.repository.public, older)
    shop.repository.refresh()
    assert "1.1.0 is there" in shop.run("update", "--check").stdout
    shop.server.folder = older
    assert "offers an older state than before" in shop.update()
    assert shop.starts() == "1.0.0"


def test_older_version_is_not_taken(shop: Shop) -> None:
    staged = shop.folder / "repository/staged" / latest_name(PLATFORM)
    staged.parent.mkdir(parents=True)
    staged.write_bytes(write_latest(Latest("0.9.0", "0.0.0", "")))
    shop.repository.sign()
    shop.repository.refresh()
    assert shop.update() == "MartLive 1.0.0 is newer than what is offered (0.9.0); nothing to do."
    assert shop.starts() == "1.0.0"


def test_repository_of_somebody_else_is_refused(shop: Shop) -> None:
    shop.release("1.1.0")
    other = Repository(shop.folder / "other", Keys(shop.folder / "other-keys", lambda _role: "theirs"))
    other.init()
    other.add(make_tree(shop.folder / "evil", "9.0.0"), "9.0.0", PLATFORM)
    other.sign()
    other.refresh()
    shop.server.folder = other.public
    assert "is not signed by those who make MartLive" in shop.update()
    assert shop.starts() == "1.0.0"


@pytest.mark.parametrize("role", ["root", "targets", "timestamp"])
def test_new_keys_are_learnt_from_the_next_root(shop: Shop, role: str) -> None:
    shop.repository.rotate(role)
    shop.release("1.1.0")
    shop.repository.rotate(role)
    shop.repository.refresh()
    assert Metadata.from_file(str(shop.repository.public / "metadata/3.root.json")).signed.version == 3
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."
    assert shop.starts() == "1.1.0"


def test_repository_that_is_gone_is_said_and_asked_again(shop: Shop) -> None:
    shop.release("1.1.0", changed=new_bytes(50_000))
    shop.server.on_get = lambda _path: 503
    assert "does not have what it should (status 503)" in shop.update()
    shop.server.on_get = lambda _path: None
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."


def test_server_that_cannot_be_reached_is_said(shop: Shop) -> None:
    (shop.folder / "updates/source.toml").write_text('url = "http://127.0.0.1:9"', encoding="utf-8")
    assert shop.update() == (
        "martlive: Updates cannot be asked for at 127.0.0.1; check the connection, and the proxy in the settings."
    )
    assert shop.starts() == "1.0.0"


@pytest.mark.parametrize("is_killed", [True, False], ids=["killed", "server gone"])
def test_update_that_was_cut_off_goes_on_where_it_was(shop: Shop, is_killed: bool) -> None:
    shop.release("1.1.0", changed=new_bytes(300_000))
    shop.server.stall_after = 200_000
    with subprocess.Popen(shop.command("update", "--yes"), env=shop.environment, stderr=subprocess.PIPE) as process:
        assert shop.server.stalled.wait(30)
        wait_until(lambda: arrived_bytes(shop) >= 190_000)
        if is_killed:
            process.kill()
        else:
            shop.server.cuts = True
            shop.server.on_get = lambda _path: 503
            shop.server.go_on.set()
        _, said = process.communicate(timeout=60)
    assert said.decode() == (
        "" if is_killed else "martlive: The server does not give MartLive 1.1.0 (status 503); try again later.\n"
    )
    assert shop.starts() == "1.0.0"
    assert shop.fetched() == []
    shop.server.stall_after, shop.server.on_get = None, lambda _path: None
    shop.server.sent.clear()
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."
    assert shop.server.blob_bytes() < 115_000
    assert shop.starts() == "1.1.0"


@pytest.mark.parametrize("moment", ["tree.replace", "_take"], ids=["before the rename", "before it becomes current"])
def test_update_that_was_killed_near_its_end_is_completed_by_the_next(shop: Shop, moment: str) -> None:
    shop.release("1.1.0", changed=new_bytes(50_000))
    program = shop.folder / "installed/martlive"
    line = "import martlive_desktop.updating as u; o = u.Path.replace; "
    kills = {
        "tree.replace": "u.Path.replace = lambda s, t: os.kill(os.getpid(), 9) if s.name == 'tree' else o(s, t)",
        "_take": "u.Updates._take = lambda *_: os.kill(os.getpid(), 9)",
    }[moment]
    words = program.read_text(encoding="utf-8")
    hurt = words.replace("sys.exit(launcher", line + kills + "\nsys.exit(launcher")
    program.write_text(hurt, encoding="utf-8")
    assert shop.run("update", "--yes").returncode == -9
    program.write_text(words, encoding="utf-8")
    assert shop.starts() == "1.0.0"
    shop.server.sent.clear()
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."
    assert shop.server.blob_bytes() == 0
    assert shop.starts() == "1.1.0"


def test_version_that_fails_its_self_test_is_never_started(shop: Shop) -> None:
    shop.release("1.1.0", manner="unwell")
    assert shop.update() == (
        "martlive: MartLive 1.1.0 did not pass its self-test on this computer, so 1.0.0 goes on; wait for the next one."
    )
    assert shop.starts() == "1.0.0"
    assert shop.fetched() == []
    assert "did not work on this computer and is not fetched again" in shop.update()
    shop.release("1.1.1")
    assert shop.update() == "MartLive 1.1.1 is here; it starts the next time."
    assert shop.starts() == "1.1.1"


def test_self_test_that_hangs_is_ended_with_all_that_it_started(shop: Shop, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    tree = make_tree(shop.folder / "hanging", "1.1.0")
    program = tree / "martlive"
    script = (
        f'#!/bin/sh\n[ "$1" = --version ] && {{ echo martlive 1.1.0; exit; }}\nsleep 600 & echo $! > {pid_file}\nwait\n'
    )
    program.write_text(script, encoding="utf-8")
    shop.repository.add(tree, "1.1.0", PLATFORM)
    shop.repository.sign()
    shop.repository.refresh()
    with pytest.raises(UpdateRefused, match="did not pass its self-test"):
        in_process(shop, selftest_s=1.0).fetch(lambda _done, _whole: None)
    pid = int(pid_file.read_text())
    status = Path(f"/proc/{pid}/status")
    assert not status.exists() or "State:\tZ" in status.read_text()
    assert shop.starts() == "1.0.0"


def test_version_that_crashes_twice_is_given_up_and_the_one_before_runs(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.update()
    assert shop.starts() == "1.1.0"
    shop.release("1.2.0", manner="crashing")
    shop.update()
    assert [shop.run().returncode for _ in range(2)] == [-signal.SIGABRT] * 2
    assert shop.starts() == "1.1.0"
    said = shop.run("update", "--check")
    assert said.stderr == (
        "martlive: MartLive 1.2.0 did not start well, so the one from before runs again; nothing of yours is lost.\n"
    )
    assert "did not work on this computer" in said.stdout
    assert shop.run("update", "--check").stderr == ""
    assert shop.starts() == "1.1.0"


def test_start_that_ends_in_order_does_not_count_against_a_new_version(shop: Shop) -> None:
    shop.release("1.1.0", manner="refusing")
    shop.update()
    said = [shop.run() for _ in range(4)]
    assert [json.loads(one.stdout)["version"] for one in said] == ["1.1.0"] * 4
    assert (shop.state()["state"], shop.state()["starts"]) == ("trying", 0)


def test_new_version_without_its_program_is_given_up(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.update()
    (shop.versions / "1.1.0/martlive").unlink()
    assert shop.starts() == "1.0.0"
    assert shop.state()["bad"] == ["1.1.0"]


def test_going_back_starts_the_version_from_before_and_then_the_installed_one(shop: Shop) -> None:
    for version in ("1.1.0", "1.2.0"):
        shop.release(version)
        shop.update()
        assert shop.starts() == version
    assert shop.fetched() == ["1.1.0", "1.2.0"]
    assert shop.run("update", "--back").stdout == "MartLive 1.1.0 starts the next time.\n"
    assert shop.starts() == "1.1.0"
    assert shop.run("update", "--back").stdout == "The MartLive that was installed starts the next time.\n"
    assert shop.starts() == "1.0.0"
    assert "there is none before it" in shop.run("update", "--back").stderr


def test_versions_before_the_one_before_are_removed(shop: Shop) -> None:
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        shop.release(version)
        shop.update()
        assert shop.starts() == version
    assert shop.fetched() == ["1.2.0", "1.3.0"]


def test_newer_installed_program_is_not_replaced_by_an_older_fetched_one(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.update()
    shutil.rmtree(shop.folder / "installed")
    make_tree(shop.folder / "installed", "1.4.0")
    assert shop.starts() == "1.4.0"


def test_full_disk_is_said_before_anything_comes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.release("1.1.0", changed=new_bytes(50_000))
    usage = shutil.disk_usage(shop.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=60_000_000))
    with pytest.raises(MartLiveError, match="The disk has no room for the update: free 68 MB"):
        in_process(shop).fetch(lambda _done, _whole: None)
    assert shop.server.blob_bytes() == 0
    assert shop.starts() == "1.0.0"


def test_two_at_once_do_not_disturb_each_other(shop: Shop) -> None:
    shop.release("1.1.0", changed=new_bytes(100_000))
    shop.server.stall_after = 50_000
    with subprocess.Popen(shop.command("update", "--yes"), env=shop.environment) as first:
        assert shop.server.stalled.wait(30)
        assert shop.update() == "martlive: MartLive is being updated already; let that finish first."
        shop.server.stall_after = None
        shop.server.go_on.set()
        assert first.wait(60) == 0
    assert shop.starts() == "1.1.0"


def test_files_of_the_installer_are_copied_so_that_it_may_change_them(shop: Shop) -> None:
    shop.release("1.1.0")
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."
    assert links_of(shop, "1.1.0") == 1
    assert shop.starts() == "1.1.0"


def test_files_that_cannot_be_linked_are_copied(shop: Shop) -> None:
    shop.release("1.1.0")
    shop.update()
    shop.release("1.2.0")
    program = shop.versions / "1.1.0/martlive"
    refuse = "def refuse(*_): raise PermissionError(1, 'no')\nPath.hardlink_to = refuse\nsys.exit(launcher"
    words = program.read_text(encoding="utf-8")
    program.write_text(words.replace("sys.exit(launcher", refuse), encoding="utf-8")
    assert shop.update() == "MartLive 1.2.0 is here; it starts the next time."
    assert links_of(shop, "1.2.0") == 1
    assert sum(path.stat().st_size for path in (shop.versions / "1.2.0/_internal").glob("library?.so")) == SAME_BYTES
    assert shop.starts() == "1.2.0"


def test_running_file_that_was_changed_is_fetched_anew(shop: Shop) -> None:
    shop.release("1.1.0")
    damaged = shop.folder / "installed/_internal/library2.so"
    damaged.write_bytes(bytes(SAME_BYTES // 4))
    assert shop.update() == "MartLive 1.1.0 is here; it starts the next time."
    assert SAME_BYTES // 4 < shop.server.blob_bytes() < SAME_BYTES // 4 + 1_000
    assert shop.starts() == "1.1.0"


def test_build_without_a_place_says_so(shop: Shop) -> None:
    (shop.folder / "updates/source.toml").write_text('url = ""', encoding="utf-8")
    assert shop.update() == (
        "martlive: This build has no place to update from; install newer versions the way you installed this one."
    )


@pytest.mark.parametrize("text", ["url = 7", "url.a = 1", "a = " + "[" * 5_000], ids=["number", "table", "deep"])
def test_place_that_is_no_text_says_what_to_do(shop: Shop, text: str) -> None:
    (shop.folder / "updates/source.toml").write_text(text, encoding="utf-8")
    assert shop.update().endswith("does not say where updates are; install MartLive again.")


def test_place_without_encryption_is_refused(shop: Shop) -> None:
    (shop.folder / "updates/source.toml").write_text('url = "http://updates.example.com"', encoding="utf-8")
    assert "must come from an address with https://" in shop.update()


def test_other_kind_of_computer_is_said(shop: Shop) -> None:
    tree = make_tree(shop.folder / "other-kind", "1.1.0")
    shop.repository.add(tree, "1.1.0", "plan9-mips")
    shop.repository.sign()
    shop.repository.refresh()
    assert shop.update() == f"martlive: There are no updates for this kind of computer ({PLATFORM})."
    assert shop.starts() == "1.0.0"
