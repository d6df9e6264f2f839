"""deploying: the part of ``prefect.yaml`` that follows from the protocols, a deployment for each study."""

from collections.abc import Iterable, Iterator

from medicore.errors import ConfigurationError
from medicore.records.protocol.file.undecided import is_draft
from medicore.records.protocol.protocol import Protocol

MARK = "  # One for each protocol in studies/: `medicore deploy` writes what follows.\n"
"""The line of ``prefect.yaml`` after which everything is written from the protocols."""

_DEPLOYMENT = """\
  - <<: *monthly
    name: {study}
    tags: [medicore, {study}]
    parameters: {{request: {{study: {study}, requester: medicore, reason: Monthly analysis}}}}
    schedules: [{{cron: "0 6 1 * *", timezone: {zone}}}]
"""


def with_studies(text: str, protocols: Iterable[Protocol]) -> str:
    """Return ``prefect.yaml`` with a deployment for each protocol that is no draft, in the order of the studies.

    Each asks on the first of a month, at six of the study's own time, for the month before. What stands above the mark
    stays as it is. Raises ConfigurationError when the mark is not there.
    """
    fixed, mark, _ = text.partition(MARK)
    if not mark:
        raise ConfigurationError(
            f"prefect.yaml has no line {MARK.strip()!r}; expected it above the deployments of the studies; restore the "
            "file with git"
        )
    return fixed + mark + "".join(_deployments(protocols))


def undeployed(text: str, protocols: Iterable[Protocol]) -> tuple[str, ...]:
    """Return the lines in which ``prefect.yaml`` is not what the protocols say; none when it is."""
    listed = [*protocols]
    wanted, found = with_studies(text, listed).splitlines(), text.splitlines()
    return tuple(dict.fromkeys([*_only(wanted, found), *_only(found, wanted)]))


def _deployments(protocols: Iterable[Protocol]) -> Iterator[str]:
    for protocol in sorted(protocols, key=lambda one: one.study):
        if not is_draft(protocol):
            yield _DEPLOYMENT.format(study=protocol.study, zone=protocol.calendar.timezone)


def _only(these: list[str], others: list[str]) -> list[str]:
    """Return the lines of the first list that the second does not have, without blanks around them."""
    known = set(others)
    return [line.strip() for line in these if line not in known]
