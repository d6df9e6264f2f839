"""A certificate from elsewhere counts when its chain vouches for it, its key and use fit, and openssl agrees."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from medicore.errors import ReviewError
from medicore.records.moment import timestamp
from medicore.records.people.act import declare
from medicore.records.people.credential import Issuance, Registration
from medicore.records.people.decision import state
from medicore.records.people.people import Person, Role
from medicore.stores.keys.authority import Authority
from medicore.stores.keys.certificates import load_all, require_chained
from medicore.stores.keys.certifier import AuthorityCertifier
from medicore.stores.keys.signer import sign, sign_act, verify, verify_act
from tests.stores.company import Certified, certify, company

START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)
NEXT_DAY = timestamp(START + timedelta(days=1))
CA_WORDS, WORDS = "words of the authority", "words of ben"
COMPANY = company(START)


class NextDayClock:
    """A clock that stands a day after the start."""

    def now(self) -> datetime:
        """Return the day after the start."""
        return START + timedelta(days=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of our own authority."""
    return tmp_path_factory.mktemp("room") / "authority"


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    """Our own authority."""
    return Authority.create(folder, CA_WORDS, NextDayClock(), validity=timedelta(days=4000))


@pytest.fixture(scope="module")
def certifier(authority: Authority) -> AuthorityCertifier:
    """What registers certificates on the day after the start."""
    return AuthorityCertifier(lambda: authority, NextDayClock())


def of_ben(issuer: Certified = COMPANY[1], **more: Any) -> Certified:
    """Return a certificate of Ben by the company."""
    return certify("Dr Ben Quality", issuer, **{"start": START, **more})


def chain(*issuers: Certified) -> bytes:
    """Return issuers in PEM, by default the company's."""
    return b"".join(issuer.pem for issuer in issuers or COMPANY[::-1])


def register(certifier: AuthorityCertifier, ben: Certified, issuers: bytes | None = None) -> Person:
    """Register Ben's certificate."""
    return certifier.register("ben", Role.QUALITY, Registration(ben.pem, issuers or chain()))


def test_a_company_certificate_is_registered(certifier: AuthorityCertifier) -> None:
    """Name, validity and chain of the person are those of the certificate, and its serial number is told in hexadecimal."""
    ben = of_ben()
    person = register(certifier, ben)
    assert (person.identifier, person.name, person.role) == ("ben", "Dr Ben Quality", Role.QUALITY)
    assert person.valid_until == timestamp(ben.certificate.not_valid_after_utc)
    assert [each.subject for each in load_all(person.chain)] == [
        each.certificate.subject for each in COMPANY[::-1]
    ]
    assert int(certifier.serial(person), 16) == ben.certificate.serial_number


def test_the_chain_may_stand_in_the_same_file(certifier: AuthorityCertifier) -> None:
    """A file that holds the certificate first and its issuers after it needs no other."""
    ben = of_ben()
    alone = certifier.register("ben", Role.QUALITY, Registration(ben.pem + chain()))
    assert alone == register(certifier, ben)


