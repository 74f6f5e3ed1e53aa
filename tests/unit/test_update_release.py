"""Releases are packed so that clients take them, and keys are kept so that nobody else signs."""

from __future__ import annotations

import lzma
import os
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata

from installer.errors import BuildRefused
from installer.release import ROLES, Keys, Repository, main
from martlive_desktop.adapters.update_manifest import blob_name, read_release, release_name

PLATFORM = "plan9-mips"
"""No computer that runs this: its programs are not asked for their version."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "repository", Keys(tmp_path / "keys", lambda role: f"secret of {role}"))
    repository.init()
    return repository


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "_internal").mkdir(parents=True)
    (tree / "martlive").write_bytes(b"a program")
    (tree / "martlive").chmod(0o700)
    (tree / "_internal/a.so").write_bytes(b"a library")
    (tree / "_internal/b.so").write_bytes(b"a library")
    (tree / "_internal/c.so").symlink_to("b.so")
    return tree


def test_tree_is_packed_once_for_each_content(repository: Repository, tree: Path) -> None:
    release = repository.add(tree, "1.1.0", PLATFORM, notes="New.")
    files = {file.path: file for file in release.files}
    assert {path: (file.mode, file.bytes, file.link) for path, file in files.items()} == {
        "martlive": (0o755, 9, ""),
        "_internal/a.so": (0o644, 9, ""),
        "_internal/b.so": (0o644, 9, ""),
        "_internal/c.so": (0o644, 0, "b.so"),
    }
    blobs = [path for path in (repository.public / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 2
    blob = repository.public / blob_name(files["_internal/a.so"].sha256)
    assert lzma.decompress(blob.read_bytes()) == b"a library"
    repository.sign()
    [public] = (repository.public / f"targets/releases/{PLATFORM}").iterdir()
    assert read_release(public.read_bytes(), PLATFORM, "1.1.0") == release
    targets = Metadata.from_file(str(repository.public / "metadata/2.targets.json")).signed
    assert set(targets.targets) == {release_name(PLATFORM, "1.1.0"), f"latest/{PLATFORM}.json"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("version", ["1.1.0", "1.0.9", "1.2", "newest"])
def test_version_that_is_there_or_older_or_none_is_not_released(
    repository: Repository, tree: Path, version: str
) -> None:
    repository.add(tree, "1.1.0", PLATFORM)
    repository.sign()
    with pytest.raises(BuildRefused):
        repository.add(tree, version, PLATFORM)


@pytest.mark.parametrize(
    ("name", "target"), [("evil.so", "/etc/passwd"), ("evil.so", "../../x"), ("evil.so", "nowhere"), ("con", "b.so")]
)
def test_tree_that_clients_would_refuse_is_not_released(
    repository: Repository, tree: Path, name: str, target: str
) -> None:
    (tree / "_internal" / name).symlink_to(target)
    with pytest.raises(BuildRefused, match="Clients would not take this tree"):
        repository.add(tree, "1.1.0", PLATFORM)


def test_program_that_calls_itself_otherwise_is_not_released(
    repository: Repository, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("installer.release.this_platform", lambda: PLATFORM)
    (tree / "martlive").write_text("#!/bin/sh\necho martlive 1.0.0\n", encoding="utf-8")
    with pytest.raises(BuildRefused, match=r"is not 1\.1\.0; build it anew"):
        repository.add(tree, "1.1.0", PLATFORM)


def test_keys_are_encrypted_and_nobody_else_reads_them(repository: Repository, tmp_path: Path) -> None:
    for role in ROLES:
        path = tmp_path / f"keys/{role}.pem"
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert os.name != "posix" or path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BuildRefused, match="not the password for the key of targets"):
        Keys(tmp_path / "keys", lambda _role: "guessed").signer("targets")
    with pytest.raises(BuildRefused, match="needs a password"):
        Keys(tmp_path / "others", lambda _role: "").make("root")


def test_old_key_is_set_aside(repository: Repository, tmp_path: Path) -> None:
    before = (tmp_path / "keys/targets.pem").read_bytes()
    repository.rotate("targets")
    repository.refresh()
    assert before in [path.read_bytes() for path in (tmp_path / "keys").glob("targets.2*.pem")]
    assert (tmp_path / "keys/targets.pem").read_bytes() != before


def test_second_repository_does_not_replace_the_first(repository: Repository) -> None:
    with pytest.raises(BuildRefused, match="is there already"):
        repository.init()


def test_refresh_needs_only_the_keys_that_are_online(repository: Repository, tmp_path: Path) -> None:
    for role in ("root", "targets"):
        (tmp_path / f"keys/{role}.pem").unlink()
    repository.refresh()
    assert Metadata.from_file(str(repository.public / "metadata/timestamp.json")).signed.version == 2
    with pytest.raises(BuildRefused, match="The key of targets is not in"):
        repository.sign()


def test_commands_release_a_tree(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for role in ROLES:
        monkeypatch.setenv(f"MARTLIVE_PASSWORD_{role.upper()}", "secret")
    places = ["--repository", str(tmp_path / "repository"), "--keys", str(tmp_path / "keys")]
    for words in (["init"], ["add", str(tree), "--version", "1.1.0", "--platform", PLATFORM], ["sign"], ["refresh"]):
        assert main([*places, *words]) == 0
    assert capsys.readouterr().out.splitlines() == ["4 files, 0.0 MB packed; now run sign", "Signed; now run refresh"]
    assert main([*places[:3], str(tmp_path / "repository/keys"), "refresh"]) == 1
    assert "must not lie within the repository" in capsys.readouterr().out
    assert main([*places, "add", str(tree), "--version", "1.1.0", "--platform", PLATFORM]) == 1
