"""What no line of ours may do (docs/security.md), and that no model is loaded whose bytes nobody checked."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from martlive_desktop.adapters.resource_files import manifest_path
from martlive_desktop.coaching import MEANING_MODEL, start_local_writer
from martlive_desktop.core.errors import ModelDamaged
from martlive_desktop.core.plan import ShowPlan
from martlive_desktop.hearing import recogniser_config
from martlive_desktop.places import model_store
from martlive_desktop.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for top in ("martlive_desktop", "cloud_api") for path in (ROOT / top).rglob("*.py"))

UNSAFE_MODULES = frozenset(
    {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "dbm", "xmlrpc", "telnetlib"}
    | {"ftplib", "tarfile", "pty", "commands", "xml", "multiprocessing.managers", "socketserver", "http.server"}
)
"""They run what they read, take files apart without a check, or speak without encryption."""

UNSAFE_NAMES = frozenset({"eval", "exec", "compile", "__import__"})

UNSAFE_ATTRIBUTES = frozenset(
    {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "tempfile.mktemp"}
    | {"yaml.load", "yaml.full_load", "yaml.unsafe_load", "ssl._create_unverified_context", "ssl.CERT_NONE"}
    | {"multiprocessing.connection.Listener", "multiprocessing.connection.Client", "asyncio.create_subprocess_shell"}
)

UNSAFE_METHODS = frozenset({"extractall", "unpack_archive", "read_pickle", "create_subprocess_shell"})

STARTS_PROGRAMS = {
    "martlive_desktop/adapters/autostart.py": "writes a command line for Windows, starts nothing",
    "martlive_desktop/adapters/loopback.py": "parec, with arguments that are constants",
    "martlive_desktop/launcher.py": "a fetched version of ourselves",
    "martlive_desktop/updating.py": "a fetched version of ourselves, to test itself",
    "cloud_api/up.py": "the services, with our own Python",
}
UNPACKS = {
    "martlive_desktop/adapters/component_store.py": "only members that the catalogue names, to names of its own",
    "martlive_desktop/adapters/session_zip.py": "reads members in memory, bounded, never to a path",
    "martlive_desktop/support_bundle.py": "writes only",
    "martlive_desktop/adapters/update_stage.py": "single files of a signed list, bounded",
}
PIPES = frozenset(
    {"martlive_desktop/inference/child.py", "martlive_desktop/inference/supervisor.py", "martlive_desktop/__main__.py"}
    | {"cloud_api/asr/hearing.py", "cloud_api/coach/show_pool.py"}
)
"""They start our own processes, which talk over pipes that nobody else has."""

LOADERS = {
    "martlive_desktop/inference/whisper.py": "WhisperModel",
    "cloud_api/asr/batch.py": "WhisperModel",
    "martlive_desktop/inference/llama.py": "Llama",
    "cloud_api/coach/llama_child.py": "Llama",
    "martlive_desktop/inference/embedding.py": "InferenceSession Tokenizer.from_file",
    "martlive_desktop/inference/vad.py": "InferenceSession",
    "martlive_desktop/inference/pitch.py": "SwiftF0",
    "martlive_desktop/inference/ocr.py": "TextRecognizer",
}
"""Where a model's file is loaded. The last three take theirs from the package that brings it, the others are given a path."""

RESOLVERS = {
    "martlive_desktop/coaching.py",
    "martlive_desktop/hearing.py",
    "martlive_desktop/reviewing.py",
    "martlive_desktop/summing_up.py",
    "cloud_api/asr/app.py",
    "cloud_api/coach/app.py",
    "cloud_api/coach/wording.py",
}
"""Who gives that path: from ModelStore.resolve, which checks the bytes."""

MODEL_PATHS = ("ModelFolder", "SentenceEmbedding", "writer_config", "_sentence_model", "LocalModel")
"""What takes such a path on its way to a loader."""


def named(node: ast.expr) -> str:
    """`a.b.c` of an expression that is one, else what is behind its last dot."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{named(node.value)}.{node.attr}"
    return ""


def unsafe(source: str) -> Iterator[str]:
    """What in `source` must not be."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if unsafe_module(one.name))
            case ast.ImportFrom(module=str(module), names=names):
                full = [f"{module}.{one.name}" for one in names]
                yield from (one for one in full if unsafe_module(one) or one in UNSAFE_ATTRIBUTES)
            case ast.Call(func=function, keywords=keywords):
                if isinstance(function, ast.Name) and function.id in UNSAFE_NAMES:
                    yield function.id
                if isinstance(function, ast.Attribute) and function.attr in UNSAFE_METHODS:
                    yield function.attr
                yield from (f"{one.arg}={ast.unparse(one.value)}" for one in keywords if unsafe_keyword(one))
            case ast.Attribute() if named(node) in UNSAFE_ATTRIBUTES:
                yield named(node)


def unsafe_module(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:count]) in UNSAFE_MODULES for count in range(1, len(parts) + 1))


