"""The bill of materials of a record's environment, in CycloneDX 1.6 (ECMA-424), as pure data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from medicore.errors import IntegrityError
from medicore.records.canonical import sha256
from medicore.records.workspace.files import locked_wheel

_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence that a package declares: an SPDX ``expression`` (PEP 639), or free text."""

    text: str
    expression: bool

    def as_json(self) -> dict[str, Any]:
        """Return the licence as CycloneDX writes it."""
        return {"expression": self.text} if self.expression else {"license": {"name": self.text}}


def locked_hashes(lock: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return, for each name and version in a lock file, the SHA-256 of every distribution that it allows.

    Names are normalised (PEP 503).
    """
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for block in re.split(r"\n(?=\S)", lock):
        pin = _PIN.match(block)
        if pin is not None:
            found[normalised(pin["name"]), pin["version"]] = tuple(_HASH.findall(block))
    return found


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bill_of_materials(
    run: str,
    *,
    code_commit: str,
    at: str,
    lock: bytes,
    environment: Mapping[str, str],
    licences: Mapping[tuple[str, str], Licence],
) -> dict[str, Any]:
    """Return the CycloneDX document of a run's environment.

    ``environment`` holds name and version of every package as provenance recorded it, ``lock`` is the lock file of
    the record, ``licences`` holds the known licences by name and version, ``at`` is the time of sealing. The serial
    number is computed from the contents, so the same record gives the same document.

    Raises
    ------
    IntegrityError
        When the environment has a package that is not in the lock file.
    """
    hashes = locked_hashes(lock.decode())
    components = []
    for name, version in sorted(environment.items()):
        key = (normalised(name), version)
        if key not in hashes:
            raise IntegrityError(
                f"{name} {version} is in the record's environment but not in its requirements.lock; "
                f"expected every package in both; run 'medicore verify {run}'"
            )
        components.append(_component(key, hashes[key], licences.get(key)))
    application = {
        "type": "application",
        "bom-ref": "medicore",
        "name": "medicore",
        **_product(run, code_commit, lock),
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{_uuid(run, code_commit, lock)}",
        "version": 1,
        "metadata": {
            "timestamp": at,
            "component": application,
            "properties": [
                {"name": "medicore:run", "value": run},
                {"name": "medicore:requirements.lock:sha256", "value": sha256(lock)},
            ],
        },
        "components": components,
        "dependencies": [
            {"ref": "medicore", "dependsOn": [component["bom-ref"] for component in components]},
        ],
    }


def _product(run: str, code_commit: str, lock: bytes) -> dict[str, Any]:
    """Return version, hash and description of the product: its wheel in a workspace, otherwise the commit of its code."""
    wheel = locked_wheel(lock)
    if wheel is None:
        words = f"The code that made run {run}; the hash is git's name of its commit"
        return {
            "version": code_commit,
            "hashes": [{"alg": "SHA-1", "content": code_commit}],
            "description": words,
        }
    name, digest = wheel
    version = name.split("-")[1]
    return {
        "version": version,
        "purl": f"pkg:generic/medicore@{version}?checksum=sha256:{digest}&file_name={name}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "description": f"The wheel that made run {run}; commit {code_commit} of the study holds it in product/",
    }


def _component(key: tuple[str, str], hashes: tuple[str, ...], licence: Licence | None) -> dict[str, Any]:
    name, version = key
    address = f"pkg:pypi/{name}@{version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": version,
        "purl": address,
        # One per distribution that the lock allows; each machine installs the one that fits it.
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in hashes],
    }
    if licence is not None:
        component["licenses"] = [licence.as_json()]
    return component


def _uuid(*parts: str | bytes) -> UUID:
    """Return a name-based identifier (RFC 9562, version 8) of the parts."""
    joined = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    octets = bytearray.fromhex(sha256(joined)[:32])
    octets[6], octets[8] = octets[6] & 0x0F | 0x80, octets[8] & 0x3F | 0x80
    return UUID(bytes=bytes(octets))
