"""Every verb once as a user starts it: a process of its own, with its exit code, its answer, and nothing unexpected."""

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import typer

from medicore import cli
from medicore.cli.app import app
from tests.conftest import PASSPHRASES, Project
from tests.line.conftest import BROKEN, CLEAN, MONTH, REFERENCE

RUN, WAITING, NEXT = f"{REFERENCE}/{MONTH}/1", f"{CLEAN}/{MONTH}/1", "2025-04"
WHY = ("--reason", "Looked at it and found it so")
OPERATOR = ("--as", "operator", *WHY)

Steps = tuple[tuple[str, tuple[str, ...], int, str], ...]
"""Verb, arguments, exit code, and what the answer holds."""

ANSWERS: Steps = (
    ("status", (), 0, RUN),
    ("history", (RUN,), 0, "run.released"),
    ("verify", (RUN,), 0, "ALCOA++"),
    ("doctor", (), 0, "chain of"),
    ("explain", (WAITING, "cohort.analysed"), 0, "cohort.py"),
    ("reproduce", (WAITING, "--threads", "1"), 0, "report.pdf"),
    ("diff", (RUN, WAITING), 3, ""),
    ("sbom", (RUN,), 0, "CycloneDX"),
    ("attempts", (), 0, BROKEN),
    ("approvals", (RUN,), 0, "reviewer"),
    ("subject", (REFERENCE, "233", "--as", "reviewer"), 0, "lock/"),
    ("access", (REFERENCE, "--at", "2020-01-01"), 0, "the ledger began at 20"),
    ("unblind", (REFERENCE, *OPERATOR), 7, ""),
    ("ledger show", ("--last", "1"), 0, "closed.refused"),
    ("ledger verify", (), 0, "intact"),
    ("ledger review", (), 0, "was never reviewed"),
    ("ledger clock", OPERATOR, 7, ""),
    ("ledger correct", (RUN, *OPERATOR), 7, ""),
    ("people list", (), 0, "Rosa Reviewer"),
    ("looks spending", ("obrien-fleming", "--equal", "5"), 0, "2.0310"),
    ("looks sequence", ("300", "1000"), 0, "3.1109"),
    ("looks maxsprt", ("10",), 0, "3.467952"),
    ("archive list", (), 0, RUN),
    ("archive verify", (RUN,), 0, RUN),
)
WORK: Steps = (
    ("new", ("{new}/workspace", "--wheel", "{new}/none.whl"), 9, ""),
    ("init", (), 0, "Already initialised"),
    ("edc deliver", (NEXT, BROKEN, CLEAN), 0, NEXT),
    ("run", (CLEAN, NEXT), 0, "sealed, awaiting approval"),
    ("portfolio", (NEXT, "MED-2024-0212"), 4, "failed"),
    ("request", (CLEAN, "2025-05", "--as", "analyst", "--print"), 0, "signature"),
    ("review", (WAITING,), 0, "--meaning approve"),
    ("return", (WAITING, "--comments", "Say why", "--as", "reviewer"), 0, "is returned to"),
    ("sign", (WAITING, "--meaning", "approve", "--as", "reviewer", *WHY), 0, "archived"),
    ("follow", (WAITING,), 0, "archived"),
    ("step", ("extract",), 0, ""),
    ("edc manifest", ("{delivery}", "--system", "Files", "--source", CLEAN, "--exported-at",
                      "2025-03-31T18:00:00+00:00", "--version", "1"), 0, "rows"),
)  # fmt: skip
KEEPING: Steps = (
    ("export", (RUN, "--to", "{new}/bundle", "--as", "reviewer"), 0, "bundle"),
    ("archive surveil", ("--every", "365"), 0, RUN),
    ("archive extend", (RUN, "--until", "2080-02-29", *OPERATOR), 0, "2080-02-29"),
    ("archive hold", (RUN, *OPERATOR), 0, RUN),
    ("people add", ("petra", "--role", "quality", "--name", "Petra Person", *OPERATOR), 0, "person.added"),
    ("archive lift", (RUN, "--as", "petra", *WHY), 0, RUN),
    ("people renew", ("petra", *OPERATOR), 0, "person.renewed"),
    ("people unlock", ("petra", *OPERATOR), 7, ""),
    ("people revoke", ("petra", *OPERATOR), 0, "person.revoked"),
    ("archive restore", (RUN, "{new}/restored", "--as", "reviewer"), 0, "restored"),
    ("report tables", (RUN, "{new}/tables", "--format", "all"), 0, "files of"),
    ("report html", (RUN, "{new}"), 0, "as HTML"),
    ("report portfolio", (MONTH, "--output", "{new}"), 0, "SHA-256"),
    ("report check", ("{new}/restored/report.pdf",), 0, "met"),
)
DATA = "studies/sources/REF-NHEFS/raw/nhefs.csv"
_NAMED = ("image", "namespace", "repository", "secret", "service_account", "state_claim")
_VALUES = tuple(word for name in _NAMED for word in ("--set", f"{name}=own"))
PLANNING: Steps = (
    ("deploy", ("--check",), 0, "follows the protocols"),
    ("fleet setup", ("--silence", "20"), 9, ""),
    ("fleet template", ("kubernetes", *_VALUES), 0, "flows.serving.container"),
    ("study schema", (), 0, "estimand"),
    ("study check", (REFERENCE, "--data", DATA), 0, "the data follow its contract"),
    ("study preview", (REFERENCE,), 0, "never read"),
    ("study new", ("NEW-01", "--from", DATA, "--treatment", "qsmk", "--outcome", "wt82_71"), 0, "Drafted"),
)
VERBS = (*ANSWERS, *KEEPING, *WORK, *PLANNING)
SERVING = {"serve", "edc serve", "console"}
"""What runs until it is stopped is started as a process in ``worker.py``, ``test_interfaces.py`` and ``test_console.py``."""


