"""The command line: `viewshift detect | daily | simulate | compare | checkin | forget`.

Only what parses the arguments is imported here, so that ``--help`` answers at once; each command imports its work.
"""

import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from viewshift import __version__
from viewshift._plain_text import number_of, plain
from viewshift.cli.commands import COMMANDS
from viewshift.cli.words import with_options

FAULT, BAD_INPUT, INCOMPLETE, INTERRUPTED, NO_READER = 1, 2, 3, 130, 141
"""Exit codes: a fault of viewshift's own, input or usage that was refused, something not done that was asked for,
Ctrl-C, output that nobody reads on."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Options and examples of a command: viewshift COMMAND --help",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line; whatever goes wrong is one sentence on the error stream and an exit code."""
    try:
        code = typer.main.get_command(app).main(prog_name="viewshift", standalone_mode=False)
        sys.stdout.flush()  # here, where a reader that is gone can still be told from a fault
    except SystemExit as left:
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        _leave_without_reader()
    except BrokenPipeError:
        _leave_without_reader()
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except typer.TyperException as error:  # wrong usage
        _refuse_usage(error)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _refuse(f"{where}{error.strerror or error}".removesuffix(".") + ".")
    except ValueError as error:
        _refuse(str(error))
    except Exception as error:
        if os.environ.get("VIEWSHIFT_TRACEBACK"):
            raise
        _admit(error)
    sys.exit(code)


def _refuse(sentence: str, code: int = BAD_INPUT) -> NoReturn:
    """Print a sentence, in which parameters of the library are called as the options they came from."""
    print(plain(with_options(sentence).replace("\n", " ")), file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _refuse_usage(error: typer.TyperException) -> NoReturn:
    if near := getattr(error, "possibilities", None):  # of an option that there is not
        error.possibilities = _alike(error.option_name, near)  # type: ignore[attr-defined]
    said, context = _in_own_words(error), getattr(error, "ctx", None)
    if context is None or said == context.get_help():  # called without a command
        print(said, file=sys.stderr)  # noqa: T201
        sys.exit(BAD_INPUT)
    _refuse(f"{said}{'' if said.endswith(('.', '?')) else '.'} See {context.command_path} --help.")


def _in_own_words(error: typer.TyperException) -> str:
    """Return what is wrong with an argument or a number as the library would say it; else as the parser does."""
    said, context, option = error.format_message(), getattr(error, "ctx", None), getattr(error, "param", None)
    if context is not None and (found := re.fullmatch(r"Got unexpected extra argument\(s\) \((.*)\)", said)):
        taken = sum(one.param_type_name == "argument" for one in context.command.params)
        more = "; run it once for each file, and put a name with spaces in quotes" * (taken == 1)
        return f"{context.command_path} takes {number_of(taken, 'argument')}, got {found[1]!r} besides{more}"
    wrong: list[Any] = getattr(error.__cause__, "errors", list)()
    if option is not None and wrong and wrong[0]["type"] in {"int_parsing", "greater_than_equal"}:
        least = "" if option.min is None else f" of at least {option.min}"
        return f"{option.opts[0]} must be a whole number{least}, got {wrong[0]['input']!r}"
    return said


def _alike(option: str, options: Sequence[str]) -> list[str]:
    """Return those options that a wrong one may mean, by their letters alone: dashes make all of them alike."""
    words = [one.lstrip("-") for one in options]
    word = option.lstrip("-")
    near = get_close_matches(word, words, n=1)
    return [f"--{one}" for one in near or [one for one in words if word.startswith(one)]]


def _admit(error: Exception) -> NoReturn:
    """Say where viewshift itself failed."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}".rstrip(".: ")
    where = f"{Path(place.filename).name}, line {place.lineno}"
    _refuse(
        f"This is a fault of viewshift {__version__}, please report it: {what} ({where}; with VIEWSHIFT_TRACEBACK=1 "
        "it tells all).",
        FAULT,
    )


def _leave_without_reader() -> NoReturn:
    """Leave quietly where nobody reads on, as after `| head`; what is still to be printed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())  # type: ignore[union-attr]
    sys.exit(NO_READER)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"viewshift {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def _viewshift(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Find marked shifts in a person's daily viewing, and say how often the finding will be wrong."""


def _add(command: Callable[..., None], examples: Sequence[str]) -> None:
    summary = (command.__doc__ or "").partition("\n")[0].partition(":")[0].rstrip(".")
    lines = "\n".join(f"  {example}" for example in examples)
    app.command(command.__name__, short_help=f"{summary}.", epilog=f"\b\nExamples:\n{lines}")(command)


for command, examples in COMMANDS:
    _add(command, examples)
