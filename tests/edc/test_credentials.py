"""Secrets come from the environment or from Prefect, and are shown nowhere."""

import pytest

from medicore.edc.credentials import Credentials
from medicore.errors import ConfigurationError, ProtocolError

STUDY = "MED-2024-0147"


def test_own_secret_comes_before_the_common_one() -> None:
    """A study's own variable counts, else the one for all."""
    environment = {"MEDICORE_EDC_SECRET": "common", "MEDICORE_EDC_SECRET_MED_2024_0147": "own"}
    credentials = Credentials(environment, "edc")
    assert credentials.secret(STUDY).get_secret_value() == "own"
    assert credentials.secret("TEST-X").get_secret_value() == "common"


def test_secrets_print_as_stars() -> None:
    """Whoever prints a secret by mistake prints none (FAULTS 71)."""
    assert "common" not in repr(Credentials({"MEDICORE_EDC_SECRET": "common"}).secret(STUDY))


def test_nothing_is_guessed() -> None:
    """Without a secret the message names the variable that is missing, and malformed names are refused."""
    with pytest.raises(
        ConfigurationError, match="expected MEDICORE_EDC_SECRET_MED_2024_0147 or MEDICORE_EDC_SECRET"
    ):
        Credentials({}).secret(STUDY)
    with pytest.raises(ProtocolError):
        Credentials({"MEDICORE_EDC_SECRET": "x"}).secret("../x")


@pytest.mark.parametrize("secret", ["a\r\nHost: evil", "schlüssel", "a\x00"])
def test_secrets_that_would_break_a_header_are_refused(secret: str) -> None:
    """A secret that no header carries is refused without being repeated."""
    with pytest.raises(ConfigurationError, match="characters that cannot be sent") as caught:
        Credentials({"MEDICORE_EDC_SECRET": secret}).secret(STUDY)
    assert secret not in str(caught.value)


def test_blocks_are_named_by_study(prefect_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no variable is set, the Prefect Secret block of the study counts; one that is missing is named."""
    from prefect.blocks.system import Secret
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setenv("PREFECT_API_URL", prefect_url)
    with temporary_settings({PREFECT_API_URL: prefect_url}):
        Secret(value="from Prefect").save("edc-med-2024-0147", overwrite=True)
        assert Credentials({}, "edc").secret(STUDY).get_secret_value() == "from Prefect"
        with pytest.raises(ConfigurationError, match="'edc-test-x' cannot be read"):
            Credentials({}, "edc").secret("TEST-X")
