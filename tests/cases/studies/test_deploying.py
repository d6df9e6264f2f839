"""The deployments of the studies follow from the protocols, and whoever changes one by hand is told."""

import pytest
import yaml

from medicore.cases.studies.deploying import MARK, undeployed, with_studies
from medicore.errors import ConfigurationError
from medicore.records.protocol.protocol import Protocol
from medicore.stores.protocols import StudyFolder
from tests.conftest import ROOT

TEXT = (ROOT / "prefect.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def protocols() -> list[Protocol]:
    """Return the protocols of this checkout."""
    return [*StudyFolder(ROOT / "studies").protocols()]


def another(protocol: Protocol, **changed: object) -> Protocol:
    """Return a protocol with other values of some keys."""
    return protocol.model_copy(update=changed)


def test_the_file_of_this_checkout_follows_its_protocols(protocols: list[Protocol]) -> None:
    """Every study with a protocol has its deployment, and no other has one."""
    assert undeployed(TEXT, protocols) == ()
    assert with_studies(TEXT, protocols) == TEXT


def test_a_new_protocol_needs_no_hand_work(protocols: list[Protocol]) -> None:
    """A new study is deployed under its name, at six of its own time; a draft is not, and one that is gone is taken out."""
    calendar = protocols[0].calendar.model_copy(update={"timezone": "Africa/Nairobi"})
    new = another(protocols[0], study="ACME-RHC-01", calendar=calendar)
    draft = another(protocols[0], study="ACME-RHC-02", title="TODO: title")
    text = with_studies(TEXT, [*protocols[1:], new, draft])
    found = {entry["name"]: entry for entry in yaml.load(text, yaml.CSafeLoader)["deployments"]}
    assert found["ACME-RHC-01"]["schedules"] == [{"cron": "0 6 1 * *", "timezone": "Africa/Nairobi"}]
    assert found["ACME-RHC-01"]["entrypoint"] == "flows/analysis.py:analysis"
    assert found["ACME-RHC-01"]["parameters"]["request"]["study"] == "ACME-RHC-01"
    assert not {"ACME-RHC-02", protocols[0].study} & set(found)
    assert text.partition(MARK)[0] == TEXT.partition(MARK)[0]
    assert undeployed(text, [*protocols[1:], new, draft]) == ()


def test_a_change_by_hand_is_told(protocols: list[Protocol]) -> None:
    """Another time zone, a study too few and one too many are told by their lines."""
    zone = protocols[0].calendar.timezone
    changed = TEXT.replace(f"timezone: {zone}}}]", "timezone: Etc/UTC}]", 1)
    assert any("Etc/UTC" in line for line in undeployed(changed, protocols))
    missing = undeployed(TEXT, [*protocols, another(protocols[0], study="ACME-RHC-01")])
    assert "name: ACME-RHC-01" in missing
    assert f"name: {protocols[0].study}" in undeployed(TEXT, protocols[1:])


def test_a_file_without_its_mark_is_refused(protocols: list[Protocol]) -> None:
    """Nothing is written where the line that divides the file is gone."""
    with pytest.raises(ConfigurationError, match="restore the file with git"):
        with_studies(TEXT.replace(MARK, ""), protocols)
