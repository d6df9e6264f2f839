"""Writes the pages that are made from the code's own tables: ``python docs/generate.py``. CI holds them current."""

from pathlib import Path

from medicore.records.actions import ACTIONS
from medicore.records.people import PERMISSIONS
from medicore.records.states import diagram

FOLDER = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    states = (
        f"# The states of a run\n\nMade from `medicore/records/states.py`.\n\n```mermaid\n{diagram()}```\n"
    )
    actions = "".join(f"| `{action}` | {meaning} |\n" for action, meaning in ACTIONS.items())
    roles = "".join(f"| {role} | {', '.join(sorted(allowed))} |\n" for role, allowed in PERMISSIONS.items())
    ledger = (
        "# What the ledger says, and who may do what\n\nMade from `medicore/records/actions.py` and `people.py`.\n\n"
        f"| action | meaning |\n|---|---|\n{actions}\n| role | may |\n|---|---|\n{roles}"
    )
    return {"states.md": states, "ledger.md": ledger}


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
