"""The same with the real built program: MARTLIVE_FROZEN names its tree, as build/dist/martlive."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from installer import release
from installer.release import Keys, Repository
from martlive_desktop import __version__
from tests.update.parts import PLATFORM, Shop, make_tree, open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

FROZEN = os.environ.get("MARTLIVE_FROZEN", "")
NEWER, NEWEST = "9.0.0", "9.0.1"

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.real,
    pytest.mark.skipif(not FROZEN, reason="MARTLIVE_FROZEN names no built tree"),
]


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built tree, packed once."""
    folder = tmp_path_factory.mktemp("packed")
    repository = Repository(folder / "repository", Keys(folder / "keys", lambda role: role))
    repository.init()
    with pytest.MonkeyPatch.context() as patch:
        # The strongest compression of half a gigabyte takes minutes, and is not what is tried here.
        patch.setattr(release, "PRESET", 0)
        repository.add(Path(FROZEN), __version__, PLATFORM)
    return repository.public / "blobs"


@pytest.fixture
def shop(tmp_path: Path, blobs: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        subprocess.run(["cp", "-al", blobs, shop.repository.public], check=True)
        yield shop


def publish(shop: Shop, tree: Path, version: str) -> None:
    shop.repository.add(tree, version, PLATFORM)
    shop.repository.sign()
    shop.repository.refresh()


def test_built_program_is_fetched_tests_itself_and_starts(shop: Shop) -> None:
    (shop.folder / "installed/_internal/version.txt").write_text("0.0.1", encoding="utf-8")
    publish(shop, Path(FROZEN), __version__)
    assert shop.update() == f"MartLive {__version__} is here; it starts the next time."
    said = shop.run("--version")
    assert (said.returncode, said.stdout) == (0, f"martlive {__version__}\n")
    # Now it is the built program that asks.
    assert shop.run("update", "--check").stdout == f"MartLive {__version__} is the newest.\n"


def test_built_program_hands_over_to_a_newer_one_and_goes_back(shop: Shop) -> None:
    subprocess.run(["cp", "-a", FROZEN, shop.folder / "frozen"], check=True)
    program = str(shop.folder / "frozen/martlive")
    publish(shop, make_tree(shop.folder / "newer", NEWER), NEWER)

    def run(*arguments: str) -> str:
        environment = shop.environment | {"QT_QPA_PLATFORM": "offscreen"}
        command = [program, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert run("--version") == f"martlive {__version__}\n"
    assert run("update", "--yes").splitlines()[-1] == f"MartLive {NEWER} is here; it starts the next time."
    told = json.loads(run("--plan", "p.toml"))
    assert (told["version"], told["arguments"], told["base"]) == (NEWER, ["--plan", "p.toml"], program)
    publish(shop, make_tree(shop.folder / "newest", NEWEST, manner="crashing"), NEWEST)
    run("update", "--yes")
    for _ in range(2):
        assert subprocess.run([program], env=shop.environment, capture_output=True, check=False).returncode < 0
    assert json.loads(run("--wait"))["version"] == NEWER
    assert run("update", "--back") == "The MartLive that was installed starts the next time.\n"
    assert run("--version") == f"martlive {__version__}\n"


def test_built_program_that_is_damaged_is_not_taken(shop: Shop, tmp_path: Path) -> None:
    (shop.folder / "installed/_internal/version.txt").write_text("0.0.1", encoding="utf-8")
    tree = tmp_path / "damaged"
    subprocess.run(["cp", "-a", FROZEN, tree], check=True)
    [part] = [one for one in (tree / "_internal").rglob("manifest.toml") if one.parent.name == "models"]
    part.unlink()
    publish(shop, tree, __version__)
    assert "did not pass its self-test on this computer" in shop.update()
    assert shop.starts() == "0.0.1"