def test_every_verb_answers_as_a_process(copied: Project, tmp_path: Path) -> None:
    """Each verb ends with its exit code and says what it is asked for, without a traceback; one thread changes no bit (FAULTS 32)."""
    answer_each(copied, tmp_path)


def answer_each(project: Project, new: Path) -> None:
    """Start each verb, whose new files go below ``new``, and hold its exit code and answer against the table."""
    delivery = new / "delivery"
    (delivery / "raw").mkdir(parents=True)
    (delivery / "raw" / "subjects.csv").write_text("subject_id,age\nS-1,41\n")
    places = {"new": str(new), "delivery": str(delivery)}
    secrets = {f"MEDICORE_PASSPHRASE_{name.upper()}": text for name, text in PASSPHRASES.items()}
    for verb, arguments, code, words in VERBS:
        given = [argument.format(**places) for argument in arguments]
        answer = project.command(
            *verb.split(), *given, expected=code, MEDICORE_PASSPHRASE_PETRA="correct petra", **secrets
        )
        assert words in answer.out, (verb, answer)
        assert "Traceback" not in answer.err, verb
        if code and not answer.out:
            assert answer.err.splitlines()[-1].startswith("medicore: "), (verb, answer.err)


def test_no_verb_is_left_out() -> None:
    """What is started here and what runs until it is stopped are all the verbs that there are."""
    for module in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}."):
        importlib.import_module(module.name)
    started = [verb for verb, *_ in VERBS]
    assert len(started) == len(set(started))
    assert {*started} | SERVING == set(_verbs(typer.main.get_command(app)))


def _verbs(command: Any, name: str = "") -> list[str]:
    """Return a command's name, or those of all commands in a group."""
    below = getattr(command, "commands", None)
    if below is None:
        return [name]
    return [verb for word, each in below.items() for verb in _verbs(each, f"{name} {word}".strip())]
