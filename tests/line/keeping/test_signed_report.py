"""The signed report of a released run: anyone's PDF validator proves it, and ``verify`` watches every copy."""

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from medicore.records.moment import moment
from medicore.stores.report.pdf_text import tight
from tests.conftest import git
from tests.line.conftest import REFERENCE, Month
from tests.line.flipping import flipped

NAME = "report.signed.pdf"


@pytest.fixture(scope="module")
def signed(released: Month) -> bytes:
    """The archived signed report."""
    return (released.project.home / "archive" / "reports" / released.run(REFERENCE) / NAME).read_bytes()


def test_it_begins_with_the_report_and_the_release_names_it(released: Month, signed: bytes) -> None:
    """The report's bytes come first, unchanged; the released record has the pointer to the file, the sealed one has not."""
    run = released.run(REFERENCE)
    home = released.project.home
    assert signed.startswith((home / "archive" / "reports" / run / "report.pdf").read_bytes())
    folder = f"records/{REFERENCE}/2025-03"
    names = git("ls-tree", "--name-only", f"record/{run}:{folder}", folder=home / "records.git").splitlines()
    assert f"{NAME}.dvc" in names
    before = git("ls-tree", "--name-only", f"run/{run}:{folder}", folder=home / "records.git").splitlines()
    assert f"{NAME}.dvc" not in before


def test_a_validator_that_is_not_ours_is_satisfied(released: Month, signed: bytes) -> None:
    """With the authority's certificate as its only trust, pyHanko's validator finds the signature good at its time."""
    archive = released.project.home / "archive" / "archives" / released.run(REFERENCE)
    _, _, der = pem.unarmor((archive / "authority.pem").read_bytes())
    (signature,) = PdfFileReader(BytesIO(signed)).embedded_signatures
    (event,) = (
        e for e in released.project.events(released.run(REFERENCE)) if e["action"] == "decision.signed"
    )
    at = moment(event["details"]["statement"]["predicate"]["signed_at"])
    context = ValidationContext(trust_roots=[x509.Certificate.load(der)], moment=at, allow_fetching=False)
    status = validate_pdf_signature(signature, context)
    assert status.bottom_line, status.pretty_print_details()


def command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of the operating system, in English and in UTC, whatever it answers."""
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}
    return subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="pdfsig is missing; apt-get install poppler-utils")
def test_poppler_and_openssl_prove_it_as_the_guide_says(
    released: Month, signed: bytes, tmp_path: Path
) -> None:
    """With ``pdfsig`` and ``openssl`` alone the signature is good, and over one other byte it is not."""
    (tmp_path / NAME).write_bytes(signed)
    told = command(tmp_path, "pdfsig", NAME).stdout
    command(tmp_path, "pdfsig", "-dump", NAME)
    ((first, start, end),) = (
        map(int, numbers) for numbers in re.findall(r"\[0 - (\d+)\], \[(\d+) - (\d+)\]", told)
    )
    (at,) = re.findall(r"Signing Time: (.+)", told)
    assert end == len(signed)
    covered = signed[:first] + signed[start:end]
    authority = released.project.home / "archive" / "archives" / released.run(REFERENCE) / "authority.pem"
    seconds = int(datetime.strptime(at, "%b %d %Y %H:%M:%S").replace(tzinfo=UTC).timestamp())
    changed = covered[:1000] + bytes([covered[1000] ^ 1]) + covered[1001:]
    for content, good in ((covered, True), (changed, False)):
        (tmp_path / "signed.bytes").write_bytes(content)
        done = command(
            tmp_path, "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{NAME}.sig0",
            "-content", "signed.bytes", "-CAfile", str(authority), "-attime", str(seconds), "-out", "/dev/null",
        )  # fmt: skip
        assert ("successful" in done.stderr) is good, done.stderr
        assert (done.returncode == 0) is good


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext is missing; apt-get install poppler-utils"
)
def test_name_meaning_reason_and_time_can_be_read(released: Month, signed: bytes, tmp_path: Path) -> None:
    """Who, as what, why and when stand on the signature page, the time with its zone (21 CFR 11.50)."""
    path = tmp_path / NAME
    path.write_bytes(signed)
    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    (event,) = (
        e for e in released.project.events(released.run(REFERENCE)) if e["action"] == "decision.signed"
    )
    statement = event["details"]["statement"]["predicate"]
    page = tight(text)
    for words in (statement["printed_name"], statement["reason"], "UTC", statement["signed_at"][:10]):
        assert tight(words) in page, words


def test_a_flipped_byte_in_any_part_is_found(released: Month, tmp_path: Path) -> None:
    """A byte of the report or of what the signature added, flipped in the store, makes ``verify`` name the file (FAULTS 2)."""
    home = tmp_path / "state"
    shutil.copytree(released.project.home, home, symlinks=True)
    run = released.run(REFERENCE)
    (event,) = (e for e in released.project.events(run) if e["action"] == "decision.signed")
    entry = event["details"]["signed_report"]
    path = home / "dvc" / "remote" / "files" / "md5" / entry["md5"][:2] / entry["md5"][2:]
    base = len((home / "archive" / "reports" / run / "report.pdf").read_bytes())
    for position in (base // 2, base + (entry["size"] - base) // 2):
        with flipped((path, position)):
            answer = released.project.medicore("verify", run, "--json", MEDICORE_HOME=str(home), expected=6)
        failed = json.loads(answer.out)[0]["failed"]
        assert failed
        assert all(subject.startswith(NAME) for subject in failed)
