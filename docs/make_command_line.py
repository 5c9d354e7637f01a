"""Write the help of each command into command_line.md, as it is shown in 80 columns.

Run it after changing a command, an option or an example: `python docs/make_command_line.py`. A test compares.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "command_line.md"


def with_help(page: str) -> str:
    """Return the page with every block that begins "Usage: viewshift COMMAND" replaced by the help of today."""
    return re.sub(r"(?<=```text\n)Usage: viewshift ?(\w*).*?(?=^```)", _help, page, flags=re.DOTALL | re.MULTILINE)


def _help(found: re.Match[str]) -> str:
    code = "import sys; from viewshift.cli import main; sys.argv[0] = 'viewshift'; main()"
    command = [sys.executable, "-c", code, *found[1].split(), "--help"]
    environment = {**os.environ, "COLUMNS": "80"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    PAGE.write_text(with_help(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
