"""The page of the verbs, from the command line's own help: ``docs/generate.py`` writes it."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import typer

import medicore.cli
from medicore import errors
from medicore.cli.app import app
from medicore.cli.panels import PANELS

_ONE_LINE = re.compile(r"\s+")


def verbs_page() -> str:
    """Return every verb with its arguments and options, by the person who needs it first, and the exit codes."""
    for module in pkgutil.walk_packages(medicore.cli.__path__, "medicore.cli."):
        importlib.import_module(module.name)  # adds its verbs
    group: Any = typer.main.get_command(app)
    lines = [
        "# Verbs",
        "",
        "Made from the program's own help: `medicore VERB --help` prints the same. Every verb takes `--json` where it prints results.",
    ]
    for title, names in PANELS.items():
        lines += ["", f"## {title}"]
        for name in names:
            lines += _verb(name, group.commands[name])
    lines += ["", "## Exit codes", "", "| code | what went wrong |", "|---|---|", "| 0 | nothing |"]
    lines += [f"| {code} | {words} |" for code, words in _codes()]
    return "\n".join(lines) + "\n"


def _verb(name: str, command: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the lines of a verb, or of each verb of a group."""
    if hasattr(command, "commands"):
        for inner in sorted(command.commands):
            yield from _verb(f"{name} {inner}", command.commands[inner])
        return
    if command.hidden:
        return
    words = " ".join(_usage(one) for one in command.params if _is_argument(one))
    yield from (
        "",
        f"### medicore {name}",
        "",
        f"    medicore {name} {words}".rstrip(),
        "",
        _help(command.help),
    )
    rows = [_row(one) for one in command.params if not getattr(one, "hidden", False)]
    if rows:
        yield from ("", "| argument or option | what it is |", "|---|---|", *rows)


def _is_argument(parameter: Any) -> bool:  # noqa: ANN401 - typer carries a click of its own
    return bool(parameter.param_type_name == "argument")


def _usage(argument: Any) -> str:  # noqa: ANN401
    shown = (argument.metavar or (argument.name or "").upper()).strip("[]")
    shown = f"{shown}…" if argument.nargs == -1 else shown
    return shown if argument.required else f"[{shown}]"


def _row(parameter: Any) -> str:  # noqa: ANN401
    words = _help(getattr(parameter, "help", None) or "").replace("|", "\\|")
    if _is_argument(parameter):
        return f"| `{_usage(parameter)}` | {words} |"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    again = (
        " It may be repeated." if getattr(parameter, "multiple", False) and "repeated" not in words else ""
    )
    needed = " It must be given." if parameter.required else ""
    return f"| {names} | {words}{again}{needed} |"


def _help(text: str | None) -> str:
    """Return a text of the help as one paragraph for each of its own."""
    return "\n\n".join(_ONE_LINE.sub(" ", part).strip() for part in (text or "").split("\n\n"))


def _codes() -> list[tuple[int, str]]:
    """Return each exit code with the first sentence of its family of errors."""
    families = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and errors.MediCoreError in one.__bases__
    ]
    found = {one.exit_code: _ONE_LINE.sub(" ", (one.__doc__ or "").split("\n\n")[0]) for one in families}
    return sorted(found.items())
