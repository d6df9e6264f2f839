"""The authority issues certificates that other software accepts, and keeps every key shut."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store

from medicore.errors import ConfigurationError, ProtocolError, ReviewError
from medicore.records.people.people import Person, Role
from medicore.records.people.public_key import fingerprint
from medicore.stores.keys.authority import Authority, Subject

NOW = datetime(2025, 4, 1, 6, 0, 0, 250_000, tzinfo=UTC)
YEAR = timedelta(days=365)
CA_WORDS = "words of the authority"
WORDS = "words of rita"
OTHER_WORDS = "words of someone else"
SCHEDULER = Subject("scheduler", "MediCore scheduler", Role.SERVICE)
RITA = Subject("rita", "Dr Rita Reviewer", Role.REVIEWER)


class StoppedClock:
    """A clock that shows one time until it is set."""

    def __init__(self, time: datetime = NOW) -> None:
        self.time = time

    def now(self) -> datetime:
        """Return the time that is shown."""
        return self.time


@pytest.fixture
def clock() -> StoppedClock:
    """Return a clock at the first of April 2025."""
    return StoppedClock()


@pytest.fixture
def authority(tmp_path: Path, clock: StoppedClock) -> Authority:
    """Return a new authority that is valid for ten years."""
    return Authority.create(tmp_path / "authority", CA_WORDS, clock, validity=10 * YEAR)


def issue(authority: Authority, subject: Subject = RITA, validity: timedelta = YEAR) -> Person:
    """Return a person with a new certificate."""
    return authority.issue(subject, passphrase=WORDS, authority_passphrase=CA_WORDS, validity=validity)


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return path.stat().st_mode & 0o777


def test_the_authority_is_valid_from_the_clocks_time(authority: Authority) -> None:
    """Its certificate begins at the injected clock's second, ends after the validity, and may only sign others."""
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    assert certificate.not_valid_before_utc == NOW.replace(microsecond=0)
    assert certificate.not_valid_after_utc == NOW.replace(microsecond=0) + 10 * YEAR
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_cert_sign, usage.digital_signature) == (True, False)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


def test_keys_are_their_owners_alone(authority: Authority, tmp_path: Path) -> None:
    """Every file that holds a key or a passphrase has mode 0600, and the folder is closed to others."""
    issue(authority)
    authority.issue_service(SCHEDULER, authority_passphrase=CA_WORDS, validity=YEAR)
    folder = tmp_path / "authority"
    secret = {path.name: mode(path) for path in folder.iterdir() if path.name != "authority.pem"}
    assert secret == dict.fromkeys(
        ["authority.key", "rita.p12", "scheduler.p12", "scheduler.passphrase"], 0o600
    )
    assert mode(folder) == 0o700


@pytest.mark.usefixtures("authority")
def test_the_authoritys_key_is_shut(tmp_path: Path) -> None:
    """The authority's key cannot be read without its passphrase."""
    stored = (tmp_path / "authority" / "authority.key").read_bytes()
    with pytest.raises(TypeError, match="encrypted"):
        serialization.load_pem_private_key(stored, None)
    assert serialization.load_pem_private_key(stored, CA_WORDS.encode())


def test_a_person_is_who_the_certificate_says(authority: Authority, clock: StoppedClock) -> None:
    """Identifier, name, role, fingerprint and validity of the person are those of the certificate issued."""
    clock.time = NOW + timedelta(days=1)
    person = issue(authority)
    assert (person.identifier, person.name, person.role) == (RITA.identifier, RITA.name, RITA.role)
    assert person.revoked_at is None
    assert person.fingerprint == fingerprint(person.certificate)
    assert (person.valid_from, person.valid_until) == (
        "2025-04-02T06:00:00.000000Z",
        "2026-04-02T06:00:00.000000Z",
    )
    certificate = x509.load_pem_x509_certificate(person.certificate.encode())
    assert certificate.subject.rfc4514_string() == "UID=rita,CN=Dr Rita Reviewer"


def test_path_validation_accepts_the_certificate(authority: Authority) -> None:
    """The path validation of RFC 5280 accepts the person's certificate under the authority's."""
    person = issue(authority)
    policy = PolicyBuilder().store(Store([x509.load_pem_x509_certificate(authority.certificate)]))
    policy = policy.time(NOW + timedelta(days=30)).extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    certificate = x509.load_pem_x509_certificate(person.certificate.encode())
    assert len(policy.build_client_verifier().verify(certificate, []).chain) == 2


@pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs the openssl program: install package openssl"
)
def test_openssl_accepts_certificate_and_key(authority: Authority, tmp_path: Path) -> None:
    """OpenSSL verifies the person's certificate and opens the PKCS#12 file with the passphrase."""
    person = issue(authority)
    (tmp_path / "rita.pem").write_text(person.certificate)
    folder = tmp_path / "authority"
    instant = str(int(NOW.timestamp()) + 60)
    verified = subprocess.run(
        [
            "openssl",
            "verify",
            "-attime",
            instant,
            "-x509_strict",
            "-CAfile",
            folder / "authority.pem",
            "rita.pem",
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert verified.stdout == b"rita.pem: OK\n", verified.stderr
    opened = subprocess.run(
        ["openssl", "pkcs12", "-in", folder / "rita.p12", "-nodes", "-passin", f"pass:{WORDS}"],
        capture_output=True,
        check=True,
    )
    assert b"BEGIN PRIVATE KEY" in opened.stdout


def test_the_key_belongs_to_the_certificate(authority: Authority) -> None:
    """The PKCS#12 file holds the key of the person's certificate, and the authority's certificate beside it."""
    person = issue(authority)
    key, certificate, others = pkcs12.load_key_and_certificates(authority.key("rita"), WORDS.encode())
    assert key is not None
    assert certificate is not None
    assert key.public_key() == certificate.public_key()
    assert certificate == x509.load_pem_x509_certificate(person.certificate.encode())
    assert others == [x509.load_pem_x509_certificate(authority.certificate)]


def test_no_certificate_outlives_the_authority(authority: Authority, clock: StoppedClock) -> None:
    """A certificate ends with the authority's own at the latest."""
    clock.time = NOW + 9 * YEAR
    assert issue(authority, validity=5 * YEAR).valid_until == "2035-03-30T06:00:00.000000Z"


def test_an_expired_authority_issues_nothing(authority: Authority, clock: StoppedClock) -> None:
    """After its last day the authority is refused to issue."""
    clock.time = NOW + 11 * YEAR
    with pytest.raises(ConfigurationError, match="validity"):
        issue(authority)


def test_an_identifier_is_issued_once(authority: Authority) -> None:
    """A second certificate for the same identifier is refused, and the first key stays."""
    issue(authority)
    kept = authority.key("rita")
    with pytest.raises(ReviewError, match="identifier rita is taken"):
        issue(authority, Subject("rita", "Another Rita", Role.ANALYST))
    assert authority.key("rita") == kept


def test_a_key_that_appears_meanwhile_is_kept(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When two issue the same identifier at once, the second writes nothing over the first."""
    monkeypatch.setattr(Path, "exists", lambda _: False)
    (tmp_path / "authority" / "rita.p12").write_bytes(b"the first")
    with pytest.raises(ReviewError, match="identifier rita is taken"):
        issue(authority)
    assert authority.key("rita") == b"the first"


@pytest.mark.parametrize("words", ["", "seven77"])
def test_a_short_passphrase_is_refused(authority: Authority, tmp_path: Path, words: str) -> None:
    """Fewer than eight characters are no passphrase, for a person and for the authority."""
    with pytest.raises(ReviewError, match="too short"):
        authority.issue(RITA, passphrase=words, authority_passphrase=CA_WORDS, validity=YEAR)
    with pytest.raises(ReviewError, match="too short"):
        Authority.create(tmp_path / "second", words, StoppedClock(), validity=YEAR)
    assert not (tmp_path / "second").exists()


def test_a_wrong_authority_passphrase_is_refused(authority: Authority, tmp_path: Path) -> None:
    """Without the authority's passphrase nobody is vouched for."""
    with pytest.raises(ReviewError, match="does not open the key of the authority"):
        authority.issue(RITA, passphrase=WORDS, authority_passphrase=OTHER_WORDS, validity=YEAR)
    assert not (tmp_path / "authority" / "rita.p12").exists()


def test_a_malformed_identifier_never_reaches_a_path(authority: Authority) -> None:
    """An identifier that climbs out of the folder is refused."""
    with pytest.raises(ProtocolError, match="malformed"):
        issue(authority, Subject("../rita", "Rita", Role.REVIEWER))
    with pytest.raises(ProtocolError, match="malformed"):
        authority.key("../authority")


def test_an_authority_is_made_once(authority: Authority, tmp_path: Path) -> None:
    """A second authority in the same folder is refused, and the first stays."""
    kept = authority.certificate
    with pytest.raises(ConfigurationError, match="already holds an authority"):
        Authority.create(tmp_path / "authority", CA_WORDS, StoppedClock(), validity=YEAR)
    assert authority.certificate == kept


def test_an_authority_is_opened_from_its_folder(authority: Authority, tmp_path: Path) -> None:
    """The folder is the authority: opened again it issues certificates under the same one."""
    again = Authority(tmp_path / "authority", StoppedClock())
    issued = x509.load_pem_x509_certificate(issue(again).certificate.encode())
    issued.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))


def test_a_folder_without_authority_is_refused(tmp_path: Path) -> None:
    """An empty folder is no authority."""
    with pytest.raises(ConfigurationError, match="holds no authority"):
        Authority(tmp_path, StoppedClock())


def test_a_key_that_is_elsewhere_is_asked_for(authority: Authority) -> None:
    """People may keep their keys elsewhere; the message says what is expected."""
    with pytest.raises(ReviewError, match="no key of rita here"):
        authority.key("rita")


def test_an_authority_without_its_key_issues_nothing(authority: Authority, tmp_path: Path) -> None:
    """The certificate alone can prove but not issue."""
    (tmp_path / "authority" / "authority.key").unlink()
    with pytest.raises(ConfigurationError, match=r"authority\.key is not here"):
        issue(authority)


def test_another_kind_of_key_is_refused(authority: Authority, tmp_path: Path) -> None:
    """The authority signs with ECDSA P-256 and nothing else."""
    shut = serialization.BestAvailableEncryption(CA_WORDS.encode())
    other = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, shut
    )
    (tmp_path / "authority" / "authority.key").write_bytes(other)
    with pytest.raises(ConfigurationError, match="another kind of key"):
        issue(authority)


