"""A Prefect server of our own obeys the state folder and the operator, not the settings of a person's other work."""

import os

import pytest

from flows.serving.environment import foreign_settings, own_environment

FOREIGN = (
    "PREFECT_API_DATABASE_CONNECTION_URL",
    "PREFECT_API_KEY",
    "PREFECT_PROFILE",
    "PREFECT_SERVER_API_BASE_PATH",
    "PREFECT_SERVER_DATABASE_CONNECTION_URL",
    "PREFECT_TEST_MODE",
    "prefect_results_local_storage_path",
)
KEPT = (
    "HOME",
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED",
    "PREFECT_WORKER_QUERY_SECONDS",
)


def test_foreign_settings_are_gone_within_the_block_and_back_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What would move the server's data or mislead its client is not there; a password and intervals are; then all is as before."""
    for name in (*FOREIGN, *KEPT[1:]):
        monkeypatch.setenv(name, "theirs")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "corp.example")
    before = dict(os.environ)
    with own_environment({"PREFECT_HOME": "ours"}):
        found = {name for name in os.environ if name.upper().startswith("PREFECT_")}
        assert found == {*KEPT[1:], "PREFECT_HOME"}
        assert os.environ["NO_PROXY"] == "corp.example,localhost,127.0.0.1,::1"
    assert dict(os.environ) == before
    assert set(foreign_settings((*FOREIGN, *KEPT))) == set(FOREIGN)