def test_openssl_agrees(certifier: AuthorityCertifier, tmp_path: Path) -> None:
    """What is registered here also verifies with openssl, as an exported record asks it."""
    person = register(certifier, of_ben(extended=ExtendedKeyUsageOID.EMAIL_PROTECTION))
    (tmp_path / "pem").write_text(person.certificate)
    (tmp_path / "chain").write_text(person.chain)
    when = str(int((START + timedelta(days=1)).timestamp()))
    strict = ["-no-CApath", "-no-CAstore", "-x509_strict", "-purpose", "smimesign", "-CAfile", "chain"]
    done = subprocess.run(
        ["openssl", "verify", *strict, "-attime", when, "pem"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


STRANGER = company(START)


@pytest.mark.parametrize(
    ("ben", "issuers", "words"),
    [
        (
            of_ben(key=rsa.generate_private_key(65537, 2048)),
            None,
            "another kind of key; expected ECDSA P-256",
        ),
        (of_ben(key=ec.generate_private_key(ec.SECP384R1())), None, "another kind of key"),
        (of_ben(extended=ExtendedKeyUsageOID.SERVER_AUTH), None, "for other uses than signatures"),
        (of_ben(signs=False), None, "does not vouch"),
        (of_ben(), chain(*STRANGER), "does not vouch"),
        (of_ben(), chain(COMPANY[1]), "does not end in a root"),
        (of_ben(), chain(COMPANY[0]), "does not vouch"),
        (of_ben(), b"nothing", "no certificate in PEM was found"),
        (of_ben(days=0.5), None, "the key of ben is valid from"),
        (of_ben(start=START + timedelta(days=2)), None, "the key of ben is valid from"),
        (certify("Sub", of_ben(), start=START), chain(of_ben(), *COMPANY[::-1]), "does not vouch"),
    ],
)
def test_what_does_not_fit_is_refused(
    certifier: AuthorityCertifier, ben: Certified, issuers: bytes | None, words: str
) -> None:
    """Another key, use, chain or time than is needed is refused, and the message says which."""
    with pytest.raises(ReviewError, match=words):
        register(certifier, ben, issuers)


def test_an_issuer_that_expired_vouches_no_more() -> None:
    """A chain counts only as long as each of its certificates is valid."""
    issuer = certify("Short CA", COMPANY[0], authority=True, start=START, days=10)
    ben = of_ben(issuer)
    issuers = chain(issuer, COMPANY[0]).decode()
    require_chained(ben.certificate, issuers, NEXT_DAY, "ben")
    with pytest.raises(ReviewError, match="does not vouch"):
        require_chained(ben.certificate, issuers, timestamp(START + timedelta(days=11)), "ben")


def test_a_company_key_signs_decisions(authority: Authority, certifier: AuthorityCertifier) -> None:
    """A decision signed with a company's key is proved against its own chain, and not against another's or ours."""
    ben = of_ben()
    person = register(certifier, ben)
    statement = state(
        person,
        run="MED-2024-0147/2025-03/1",
        digests={"report.pdf": "1" * 64},
        finding=None,
        meaning="approve",
        reason="Sound.",
        signed_at=NEXT_DAY,
    )
    envelope = sign(statement, ben.pkcs12(WORDS), WORDS)
    proof = verify(envelope, person.certificate, authority.certificate, NEXT_DAY, chain=person.chain)
    assert proof == statement
    for other, words in (
        ("", "not issued by our authority|another's"),
        (chain(*STRANGER).decode(), "does not vouch"),
    ):
        with pytest.raises(ReviewError, match=words):
            verify(envelope, person.certificate, authority.certificate, NEXT_DAY, chain=other)


def test_acts_are_signed_and_proved(authority: Authority, certifier: AuthorityCertifier) -> None:
    """An act proves with its signer's certificate alone: not altered, not with a later key, not after a revocation."""
    made = {
        number: certifier.issue("otto", "Otto Operator", Role.OPERATOR, Issuance(WORDS, CA_WORDS, 100))
        for number in (1, 2)
    }
    (otto, key), (renewed, _) = made[1], made[2]
    act = declare(otto, "person.revoked", "rita", "Left", {}, NEXT_DAY)
    envelope = sign_act(act, key, WORDS)
    assert verify_act(envelope, otto, authority.certificate, NEXT_DAY) == act
    with pytest.raises(ReviewError, match="does not verify"):
        verify_act(envelope, renewed, authority.certificate, NEXT_DAY)
    gone = replace(otto, revoked_at=NEXT_DAY)
    with pytest.raises(ReviewError, match=r"revoked on .* before the act"):
        verify_act(envelope, gone, authority.certificate, NEXT_DAY)
    with pytest.raises(ReviewError, match="at most an hour"):
        verify_act(envelope, otto, authority.certificate, timestamp(START + timedelta(days=2)))
    named = replace(act, printed_name="Another Name")
    with pytest.raises(ReviewError, match="the act is by otto, the certificate is another's"):
        verify_act(sign_act(named, key, WORDS), otto, authority.certificate, NEXT_DAY)


def test_keys_are_kept_closed(folder: Path, authority: Authority, certifier: AuthorityCertifier) -> None:
    """A kept key replaces the earlier one whole, and its owner alone can read it."""
    for data in (b"first", b"second"):
        certifier.keep("kept", data)
        assert authority.key("kept") == data
    (path,) = [path for path in folder.iterdir() if path.name.startswith("kept")]
    assert path.stat().st_mode & 0o777 == 0o600
