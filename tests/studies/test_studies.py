"""The protocols in ``studies`` and the reference study's own data."""

import csv
import gzip
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from medicore.edc.delivery_folder import DeliveryFolder
from medicore.edc.simulated.simulator import STUDIES
from medicore.errors import ProtocolError
from medicore.records.canonical import sha256
from medicore.records.delivery.delimited import read_delimited
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.steps.cohort import cohort
from medicore.steps.data.casting import cast_table
from medicore.steps.extract import extract, freeze
from medicore.steps.models.terms import model_terms
from medicore.stores.files import FolderFiles

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "studies").glob("*.yaml"))
NHEFS = ROOT / "studies" / "sources" / "REF-NHEFS"
REFERENCE = ROOT.parent / "shared" / "reference" / "data" / "nhefs_wi.csv.gz"


def load(path: Path) -> Protocol:
    """Return the protocol in a file."""
    return parse_protocol(path.read_text(encoding="utf-8"), path.name)


def test_the_portfolio_and_the_reference_study_have_their_protocols() -> None:
    """Every study that the simulated EDC plays has a protocol, and so has the reference study."""
    assert {path.stem for path in FILES} == {"REF-NHEFS", *STUDIES}


OF_CONTROLS = {"equipoise", "controls_share", "systematic_error", "detectable_effect"}
"""The gates that a study with negative controls declares."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_protocol_parses_and_is_named_after_its_study(path: Path) -> None:
    """A protocol file is valid, carries the identifier in its name, and writes its gates out; those of controls where it has some."""
    protocol = load(path)
    assert protocol.study == path.stem
    unused = set() if protocol.negative_controls else OF_CONTROLS
    written = set(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["gates"])
    assert written == set(type(protocol.gates).model_fields) - unused


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "attribute", ["treatment", "population", "variable", "intercurrent_events", "summary_measure"]
)
def test_protocol_without_an_attribute_of_its_estimand_is_refused(path: Path, attribute: str) -> None:
    """Each of the five attributes of ICH E9(R1) is in the file, and the file is refused without it."""
    stored = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    del stored["estimand"][attribute]
    with pytest.raises(ProtocolError, match=rf"estimand\.{attribute}: is missing"):
        parse_protocol(yaml.safe_dump(stored), path.name)


def test_studies_differ_in_seed_and_calendar() -> None:
    """No two studies share a seed, and the portfolio lives in eight time zones."""
    protocols = [load(path) for path in FILES]
    assert len({protocol.seed for protocol in protocols}) == len(protocols)
    assert len({p.calendar.timezone for p in protocols if p.study in STUDIES}) == len(STUDIES)
    assert all(15 <= protocol.retention.years <= 25 for protocol in protocols)


def test_reference_data_are_the_ones_of_their_origin() -> None:
    """Digest and size in ORIGIN.md are those of the file, and the manifest proves it complete."""
    (file,) = DeliveryFolder(NHEFS, by_month=False).pull("REF-NHEFS", "2025-03").files
    origin = (NHEFS / "ORIGIN.md").read_text(encoding="utf-8")
    (announced,) = re.findall(r"`raw/nhefs\.csv`, 1,629 rows, 90,948 bytes, SHA-256 `([0-9a-f]{64})`", origin)
    assert (file.rows, len(file.data), sha256(file.data)) == (1629, 90948, announced)


def test_reference_folder_is_itself_a_data_lock(tmp_path: Path) -> None:
    """Freezing the delivery of the reference study gives the very files of its folder."""
    files = FolderFiles(tmp_path)
    freeze(files, DeliveryFolder(NHEFS, by_month=False).pull("REF-NHEFS", "2025-03"), None)
    for name in ("transfer.json", "raw/nhefs.csv"):
        assert files.read(f"lock/{name}") == (NHEFS / name).read_bytes()


def test_every_value_of_the_reference_study_fits_its_contract() -> None:
    """The public-use table casts without a loss, digit by digit."""
    protocol = load(ROOT / "studies" / "REF-NHEFS.yaml")
    texts = read_delimited((NHEFS / "raw" / "nhefs.csv").read_bytes(), "nhefs.csv")
    table, uncastable = cast_table(texts, protocol.contract)
    assert uncastable == ()
    delivered = sorted(zip(texts.column("seqn"), texts.column("wt82_71"), strict=True))
    assert [repr(value) for value in table["wt82_71"]] == [
        repr(float(text) if text else float("nan")) for _, text in delivered
    ]


def test_design_of_the_reference_study_is_the_published_one(tmp_path: Path) -> None:
    """Observed subjects and design are case nhefs_wi: 1,566 of 1,629, 403 treated, 18 columns, every digit."""
    if not REFERENCE.exists():
        pytest.skip(
            "shared/reference/data/nhefs_wi.csv.gz is not beside the checkout; it comes with the project"
        )
    protocol = load(ROOT / "studies" / "REF-NHEFS.yaml")
    files = FolderFiles(tmp_path, NHEFS)
    assert extract(files, protocol) == ()
    assert cohort(files, protocol) == ()
    everybody = files.read_table("analysis.parquet")
    assert len(everybody) == 1629
    analysis = everybody[everybody["observed"]].reset_index(drop=True)
    with gzip.open(REFERENCE, "rt", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["id"])
    assert list(analysis["seqn"]) == [row["id"] for row in rows]
    assert analysis["treated"].tolist() == [row["A"] == "1" for row in rows]
    assert int(analysis["treated"].sum()) == 403
    # Other software wrote the reference; it read these decimals up to a unit in the last place differently.
    assert np.abs(analysis["outcome"] - [float(row["Y"]) for row in rows]).max() <= 1e-15
    for kind, columns in (("ps_", protocol.models.propensity), ("om_", protocol.models.outcome)):
        terms = model_terms(protocol, columns, analysis)
        expected = np.array([[float(v) for k, v in row.items() if k.startswith(kind)] for row in rows])
        assert terms.matrix.shape == expected.shape == (1566, 18)
        assert np.abs(terms.matrix - expected).max() == 0
