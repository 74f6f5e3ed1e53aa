"""`martlive components`, the command that fills the catalogue, and who is offered what."""

from __future__ import annotations

import argparse
import io
import json
import tomllib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from installer import components as catalogue_command
from martlive_desktop import components
from martlive_desktop.adapters.component_store import ComponentStore, Engine, Source, read_catalogue
from martlive_desktop.cli_components import add_components, run_components
from martlive_desktop.core.errors import ComponentDamaged, ComponentMissing, UsageError
from martlive_desktop.inference import compute
from martlive_desktop.inference.compute import GPU_SPARE_BYTES
from tests.fakes.archives import NOTICE, WHEEL, Mirror, catalogue, entry, mirror, wheel

if TYPE_CHECKING:
    from pathlib import Path

GOOD = wheel({"made/lib/libone.so.1": b"one" * 1000, "made/one.h": b"int one();", NOTICE: b"free"})


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror that the settings name; the catalogue has one component, which it has."""
    with mirror({WHEEL: GOOD}) as at:
        (tmp_path / "settings.toml").write_text(f'[downloads]\nmirror = "{at.url}"\n', encoding="utf-8")
        monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "settings.toml"))
        path = catalogue(tmp_path / "components.toml", entry({WHEEL: GOOD}))
        store = ComponentStore(tmp_path / "components", path, platform="linux-x86_64")
        monkeypatch.setattr(components, "component_store", lambda: store)
        yield at


def say(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_components(parser)
    return run_components(parser.parse_args(words))


def test_component_is_listed_fetched_verified_and_removed(
    served: Mirror, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say("list")
    say("fetch", "made-up", "--accept-licence")
    say("list")
    say("verify")
    say("remove", "made-up")
    say("verify")
    assert capsys.readouterr().out.splitlines() == [
        "made-up        missing   for speech on an NVIDIA card; 0 MB to fetch, 1 MB on the disk; MIT",
        f"made-up is in {tmp_path / 'components' / 'made-up'}; the next show uses it",
        "made-up        installed for speech on an NVIDIA card; 0 MB to fetch, 1 MB on the disk; MIT",
        "made-up is whole",
        "made-up is removed",
        "No component is on this computer; `martlive components list` shows what there is.",
    ]


def test_list_for_scripts_has_the_licence_and_the_sizes(served: Mirror, capsys: pytest.CaptureFixture[str]) -> None:
    say("list", "--json")
    assert json.loads(capsys.readouterr().out) == [
        {
            "name": "made-up",
            "engine": "speech",
            "version": "1.0",
            "needs": "nvidia",
            "licence": "MIT",
            "licence_url": "https://example.com/licence",
            "fetched_bytes": len(GOOD),
            "unpacked_bytes": 1_000_000,
            "where": "missing",
        }
    ]


class Terminal(io.StringIO):
    """Somebody sits before it and types."""

    @override
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "advice"),
    [
        (io.StringIO(""), "Read its licence, then run `martlive components fetch made-up --accept-licence`."),
        (Terminal("no\n"), "Nothing is fetched: made-up can only be used under its licence."),
    ],
    ids=["nobody to ask", "refused"],
)
def test_nothing_is_fetched_before_its_licence_is_accepted(
    served: Mirror,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stdin: io.StringIO,
    advice: str,
) -> None:
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(UsageError) as caught:
        say("fetch", "made-up")
    assert str(caught.value) == advice
    assert capsys.readouterr().err == "made-up comes under the MIT: https://example.com/licence\n"
    assert served.asked == []


def test_licence_that_is_accepted_is_not_asked_for_again(
    served: Mirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    say("fetch", "made-up")
    capsys.readouterr()
    say("fetch", "made-up")
    assert capsys.readouterr().err == ""


def test_verify_names_what_is_damaged_and_what_is_missing(served: Mirror, tmp_path: Path) -> None:
    with pytest.raises(ComponentMissing):
        say("verify", "made-up")
    say("fetch", "made-up", "--accept-licence")
    (tmp_path / "components" / "made-up" / "lib" / "libone.so.1").write_bytes(b"two" * 1000)
    with pytest.raises(ComponentDamaged):
        say("verify")


@pytest.mark.parametrize(
    ("has_card", "has_package", "is_here", "engine", "expected"),
    [
        (False, False, False, "speech", None),
        (True, False, False, "speech", "missing"),
        (True, True, False, "speech", None),
        (False, True, True, "speech", "installed"),
        (True, False, False, "writing", None),
    ],
    ids=["no card", "a card", "packages have it", "it is here", "nothing for this engine"],
)
def test_component_is_offered_where_a_card_could_use_it_or_it_is_here(
    served: Mirror,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_card: bool,
    has_package: bool,
    is_here: bool,
    engine: Engine,
    expected: str | None,
) -> None:
    monkeypatch.setattr(components, "has_card", lambda _need: has_card)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object() if has_package else None)
    if is_here:
        components.component_store().fetch("made-up", Source(mirror=served.url), lambda *_: None)
    state = components.offered(engine)
    assert (state.where if state else None) == expected


@pytest.mark.parametrize(
    ("free_bytes", "has_libraries", "layers"),
    [
        (0, False, 0),
        (0, True, -1),
        (GPU_SPARE_BYTES + 2_001, False, -1),
        (GPU_SPARE_BYTES + 2_001, True, -1),
        (GPU_SPARE_BYTES + 2_000, True, 0),
    ],
    ids=["no card", "a card that does not say", "room, no component", "room", "no room"],
)
def test_language_model_uses_the_card_where_it_has_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, free_bytes: int, has_libraries: bool, layers: int
) -> None:
    (tmp_path / "model.gguf").write_bytes(b"x" * 1_000)
    libraries = tmp_path if has_libraries else None
    monkeypatch.setattr(compute, "free_gpu_bytes", lambda: free_bytes)
    monkeypatch.setattr(components, "card_libraries", lambda _engine: libraries)
    config = components.writer_config(tmp_path / "model.gguf")
    assert (config.gpu_layers, config.libraries) == (layers, libraries if layers else None)


ADD = (
    *("--engine", "writing", "--platform", "linux-x86_64", "--needs", "vulkan", "--version", "0.3"),
    *("--licence", "MIT", "--licence-url", "https://example.com/licence"),
    *("--unpack", "made/lib/*.so*=lib", "--unpack", "*.dist-info/licenses/*=licence"),
)


def test_archive_that_was_built_is_added_to_the_catalogue_and_can_be_fetched(tmp_path: Path) -> None:
    path = tmp_path / "components.toml"
    path.write_text('# What this is.\n#\n# And more.\nurl = ""\n', encoding="utf-8")
    built = tmp_path / "components" / WHEEL
    built.parent.mkdir()
    built.write_bytes(GOOD)
    for _ in range(2):
        assert catalogue_command.main(["--catalogue", str(path), "add", "llama-vulkan", str(built), *ADD]) == 0
    with mirror({WHEEL: GOOD}) as at:
        catalogue_command.main(["--catalogue", str(path), "url", at.url])
        store = ComponentStore(tmp_path / "here", path, platform="linux-x86_64")
        store.fetch("llama-vulkan", Source(), lambda *_: None)
    assert path.read_text(encoding="utf-8").startswith("# What this is.\n#\n# And more.\nurl = ")
    [made] = read_catalogue(path).components
    assert (made.unpacked_bytes, made.fetched_bytes) == (3004, len(GOOD))
    assert tomllib.loads(path.read_text(encoding="utf-8"))["components"][0]["archives"][0]["file"] == WHEEL
    assert store.libraries("writing") is not None


def test_folder_of_a_release_is_checked_against_the_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = catalogue(tmp_path / "components.toml", entry({WHEEL: GOOD}))
    assert catalogue_command.main(["--catalogue", str(path), "check", str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"{WHEEL} is missing or has other bytes\n"
    (tmp_path / WHEEL).write_bytes(GOOD)
    assert catalogue_command.main(["--catalogue", str(path), "check", str(tmp_path)]) == 0
