"""Every verb and a closed study: each shows nothing that compares arms, or asks who looks; none is in neither list."""

import pytest

from medicore.cli import _run  # noqa: F401 - what starts a verb
from tests.cases.blinding.conftest import BLIND, CLOSED, CLOSED_RUN, HALTED_RUN, MONTH, Verbs
from tests.line.journeys.test_verbs import SERVING, VERBS

OPEN = {
    "status": ((), ("--json",)),
    "history": ((CLOSED, "--json"), (CLOSED_RUN, "--json"), (HALTED_RUN, "--json")),
    "attempts": (("--json",), (CLOSED,)),
    "approvals": ((CLOSED_RUN, "--json"),),
    "review": (("--json",), (HALTED_RUN, "--json"), (CLOSED_RUN, "--json"), (HALTED_RUN,)),
    "ledger show": (("--json",), ()),
    "access": ((CLOSED, "--json"), (CLOSED,)),
    "verify": ((CLOSED_RUN, "--json"),),
    "reproduce": ((CLOSED_RUN,),),
    "sbom": ((CLOSED_RUN,),),
    "archive list": ((),),
    "people list": ((),),
    "report portfolio": ((MONTH, "--json"),),
}
"""What anybody may type about a closed study."""
GUARDED = {
    "explain": (CLOSED_RUN, "primary.estimate"),
    "diff": (CLOSED_RUN, HALTED_RUN),
    "report tables": (CLOSED_RUN, "tables"),
    "report html": (CLOSED_RUN, "."),
    "export": (CLOSED_RUN, "--to", "bundle"),
    "archive restore": (CLOSED_RUN, "restored"),
    "subject": (CLOSED, "S-1"),
}
"""What shows results, and asks who looks while they are closed."""
LINES = {"run", "portfolio", "sign", "follow"}
"""What starts Prefect and then prints the lines of runs: ``test_seeing`` asks the use cases behind them."""
WITHOUT_RESULTS = {
    "new", "init", "doctor", "deploy", "fleet setup", "fleet template", "step", "request", "unblind", "return",
    "edc deliver", "edc manifest",
    "study schema", "study check", "study preview", "study new",
    "looks spending", "looks sequence", "looks maxsprt",
    "ledger verify", "ledger review", "ledger clock", "ledger correct",
    "people add", "people renew", "people revoke", "people unlock",
    "archive verify", "archive surveil", "archive extend", "archive hold", "archive lift",
    "report check",
}  # fmt: skip
"""What reads no results of a run, or says of stored bytes whether they are the recorded ones."""


def test_each_verb_is_in_one_list() -> None:
    """A new verb is either open, guarded, without results, or prints lines alone; nobody can forget to say so."""
    lists = [{*OPEN}, {*GUARDED}, LINES, WITHOUT_RESULTS, SERVING]
    known = set().union(*lists)
    assert sum(map(len, lists)) == len(known)
    assert known == {verb for verb, *_ in VERBS} | SERVING


@pytest.mark.parametrize("verb", sorted(OPEN))
def test_an_open_verb_compares_no_arms(verb: str, verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    """No estimate, interval, p-value, boundary, mean or imbalance of a closed run is in what it prints."""
    assert len(verbs.secrets) > 20
    for arguments in OPEN[verb]:
        code, printed = verbs.type(monkeypatch, *verb.split(), *arguments)
        assert code == 0, (arguments, printed)
        assert verbs.leaks(printed) == [], arguments


@pytest.mark.parametrize("verb", sorted(GUARDED))
def test_a_guarded_verb_refuses(verb: str, verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may not see is refused in one line with exit code 7, and the refusal is an event; nothing is written."""
    asks_always = verb in {"export", "archive restore", "subject"}
    for person in BLIND if asks_always else ("", *BLIND):
        before = verbs.whole.house.ledger.head()[0]
        who = ("--as", person) if person else ()
        code, printed = verbs.type(monkeypatch, *verb.split(), *GUARDED[verb], *who)
        assert (code, verbs.leaks(printed), printed.count("\n")) == (7, [], 1), (person, printed)
        (event,) = verbs.whole.house.ledger.events(after=before)
        assert event.action.endswith(".refused")
        assert event.details["claimed"] == (person or "nobody")
        assert list(verbs.folder.iterdir()) == []


@pytest.mark.parametrize("person", ["bea", "uma"])
@pytest.mark.parametrize("verb", ["explain", "report tables"])
def test_a_guarded_verb_answers_who_may_see(
    verb: str, person: str, verbs: Verbs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board, and who is unblinded by name, sign that they look; then the verb answers as for an open study."""
    code, printed = verbs.type(monkeypatch, *verb.split(), *GUARDED[verb], "--as", person)
    assert code == 0, printed
    (event,) = verbs.whole.house.ledger.events(action="closed.viewed")
    assert (event.actor, event.subject) == (person, CLOSED_RUN)
    assert event.details["what"].startswith(verb)
    held = printed + "".join(path.read_text() for path in verbs.folder.rglob("*.csv"))
    assert verbs.leaks(held) != []


def test_a_number_is_not_found_in_closed_results(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search of all runs finds no closed number, and says so as of a number that is nowhere."""
    estimate = next(secret for secret in sorted(verbs.secrets) if len(secret) == 6)
    code, printed = verbs.type(monkeypatch, "explain", "--value", estimate)
    assert (code, CLOSED in printed) == (3, False), printed
