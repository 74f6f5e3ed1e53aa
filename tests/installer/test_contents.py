"""What goes into the binary and what stays out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from installer.contents import distributions_of, is_kept, linked_to, only_needed, without_copies, without_dangling

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so",
        "PySide6/Qt/translations/qtbase_zh_CN.qm",
        "PySide6/Qt/lib/libQt6Widgets.so.6",
        "PySide6/Qt/lib/libicudata.so.73",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "av.libs/libavcodec-5e6b81c2.so.62.28.102",
        "martlive_desktop/resources/demo/show.mkv",
        "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
        "libpython3.11.so.1.0",
    ],
)
def test_what_is_used_is_kept(name: str) -> None:
    assert is_kept(name)


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/platforms/libqwayland-egl.so",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "PySide6/Qt/lib/libavcodec.so.61",
        "PySide6/Qt/qml/QtQuick/qmldir",
        "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx",
        "llama_cpp/lib/libmtmd.so",
        "av-18.1.0.dist-info/licenses/__pycache__/AUTHORS.cpython-311.pyc",
        "libportaudio.so.2",
        "libEGL.so.1",
    ],
)
def test_what_is_not_used_or_is_the_systems_stays_out(name: str) -> None:
    assert not is_kept(name)


def test_system_libraries_stay_only_where_something_that_is_kept_needs_them() -> None:
    needs = {
        "/a/_ssl.so": ["libssl.so.3", "libc.so.6"],
        "/a/libssl.so.3": ["libcrypto.so.3"],
        "/a/libcrypto.so.3": [],
        "/a/libgtk.so": ["libgdk.so"],
    }
    entries = [
        ("python3.11/lib-dynload/_ssl.so", "/a/_ssl.so", "EXTENSION"),
        ("libssl.so.3", "/a/libssl.so.3", "BINARY"),
        ("libcrypto.so.3", "/a/libcrypto.so.3", "BINARY"),
        ("libgtk.so", "/a/libgtk.so", "BINARY"),
    ]
    kept = [name for name, _, _ in only_needed(entries, lambda file: needs[file])]
    assert kept == ["python3.11/lib-dynload/_ssl.so", "libssl.so.3", "libcrypto.so.3"]


def test_extension_module_at_the_top_is_no_library_of_the_system() -> None:
    entries = [("_cffi_backend.cpython-311-x86_64-linux-gnu.so", "/a/_cffi_backend.so", "EXTENSION")]
    assert only_needed(entries, lambda _file: []) == entries


def test_library_that_a_wheel_holds_twice_is_one_file_and_a_link() -> None:
    entries = [("llama_cpp/lib/libggml.so", "/a/1", "BINARY"), ("llama_cpp/lib/libggml.so.0", "/a/2", "BINARY")]
    assert without_copies(entries) == [
        ("llama_cpp/lib/libggml.so", "libggml.so.0", "SYMLINK"),
        ("llama_cpp/lib/libggml.so.0", "/a/2", "BINARY"),
    ]


def test_link_to_a_file_that_is_left_out_is_left_out() -> None:
    entries = [("libQt6Quick.so.6", "PySide6/Qt/lib/libQt6Quick.so.6", "SYMLINK"), ("a.so", "b.so", "SYMLINK")]
    assert without_dangling(entries, ["b.so"]) == [("a.so", "b.so", "SYMLINK")]


def test_linked_libraries_are_read_from_the_file_itself(tmp_path: Path) -> None:
    library = tmp_path / "one.so"
    subprocess.run(["cc", "-shared", "-x", "c", "/dev/null", "-Wl,--no-as-needed", "-lm", "-o", library], check=True)
    assert linked_to(str(library)) == ["libm.so.6", "libc.so.6"]


def test_every_package_that_the_program_asks_for_is_known() -> None:
    names = distributions_of(ROOT / "pyproject.toml")
    assert {"av", "faster-whisper", "keyring", "llama-cpp-python", "rapidocr-onnxruntime", "swift-f0", "tuf"} <= set(
        names
    )
