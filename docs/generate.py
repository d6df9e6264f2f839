"""Writes the pages that are made from the code's own tables: ``python docs/generate.py``.

CI checks that they are current.
"""

import ast
import re
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from docs.verbs import verbs_page
from medicore.cases.studies.schema import parts_of_protocol
from medicore.records.ledger.actions import ACTIONS
from medicore.records.ledger.states import diagram
from medicore.records.people.people import PERMISSIONS
from tests.guards.breaking import attacks, titles
from tests.trials.cases import GROUPS
from tests.trials.tried import tried

FOLDER = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    states = f"# The states of a run\n\nMade from `medicore/records/ledger/states.py`.\n\n```mermaid\n{diagram()}```\n"
    actions = "".join(f"| `{action}` | {meaning} |\n" for action, meaning in ACTIONS.items())
    roles = "".join(f"| {role} | {', '.join(sorted(allowed))} |\n" for role, allowed in PERMISSIONS.items())
    ledger = (
        "# The actions of the ledger, and who may do what\n\nMade from `medicore/records/ledger/actions.py` and "
        "`medicore/records/people/people.py`.\n\n"
        f"| action | meaning |\n|---|---|\n{actions}\n| role | may |\n|---|---|\n{roles}"
    )
    return {
        "states.md": states,
        "ledger.md": ledger,
        "faults.md": _faults(),
        "guards.md": _guards(),
        "refusals.md": _refusals(),
        "keys.md": _keys(),
        "verbs.md": verbs_page(),
    }


def shown_by() -> dict[int, list[str]]:
    """Return by number of a fault the tests whose docstrings name it, by how much of the product they run, the most first."""
    found: dict[int, list[str]] = {}
    tests = FOLDER.parent / "tests"
    for path in sorted(tests.rglob("test_*.py"), key=lambda path: (_reach(path.relative_to(tests)), path)):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in _numbers(ast.get_docstring(node) or ""):
                    name = f"{path.relative_to(tests).as_posix().removesuffix('.py')}::{node.name}"
                    found.setdefault(number, []).append(name)
    return found


def _reach(path: Path) -> int:
    """Return 0 for tests through the command line, 1 for those of a whole house in one process, 2 for all others."""
    return {"line": 0, "cases": 1}.get(path.parts[0], 2)


def _numbers(text: str) -> Iterator[int]:
    for listed in re.findall(r"\(FAULTS ([0-9, -]+)\)", text):
        for part in listed.split(", "):
            first, _, last = part.partition("-")
            yield from range(int(first), int(last or first) + 1)


def _faults() -> str:
    groups = tomllib.loads((FOLDER / "faults.toml").read_text(encoding="utf-8"))
    tests = shown_by()
    lines = [
        "# What can go wrong, and which tests show that MediCore handles it\n",
        "Made from `docs/faults.toml` and the tests that name a fault. Those in `line/` go through the command line; those in "
        "`cases/` run a whole house in one process, where ledger, keys, archive and checkout are the real ones, record repository "
        "and content store are in memory, under the contracts of the real ones, and a small template makes the report.",
    ]
    for group, faults in groups.items():
        lines += ["", f"## {group}\n", "| | what happens | tests |", "|---|---|---|"]
        for number, text in faults.items():
            names = "<br>".join(f"`{name}`" for name in tests.get(int(number), ())) or "none yet"
            lines.append(f"| {number} | {text} | {names} |")
    return "\n".join(lines) + "\n"


def _guards() -> str:
    lines = [
        "# Attacks, the guards that find them, and the tests that prove the guards\n",
        "Made from the registers in `tests/guards`. `python -m tests.guards`, and `make deep PIECE=guards`, leave out each guard "
        "in a copy of the project and run its test there: the test must fail. Where several guards find an attack, all of them "
        "are left out at once.",
    ]
    for subject, title in titles().items():
        lines += ["", f"## {title}\n", "| attack | guard | test |", "|---|---|---|"]
        for attack in attacks():
            if attack.subject == subject:
                guards = "<br>".join(f"`{guard}`" for guard in dict.fromkeys(map(str, attack.guards)))
                test = attack.test.removeprefix("tests/").replace(".py::", "::")
                lines.append(f"| {attack.what} | {guards} | `{test}` |")
    return "\n".join(lines) + "\n"


def _keys() -> str:
    lines = [
        "# The keys of a protocol\n",
        "Made from the models in `medicore/records/protocol`. A file in `studies/` has the keys of `Protocol`; a value that is "
        "called by a name with a capital letter is a part with keys of its own, below. `medicore study schema` prints the same as "
        "JSON Schema, for editors; `medicore study check STUDY` tells every mistake of a file with its line.",
    ]
    for part in parts_of_protocol():
        lines += [
            "",
            f"## {part.name}\n",
            part.words.replace("``", "`"),
            "",
            "| key | values | default |",
            "|---|---|---|",
        ]
        for key in part.keys:
            cells = (f"`{key.name}`", key.values, key.default or "must be given")
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _refusals() -> str:
    lines = [
        "# What is refused in a delivery or a protocol, and the messages\n",
        "Made by trying the inputs of `tests/trials/cases.py`: files as sites and systems send them, the "
        "declarations for `medicore edc manifest` or the changes of the protocol, and MediCore's message.",
    ]
    for group, cases in GROUPS.items():
        lines += ["", f"## {group}\n", "| sent | declared | message |", "|---|---|---|"]
        for case in cases:
            if case.says:
                with tempfile.TemporaryDirectory() as folder:
                    said = tried(case, Path(folder)).said.split("\n")
                named = next(line for line in said if re.search(case.says[0], line))
                declared = [f"--{key} {one}" for key, values in case.declared.items() for one in values]
                declared += sorted(case.edits)
                sent = ", ".join(name if name.isascii() else ascii(name).strip("'") for name in case.files)
                cells = (f"{case.trial}: {sent}", ", ".join(declared) or "nothing", named)
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
