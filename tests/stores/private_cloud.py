"""An authority of a private cloud: the certificate of a server at 127.0.0.1 that nobody trusts who was not told to."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.stores.company import name_of


def certified_server(folder: Path) -> Path:
    """Return a file with key and certificate of a server, which is its own authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), name_of("s3.cloud.example")
    start = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251 - its clients read the machine's clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(shown + certificate.public_bytes(serialization.Encoding.PEM))
    return path
