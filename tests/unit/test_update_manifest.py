"""A release's description is read as if an enemy had written it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from martlive_desktop.adapters.update_manifest import (
    Latest,
    Release,
    ReleaseFile,
    read_latest,
    read_release,
    write_latest,
    write_release,
)
from martlive_desktop.core.errors import UpdateRefused

DIGEST = "0" * 64


def plain(path: str, **words: Any) -> dict[str, Any]:
    known = {"mode": 0o644, "bytes": 3, "sha256": DIGEST, "packed_bytes": 60, "packed_sha256": DIGEST, "link": ""}
    return {"path": path} | known | words


def link(path: str, target: str) -> dict[str, Any]:
    return plain(path, link=target)


def read(*files: object, **words: object) -> Release:
    described = {"platform": "linux-x86_64", "version": "1.1.0", "files": list(files)} | words
    return read_release(json.dumps(described).encode(), "linux-x86_64", "1.1.0")


def test_release_is_read_as_it_was_written() -> None:
    file = ReleaseFile("_internal/a.so", 0o644, 3, DIGEST, 60, DIGEST)
    release = Release("linux-x86_64", "1.1.0", (file, ReleaseFile("_internal/b.so", link="a.so")))
    assert read_release(write_release(release), "linux-x86_64", "1.1.0").files[0] == file
    assert read_release(write_release(release), "linux-x86_64", "1.1.0").files[1].link == "a.so"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        "a/",
        "a\\b",
        "C:/x",
        "a:stream",
        "a\nb",
        "a\u202eb",
        "con",
        "a/NUL.txt",
        "a./b",
        "a ",
        "x" * 241,
    ],
)
def test_path_that_is_not_plain_is_refused(path: str) -> None:
    with pytest.raises(UpdateRefused, match="describes itself wrongly"):
        read(plain(path))


@pytest.mark.parametrize(
    "files",
    [
        [plain("a"), plain("a")],
        [plain("Data/x"), plain("data/X")],
        [plain("stra\u00dfe"), plain("STRASSE")],
        [plain("\u00e9"), plain("e\u0301")],
        [plain("a"), plain("a/b")],
        [link("a", "b"), plain("A/x"), plain("b/y")],
    ],
    ids=["twice", "case", "sharp s", "accent", "file in a file", "file in a link"],
)
def test_two_files_that_some_system_takes_for_one_are_refused(files: list[dict[str, Any]]) -> None:
    with pytest.raises(UpdateRefused):
        read(*files)


@pytest.mark.parametrize(
    "files",
    [
        [link("a", "/etc/passwd")],
        [link("a", "../x")],
        [plain("d/x"), link("d/a", "../../x")],
        [link("a", "nowhere")],
        [link("a", "b"), link("b", "a")],
        [link("a", "a/x")],
        [plain("d/e/x"), link("b", "d/e"), link("a", "b/../../../x")],
        [plain("x"), link("a", "x\\y")],
        [plain("x"), link("a", "x/")],
        [plain("x"), link("a", "..")],
    ],
    ids=[
        "absolute",
        "up",
        "up from a folder",
        "nowhere",
        "circle",
        "itself",
        "through another link",
        "backslash",
        "slash",
        "the folder above",
    ],
)
def test_link_that_leads_out_of_the_tree_or_nowhere_is_refused(files: list[dict[str, Any]]) -> None:
    with pytest.raises(UpdateRefused, match="the link"):
        read(*files)


def test_links_of_a_framework_are_taken() -> None:
    files = [
        plain("Qt.framework/Versions/A/Qt"),
        link("Qt.framework/Versions/Current", "A"),
        link("Qt.framework/Qt", "Versions/Current/Qt"),
        link("lib/Qt", "../Qt.framework/Qt"),
        plain("lib/x"),
    ]
    assert [file.link for file in read(*files).files if file.link] == ["A", "Versions/Current/Qt", "../Qt.framework/Qt"]


@pytest.mark.parametrize(
    "words",
    [
        {"mode": 0o4755},
        {"mode": 0o666},
        {"mode": "493"},
        {"bytes": -1},
        {"bytes": 2**40},
        {"bytes": True},
        {"packed_bytes": 1.5},
        {"sha256": "0" * 63},
        {"sha256": "../" + "0" * 61},
        {"packed_sha256": "A" * 64},
        {"link": None},
    ],
    ids=str,
)
def test_mode_size_or_digest_that_cannot_be_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(UpdateRefused):
        read(plain("a", **words))


def test_too_many_files_and_too_many_bytes_are_refused() -> None:
    with pytest.raises(UpdateRefused, match="the number of its files"):
        read()
    with pytest.raises(UpdateRefused, match="the number of its files"):
        read(*(plain(f"a{i}") for i in range(20_001)))
    with pytest.raises(UpdateRefused, match="its size"):
        read(*(plain(f"a{i}", bytes=2**32) for i in range(3)))


@pytest.mark.parametrize("words", [{"platform": "macos-arm64"}, {"version": "1.0.0"}, {"files": {}}], ids=str)
def test_another_release_than_was_asked_for_is_refused(words: dict[str, Any]) -> None:
    with pytest.raises(UpdateRefused):
        read(plain("a"), **words)


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"[" * 100_000, b'{"version": 1}'], ids=repr)
def test_what_is_no_description_is_refused(raw: bytes) -> None:
    with pytest.raises(UpdateRefused):
        read_release(raw, "linux-x86_64", "1.1.0")
    with pytest.raises(UpdateRefused):
        read_latest(raw)


def test_newest_is_read_as_it_was_written() -> None:
    latest = Latest("1.1.0", "1.0.0", "A kinder coach.")
    assert read_latest(write_latest(latest)) == latest


@pytest.mark.parametrize(
    "latest",
    [
        Latest("1.1", "1.0.0", ""),
        Latest("../../x", "1.0.0", ""),
        Latest("1.1.0", "newest", ""),
        Latest("1.1.0", "1.0.0", "two\nlines"),
        Latest("1.1.0", "1.0.0", "x" * 201),
    ],
    ids=str,
)
def test_newest_that_cannot_be_is_refused(latest: Latest) -> None:
    with pytest.raises(UpdateRefused):
        read_latest(write_latest(latest))
