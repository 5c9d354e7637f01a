"""The code blocks of the README run as they stand, beside a small export."""

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

README = Path(__file__).resolve().parent.parent / "README.md"
LAST_DAY = date(2025, 7, 28)


def block(language: str) -> str:
    """Return the one code block of that language."""
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    return str(code)


def short_export() -> str:
    """Two years of two episodes on every third day, and sixteen a day in one week of June, newest first."""
    rows = []
    for back in range(700):
        day = LAST_DAY - timedelta(days=back)
        binge = date(2025, 6, 9) <= day <= date(2025, 6, 15)
        for number in range(16 if binge else 2 if back % 3 == 0 else 0):
            show = "Harbour Lights" if binge else "Quiet Fields"
            rows.append(f'"{show}: Season 1: Part {back}.{number}","{day.month}/{day.day}/{day:%y}"')
    return "\n".join(["Title,Date", *rows, ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "NetflixViewingHistory.csv").write_text(short_export(), encoding="utf-8")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": beside_python, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_python_of_the_readme_finds_the_week_and_draws_the_year(folder: Path) -> None:
    said = run([sys.executable, "-W", "error", "-c", block("python")], folder)
    assert "Jun 2025" in said
    assert (folder / "year.png").stat().st_size > 10_000


def test_shell_of_the_readme_writes_what_it_names(folder: Path) -> None:
    code = block("sh")
    said = run(["bash", "-euo", "pipefail", "-c", code], folder)
    assert "2025-06-" in said
    named = re.findall(r"--out (\S+)", code)
    assert len(named) >= 3
    assert [name for name in named if not (folder / name).stat().st_size] == []


def test_readme_names_only_files_that_exist() -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)", README.read_text())
    assert [link for link in links if not (README.parent / link).exists()] == []