def unsafe_keyword(keyword: ast.keyword) -> bool:
    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else "computed"
    return (keyword.arg, value) == ("verify", False) or (
        keyword.arg in {"shell", "allow_pickle", "trust_remote_code"} and value is not False
    )


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import subprocess; subprocess.run('ls', shell=True)", "shell=True"),
        ("subprocess.run(command, shell=wanted)", "shell=wanted"),
        ("import os; os.system('ls')", "os.system"),
        ("from os import popen", "os.popen"),
        ("eval(text)", "eval"),
        ("exec(text)", "exec"),
        ("import pickle", "pickle"),
        ("from marshal import loads", "marshal.loads"),
        ("import shelve", "shelve"),
        ("import yaml; yaml.load(text, yaml.Loader)", "yaml.load"),
        ("import tempfile; tempfile.mktemp()", "tempfile.mktemp"),
        ("httpx.Client(verify=False)", "verify=False"),
        ("import ssl; context.verify_mode = ssl.CERT_NONE", "ssl.CERT_NONE"),
        ("import xml.etree.ElementTree", "xml.etree.ElementTree"),
        ("numpy.load(path, allow_pickle=True)", "allow_pickle=True"),
        ("zipfile.ZipFile(path).extractall(folder)", "extractall"),
        ("from multiprocessing.connection import Listener", "multiprocessing.connection.Listener"),
        ("from multiprocessing import managers", "multiprocessing.managers"),
    ],
)
def test_what_is_forbidden_is_found(line: str, found: str) -> None:
    assert list(unsafe(line)) == [found]


@pytest.mark.parametrize(
    "line",
    [
        "qt.exec()",
        "httpx.Client(verify=context)",
        "subprocess.run(['ls'], shell=False)",
        "import re; re.compile('a')",
        "yaml.safe_load(text)",
        "from multiprocessing.connection import Connection, wait",
    ],
)
def test_what_is_allowed_is_not(line: str) -> None:
    assert list(unsafe(line)) == []


def test_nothing_forbidden_is_in_our_sources() -> None:
    assert len(SOURCES) > 200
    found = [f"{path.relative_to(ROOT)}: {one}" for path in SOURCES for one in unsafe(path.read_text(encoding="utf-8"))]
    assert found == []


@functools.cache
def trees() -> dict[str, tuple[ast.AST, ...]]:
    return {
        path.relative_to(ROOT).as_posix(): tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for path in SOURCES
    }


def importing(*modules: str) -> set[str]:
    found = set()
    for path, nodes in trees().items():
        for node in nodes:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names.append(node.module)
            if set(names) & set(modules):
                found.add(path)
    return found


def calling(*names: str) -> dict[str, list[ast.Call]]:
    found: dict[str, list[ast.Call]] = {}
    for path, nodes in trees().items():
        for node in nodes:
            if isinstance(node, ast.Call):
                called = named(node.func)
                if any(called == name or called.endswith(f".{name}") for name in names):
                    found.setdefault(path, []).append(node)
    return found


def test_programs_are_started_only_where_it_is_known() -> None:
    assert importing("subprocess") == set(STARTS_PROGRAMS)


def test_archives_are_read_only_where_every_member_is_checked() -> None:
    assert importing("zipfile", "lzma", "gzip", "bz2") == set(UNPACKS)
    assert not set(calling("extract")) & set(UNPACKS)


def test_pipes_go_only_to_processes_of_our_own() -> None:
    """What comes over such a pipe is unpickled, so nobody else may have an end of it."""
    assert importing("multiprocessing") == PIPES


def test_models_are_loaded_only_where_it_is_known() -> None:
    names = {name for listed in LOADERS.values() for name in listed.split()}
    assert set(calling(*names, "AutoModel.from_pretrained", "pipeline", "load_model")) == set(LOADERS)


def test_every_path_to_a_model_comes_out_of_the_store() -> None:
    assert set(calling("resolve_model", "_resolve_model")) == {"martlive_desktop/hearing.py"}
    resolving = {
        path
        for path, calls in calling("resolve").items()
        # `Path.resolve` takes no name.
        if any(call.args for call in calls) and not path.startswith("cloud_api/gateway")
    }
    assert resolving == RESOLVERS
    given = set(calling(*MODEL_PATHS))
    assert given - RESOLVERS == set()


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models: each file as long as it must be, and not one byte of it right."""
    for model in tomllib.loads(manifest_path().read_text(encoding="utf-8"))["models"]:
        for file in model["builds"][0]["files"]:
            path = tmp_path / model["name"] / file["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.truncate(path, file["bytes"])
    monkeypatch.setenv("MARTLIVE_MODELS", str(tmp_path))
    monkeypatch.setenv("MARTLIVE_SETTINGS", str(tmp_path / "settings.toml"))
    return tmp_path


def test_speech_model_with_other_bytes_is_not_loaded(damaged: Path) -> None:
    with pytest.raises(ModelDamaged):
        recogniser_config(Settings(), "en", "whisper-tiny.en", is_live=True)


def test_language_model_with_other_bytes_is_not_loaded(damaged: Path) -> None:
    with pytest.raises(ModelDamaged):
        start_local_writer(Settings.model_validate({"coach": {"writer": "local"}}), ShowPlan())


def test_sentence_model_with_other_bytes_is_not_loaded(damaged: Path) -> None:
    with pytest.raises(ModelDamaged):
        model_store().resolve(MEANING_MODEL)


def test_no_library_tells_its_makers_in_any_process_of_ours() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    for package in ("martlive_desktop.inference.vad", "cloud_api.asr.batch", "martlive_desktop.__main__"):
        asked = f"import {package}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
        command = [sys.executable, "-c", asked]
        assert subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=True).stdout == "1\n"
