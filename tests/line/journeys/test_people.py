"""People come, renew, lock themselves out and go; what they signed stays, and every change is signed and recorded."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PASSPHRASES, Answer, Project
from tests.line.conftest import BROKEN, CLEAN, Month
from tests.stores.company import certify, company
from tests.whole_house.exported import export, third_party

WHY = "Joins the study team"


def people(
    project: Project, *arguments: str, who: str = "operator", why: str = WHY, expected: int = 0, **more: str
) -> Answer:
    """Change people as a user does, with the passphrase of who does it."""
    secret = {"MEDICORE_PASSPHRASE": PASSPHRASES.get(who, "none"), **more}
    return project.medicore("people", *arguments, "--as", who, "--reason", why, expected=expected, **secret)


def add(project: Project, person: str, role: str, **more: Any) -> Answer:
    """Add a person whose passphrase is of the pattern of all."""
    secret = {f"MEDICORE_PASSPHRASE_{person.upper()}": f"correct {person}"}
    return people(
        project, "add", person, "--role", role, "--name", f"{person.title()} Person", **secret, **more
    )


def rows(project: Project) -> dict[str, dict[str, Any]]:
    """Return everyone by identifier, as ``people list`` says."""
    return {row["identifier"]: row for row in project.medicore("people", "list", "--json").json()}


def test_a_company_issues_its_own(month: Month, tmp_path: Path) -> None:
    """A company's certificate is registered with its chain, and its owner signs; its key is nobody else's (FAULTS 78)."""
    project = month.project
    root, issuer = company()
    ben = certify("Dr Ben Quality", issuer)
    for name, data in (
        ("ben.pem", ben.pem),
        ("chain.pem", issuer.pem + root.pem),
        ("ben.p12", ben.pkcs12("correct ben")),
    ):
        (tmp_path / name).write_bytes(data)
    files = ["--certificate", str(tmp_path / "ben.pem"), "--key", str(tmp_path / "ben.p12")]
    given = ("add", "ben", "--role", "quality", *files)
    assert "came without its issuers" in people(project, *given, expected=7).err
    people(project, *given, "--chain", str(tmp_path / "chain.pem"))
    row = rows(project)["ben"]
    assert (row["name"], row["certificate"]["issuer"]) == ("Dr Ben Quality", "elsewhere")
    again = certify("Dr Ben Again", issuer, key=ben.key)
    (tmp_path / "again.pem").write_bytes(again.pem + issuer.pem + root.pem)
    second = ("add", "ben2", "--role", "analyst", "--certificate", str(tmp_path / "again.pem"))
    assert (
        "is or was that of ben; expected one that nobody ever had" in people(project, *second, expected=7).err
    )
    assert "ben2" not in rows(project)
    run = month.run(BROKEN)
    answer = project.sign(run, "reject", person="ben", passphrase="correct ben").json()
    assert answer["state"] == "rejected"
    assert project.medicore("verify", run, "--json").json()[0]["failed"] == {}
    shown = project.medicore("approvals", run).out
    assert "issued by: elsewhere" in shown
    assert "the signature is valid for exactly these bytes" in shown
    code, answer = third_party(export(project, run, tmp_path / "bundle"), tmp_path)
    assert code == 0, answer


def test_the_authority_unlocks_the_last_operator(month: Month) -> None:
    """The only one in charge who locked themselves is unlocked by the authority's passphrase, and all verifies (FAULTS 83)."""
    project = month.project
    for _ in range(5):
        people(project, "revoke", "analyst", expected=7, MEDICORE_PASSPHRASE="guessed it")
    assert "operator is locked" in people(project, "unlock", "operator", expected=7).err
    assert "locked" in project.medicore("people", "list").out
    guess = {"MEDICORE_PASSPHRASE_AUTHORITY": "guessed it"}
    refused = people(project, "unlock", "operator", who="authority", expected=7, **guess)
    assert "does not open the key of the authority" in refused.err
    people(project, "unlock", "operator", who="authority", why="It was she who called")
    assert not rows(project)["operator"]["locked"]
    assert project.medicore("ledger", "verify", "--json").json()["intact"]


def test_a_lost_service_key_is_given_anew(month: Month) -> None:
    """Without its key and passphrase the service signs nothing; an operator has new ones made, and all verifies (FAULTS 86)."""
    project = month.project
    for name in ("medicore.p12", "medicore.passphrase"):
        (project.home / "people" / name).unlink()
    parts = {part["subject"]: part for part in project.medicore("doctor", "--json", expected=9).json()}
    assert "or have new ones made with 'medicore people renew medicore'" in parts["service key"]["found"]
    assert "--name" in people(project, "renew", "medicore", "--name", "Eve", expected=2).err
    assert "person.renewed medicore, by operator" in people(project, "renew", "medicore", why="Disk died").out
    assert rows(project)["medicore"]["standing"] == "in force"
    parts = {part["subject"]: part for part in project.medicore("doctor", "--json").json()}
    assert parts["service key"]["found"].endswith(", 1 earlier")
    assert project.medicore("verify", month.run(CLEAN), "--json").json()[0]["failed"] == {}
    assert project.medicore("ledger", "verify", "--json").json()["intact"]


def test_a_name_that_is_taken_is_told(month: Month) -> None:
    """A reviewer with the analyst's printed name is told at once, in the list, and before the decision."""
    project, secret = month.project, {"MEDICORE_PASSPHRASE_ADA": "correct ada"}
    given = ("add", "ada", "--role", "reviewer", "--name", "Ada  Аnalyst")  # the second A is Cyrillic
    answer = people(project, *given, **secret)
    assert "medicore: warning: ada: the printed name 'Ada  Аnalyst' looks like that of analyst" in answer.err
    assert "warning: ada: " in project.medicore("people", "list").err
    shown = project.medicore("review", month.run(CLEAN))
    assert "warning: ada: the printed name" in shown.err
    assert "that of analyst, who asked for the run" in shown.err
    assert "ada" in project.medicore("review", month.run(CLEAN), "--json").json()["warnings"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("revoke", "medicore"), 7, "medicore is the service"),
        (("add", "authority", "--role", "quality", "--name", "Eve"), 7, "identifier authority is reserved"),
        (("add", "zoe", "--role", "analyst", "--chain", "none.pem"), 2, "belong to --certificate"),
        (("add", "zoe", "--role", "analyst", "--certificate", "none.pem"), 2, "none.pem cannot be read"),
    ],
)
def test_nonsense_about_people_is_refused(
    month: Month, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Whatever is wrong with a change, nothing changes, and the answer says what was expected."""
    before = rows(month.project)
    secret = {"MEDICORE_PASSPHRASE_ZOE": "correct zoe"}
    assert words in people(month.project, *arguments, expected=code, **secret).err
    assert rows(month.project) == before
