from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from installer import sizes
from installer.sizes import Line, as_page, compared, measured, proposed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A program of 9.5 MB."""
    folder = tmp_path / "martlive"
    lengths = {
        "martlive": 2_000_000,
        "_internal/numpy/core.so": 1_500_000,
        "_internal/numpy.libs/libblas.so": 2_500_000,
        "_internal/cv2/cv2.abi3.so": 1_200_000,
        "_internal/opencv_python_headless.libs/libaom.so": 800_000,
        "_internal/libpython3.11.so.1.0": 1_000_000,
        "_internal/yaml/_yaml.so": 300_000,
        "_internal/click-8.5.1.dist-info/METADATA": 200_000,
    }
    for name, length in lengths.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\0" * length)
    (folder / "_internal/libblas.so").symlink_to("numpy.libs/libblas.so")
    return folder


SIZES = {
    "martlive": 2.0,
    "numpy": 4.0,
    "opencv-python-headless": 2.0,
    "libraries of the system": 1.0,
    "the rest": 0.5,
    "whole tree": 9.5,
}


def test_a_wheels_own_libraries_count_as_the_wheels_and_links_as_nothing(tree: Path) -> None:
    assert measured(tree) == pytest.approx(SIZES)


def test_the_packed_installer_is_measured_beside_the_tree(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "martlive.deb").write_bytes(b"\0" * 3_000_000)
    assert measured(tree, tmp_path / "martlive.deb")["installer"] == 3.0


@pytest.mark.parametrize(
    ("size_mb", "budget_mb", "is_over"),
    [(10.0, 10.0, False), (10.5, 10.0, False), (10.6, 10.0, True), (4.0, 10.0, False), (1.0, None, True)],
    ids=["as planned", "5 % over", "6 % over", "smaller", "without a budget"],
)
def test_more_than_a_twentieth_over_the_budget_is_too_much(
    size_mb: float, budget_mb: float | None, is_over: bool
) -> None:
    assert Line("numpy", size_mb, budget_mb).is_over is is_over


def test_a_proposal_keeps_what_was_promised_for_the_installer() -> None:
    assert proposed({"numpy": 4.04, "whole tree": 9.5, "installer": 181.3}, {"installer": 200.0}) == {
        "whole tree": 9.5,
        "numpy": 4.0,
        "installer": 200.0,
    }


def test_the_page_lists_the_largest_first_and_the_sums_last() -> None:
    lines = compared({"yaml": 0.5, "whole tree": 9.5, "numpy": 4.0}, {"numpy": 5.0, "whole tree": 10.0})
    assert as_page(lines).splitlines()[-3:] == [
        "| numpy | 4.0 | 5 |",
        "| yaml | 0.5 | – |",
        "| whole tree | 9.5 | 10 |",
    ]


def test_the_command_fails_over_budget_and_passes_with_its_own_proposal(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    budget, page = tmp_path / "budget.toml", tmp_path / "sizes.md"
    budget.write_text("# Why.\n\n[megabytes]\nnumpy = 1.0\n", encoding="utf-8")
    monkeypatch.setattr(sizes, "BUDGET", budget)
    monkeypatch.setattr(sizes, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["sizes", str(tree)])
    assert sizes.main() == 1
    assert "too large" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["sizes", str(tree), "--propose", "--write"])
    assert sizes.main() == 0
    assert budget.read_text(encoding="utf-8").startswith("# Why.\n")
    assert tomllib.loads(budget.read_text(encoding="utf-8"))["megabytes"]["numpy"] == 4.0
    assert "| numpy | 4.0 | 4 |" in page.read_text(encoding="utf-8")
