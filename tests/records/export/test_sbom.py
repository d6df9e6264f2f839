"""The bill of materials names each package of the record with version, hashes and licence."""

import re
from typing import Any

import pytest

from medicore.errors import IntegrityError
from medicore.records.export.sbom import Licence, bill_of_materials, locked_hashes

LOCK = f"""\
# how this file was made
numpy==2.1.0 \\
    --hash=sha256:{"0" * 64} \\
    --hash=sha256:{"1" * 64}
    # via medicore
Typing_Extensions==4.12.2 ; python_version >= "3.11" \\
    --hash=sha256:{"2" * 64}
colorama==0.4.6;platform_system == "Windows" \\
    --hash=sha256:{"3" * 64}
"""
ENVIRONMENT = {"typing-extensions": "4.12.2", "numpy": "2.1.0"}
LICENCES = {
    ("numpy", "2.1.0"): Licence("BSD-3-Clause", expression=True),
    ("typing-extensions", "4.12.2"): Licence("Python Software Foundation License", expression=False),
}


def materials(lock: str = LOCK, environment: dict[str, str] = ENVIRONMENT, run: str = "S/2025-03/1") -> Any:
    """Return the bill of a run."""
    return bill_of_materials(
        run,
        code_commit="c" * 40,
        at="2025-04-01T06:01:00Z",
        lock=lock.encode(),
        environment=environment,
        licences=LICENCES,
    )


def test_hashes_are_read_under_normalised_names() -> None:
    """Every pin of the lock file has its version and every SHA-256 that it allows."""
    assert locked_hashes(LOCK) == {
        ("numpy", "2.1.0"): ("0" * 64, "1" * 64),
        ("typing-extensions", "4.12.2"): ("2" * 64,),
        ("colorama", "0.4.6"): ("3" * 64,),
    }


def test_components_are_those_of_the_environment() -> None:
    """A component has purl, version, hashes and licence; a package of another platform is none."""
    numpy, typing = materials()["components"]
    assert (numpy["purl"], numpy["version"]) == ("pkg:pypi/numpy@2.1.0", "2.1.0")
    assert [each["content"] for each in numpy["hashes"]] == ["0" * 64, "1" * 64]
    assert numpy["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert typing["licenses"] == [{"license": {"name": "Python Software Foundation License"}}]


def test_of_a_workspace_the_product_is_its_wheel() -> None:
    """Version, file and SHA-256 are those that the lock file names, and the study's commit is told."""
    name = "medicore-1.2.3-py3-none-any.whl"
    found = materials(f"{LOCK}./product/{name} \\\n    --hash=sha256:{'f' * 64}\n")
    product = found["metadata"]["component"]
    assert (product["version"], product["hashes"]) == ("1.2.3", [{"alg": "SHA-256", "content": "f" * 64}])
    assert product["purl"] == f"pkg:generic/medicore@1.2.3?checksum=sha256:{'f' * 64}&file_name={name}"
    assert "c" * 40 in product["description"]
    assert found["components"] == materials()["components"]


def test_document_is_cyclonedx() -> None:
    """Format, version, serial number, time and the application stand where CycloneDX 1.6 wants them."""
    document = materials()
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.6", 1)
    # The pattern of the published schema.
    pattern = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    assert re.fullmatch(pattern, document["serialNumber"])
    assert document["metadata"]["timestamp"] == "2025-04-01T06:01:00Z"
    application = document["metadata"]["component"]
    assert (application["name"], application["version"]) == ("medicore", "c" * 40)
    (depends,) = document["dependencies"]
    assert depends["dependsOn"] == [component["bom-ref"] for component in document["components"]]


def test_serial_number_follows_from_the_contents() -> None:
    """The same record gives the same number, another run or lock another one."""
    first = materials()
    assert materials() == first
    numbers = {first["serialNumber"], materials(run="S/2025-03/2")["serialNumber"]}
    assert len(numbers | {materials(LOCK + "# more\n")["serialNumber"]}) == 3


def test_package_without_licence_has_none() -> None:
    """What is not known is left out."""
    (component,) = materials(environment={"colorama": "0.4.6"})["components"]
    assert "licenses" not in component


def test_package_outside_the_lock_is_refused() -> None:
    """An environment with a package that the lock file does not name cannot be the record's."""
    with pytest.raises(IntegrityError, match=r"numpy 2\.0\.0 is in the record's environment"):
        materials(environment={"numpy": "2.0.0"})