def test_the_service_opens_its_own_key(authority: Authority) -> None:
    """The passphrase in the service's file opens the service's key, and has the strength of 32 random bytes."""
    person = authority.issue_service(SCHEDULER, authority_passphrase=CA_WORDS, validity=YEAR)
    words = authority.service_passphrase("scheduler")
    _, certificate, _ = pkcs12.load_key_and_certificates(authority.key("scheduler"), words.encode())
    assert certificate == x509.load_pem_x509_certificate(person.certificate.encode())
    assert len(words) == 43


def test_an_interrupted_service_is_taken_up(authority: Authority, tmp_path: Path) -> None:
    """When only the passphrase was written before a stop, the next attempt uses it."""
    with pytest.raises(ReviewError, match="does not open"):
        authority.issue_service(SCHEDULER, authority_passphrase=OTHER_WORDS, validity=YEAR)
    words = (tmp_path / "authority" / "scheduler.passphrase").read_text()
    authority.issue_service(SCHEDULER, authority_passphrase=CA_WORDS, validity=YEAR)
    assert authority.service_passphrase("scheduler") == words


def test_only_a_service_acts_unattended(authority: Authority) -> None:
    """A person's passphrase is never written to a file."""
    with pytest.raises(ReviewError, match="expected the role service"):
        authority.issue_service(RITA, authority_passphrase=CA_WORDS, validity=YEAR)


def test_an_open_or_missing_passphrase_is_refused(authority: Authority, tmp_path: Path) -> None:
    """A passphrase that others could read is not used; a missing one is asked for."""
    with pytest.raises(ConfigurationError, match="passphrase of scheduler is not here"):
        authority.service_passphrase("scheduler")
    authority.issue_service(SCHEDULER, authority_passphrase=CA_WORDS, validity=YEAR)
    (tmp_path / "authority" / "scheduler.passphrase").chmod(0o640)
    with pytest.raises(ConfigurationError, match="open to others"):
        authority.service_passphrase("scheduler")
