"""The offline verifier proves the decision on an earlier run of the month by which a finding of the record is answered."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from medicore.cases.export.export import export
from medicore.offline.bundle_acts import LOOKS, check_answers
from medicore.offline.bundle_parts import Bundle, FaultError, check_ledger
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from tests.offline.forger import Json
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.looked_study import LOOKED, YEAR, by_month, looked
from tests.whole_house.people import words

MONTH = YEAR[6]
FIRST, SECOND = (f"{LOOKED}/{MONTH}/{number}" for number in (1, 2))


@pytest.fixture(scope="module")
def rerun(tmp_path_factory: pytest.TempPathFactory) -> tuple[WholeHouse, Path]:
    """A house whose first look crossed and was answered, and the bundle of the run that repeats that look."""
    whole = found_whole_house(tmp_path_factory.mktemp("rerun"))
    study = looked(smaller=0.0, function="pocock")
    study.write_protocol(whole)  # type: ignore[arg-type] # a house has the folders of a project
    whole.commit("The plan")
    by_month(study, MONTH).deliver(whole, MONTH)  # type: ignore[arg-type]
    whole.run(LOOKED, MONTH)
    whole.proceed(FIRST)
    assert whole.run(LOOKED, MONTH).state == "candidate"
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    for name, data in export(whole.house, RunId.parse(SECOND), "rita", words).files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return whole, folder


@pytest.fixture(scope="module")
def read(rerun: tuple[WholeHouse, Path], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle as the program reads it."""
    found = Bundle(rerun[1], tmp_path_factory.mktemp("scratch"))
    check_ledger(found)
    return found


def test_the_decision_on_the_look_is_in_the_bundle_and_proved(
    rerun: tuple[WholeHouse, Path], tmp_path: Path
) -> None:
    """The excerpt shows what people decided on the earlier run and nothing later of it; a second export is the same."""
    whole, folder = rerun
    code, answer = third_party(folder, tmp_path)
    assert code == 0, answer
    assert (
        "answers: 1 decisions on earlier runs of this month are signed; findings here name them 2 times"
        in answer
    )
    shown = [json.loads(line) for line in (folder / "ledger" / "excerpt.jsonl").read_text().splitlines()]
    actions = {event["action"] for event in shown if event.get("subject") == FIRST}
    assert {"run.requested", "run.halted", "decision.signed", "run.continued"} <= actions
    assert (folder / "record" / "lock" / "looks.json").exists()
    whole.sign(FIRST, "approve")  # what is decided on the earlier run later on changes no copy
    again = export(whole.house, RunId.parse(SECOND), "rita", words)
    assert again.again
    assert again.files["ledger/excerpt.jsonl"] == (folder / "ledger" / "excerpt.jsonl").read_bytes()


def of_first(bundle: Bundle, action: str) -> Json:
    """Return the event of an action on the earlier run."""
    (found,) = bundle.named(action, on=FIRST)
    return found


def stored(bundle: Bundle, name: str, change: Callable[[Json], None]) -> None:
    """Change a document of the bundle."""
    document = json.loads(bundle.files[name])
    change(document)
    bundle.files[name] = json.dumps(document).encode()


def rename(bundle: Bundle) -> None:
    """The data lock names another signer of the decision."""
    stored(bundle, LOOKS, lambda looks: looks["earlier"][0]["answers"][0].update(name="Somebody Else"))


def double(bundle: Bundle) -> None:
    """The data lock holds the decision twice."""
    stored(
        bundle, LOOKS, lambda looks: looks["earlier"][0].update(answers=looks["earlier"][0]["answers"] * 2)
    )


def move(bundle: Bundle) -> None:
    """The data lock says that the decision answers a run of another month."""
    stored(bundle, LOOKS, lambda looks: looks["earlier"][0].update(run=f"{LOOKED}/2025-01/1"))


def stop(bundle: Bundle) -> None:
    """The earlier run never went on with the decision."""
    bundle.events.remove(of_first(bundle, "run.continued"))


def reject(bundle: Bundle) -> None:
    """The earlier run was rejected before the data were locked."""
    of_first(bundle, "run.continued")["action"] = "run.rejected"


def reword(bundle: Bundle) -> None:
    """The event gives another reason than was signed."""
    of_first(bundle, "decision.signed")["reason"] = "Because"


def rewrite(bundle: Bundle) -> None:
    """The earlier run goes on with another reason than was signed."""
    of_first(bundle, "run.continued")["details"]["decisions"][0]["reason"] = "Because"


def rebind(bundle: Bundle) -> None:
    """The decision was signed on another record than the one that halted."""
    of_first(bundle, "run.halted")["details"]["commit"] = "0" * 40


def ask_oneself(bundle: Bundle) -> None:
    """The signed request of the signer stands where the analyst asked for the earlier run."""
    of_first(bundle, "run.requested")["details"]["envelope"] = of_first(bundle, "decision.signed")["details"][
        "envelope"
    ]


def earlier(bundle: Bundle) -> str:
    """Return the name of the provenance of the earlier run's record."""
    (name,) = (name for name in bundle.files if name.startswith("earlier/"))
    return name


def restate(bundle: Bundle) -> None:
    """The provenance of the earlier run names other data."""
    stored(bundle, earlier(bundle), lambda provenance: provenance["files"][0].update(sha256="0" * 64))


def restate_in_the_ledger(bundle: Bundle) -> None:
    """So does the ledger, after its chain was made again."""
    name = earlier(bundle)

    def change(provenance: Json) -> None:
        for entry in provenance["files"]:
            if entry["name"] == "extract.parquet":
                entry["sha256"] = "0" * 64

    stored(bundle, name, change)
    of_first(bundle, "run.halted")["details"]["provenance"] = sha256(bundle.files[name])


def withhold(bundle: Bundle) -> None:
    """The provenance of the earlier run is not in the folder."""
    del bundle.files[earlier(bundle)]


def answer_otherwise(bundle: Bundle) -> None:
    """The results name another decision than the data lock holds."""
    stored(
        bundle, "record/results.json", lambda results: results["findings"][0]["answered"].update(sequence=1)
    )


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (rename, "holds other answers"),
        (double, "holds other answers"),
        (move, "holds other answers"),
        (stop, "holds other answers"),
        (reject, "holds other answers"),
        (reword, "tells other words"),
        (rewrite, "continues with what nobody signed"),
        (rebind, "continues with what nobody signed"),
        (ask_oneself, "is not an envelope as MediCore spells it"),
        (restate, "is not the one that the ledger names"),
        (restate_in_the_ledger, "was signed on other files than the record of"),
        (withhold, "provenance.json: is missing"),
        (answer_otherwise, "a finding is answered as record/lock/looks.json does not say"),
    ],
)
def test_an_answer_that_nobody_gave_is_named(
    read: Bundle, forge: Callable[[Bundle], None], told: str
) -> None:
    """An answer other than the signed one, of another run, of one that did not go on, or on another record is refused."""
    forged = copy.deepcopy(read)
    check_answers(forged)
    forge(forged)
    with pytest.raises(FaultError, match=told):
        check_answers(forged)


def test_a_record_without_looks_has_nothing_to_answer(read: Bundle) -> None:
    """A record of an older version names no decision on an earlier run, and is not refused for that."""
    older = copy.deepcopy(read)
    del older.files[LOOKS]
    for name in ("record/effect.json", "record/results.json"):
        stored(older, name, lambda document: document.update(findings=[]))
    assert check_answers(older).startswith("no finding is answered")
