"""REDCap: a project's records by its API, in batches, verified against the project's list of records and its log."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from medicore.edc.http import Answer, EdcServer, Request
from medicore.edc.steady import pull_steady, require_moment, require_same
from medicore.errors import DataError
from medicore.records.delivery.exported import ACCOMPANYING
from medicore.records.delivery.redcap import read_field_names, read_log, read_project, read_records
from medicore.records.delivery.transfer import RawFile, Transfer
from medicore.records.identifiers import month_id, study_id
from medicore.records.protocol.source import RedcapSource

_RECORDS = {"format": "json", "type": "flat", "rawOrLabel": "raw"}


@dataclass(frozen=True, slots=True)
class Redcap:
    """The project that the protocol names, on its server; ``secret`` returns the project's token.

    The account needs the rights to export all data and to view the log.
    """

    source: RedcapSource
    server: EdcServer
    secret: Callable[[str], SecretStr]

    def pull(self, study: str, month: str) -> Transfer:
        """Return the project's current records; every record of the project is present.

        The version is the state of the project's log, because REDCap has no other. It must be the same before and
        after the pull.

        Raises
        ------
        ProtocolError
            When study or month is malformed.
        DataError
            When no complete answer came, a record is missing or unexpected, or the data changed during the pull.
        ConfigurationError
            When the token is missing, or REDCap refuses it.
        """
        study_id(study), month_id(month)
        return pull_steady(lambda: self._once(study, month))

    def _once(self, study: str, month: str) -> Transfer:
        place = f"{study}/{month}"
        before = self._log(study, place)
        project = self._ask(study, f"{place}: the project", content="project", format="json")
        self._require_project(place, project)
        system = self._ask(study, f"{place}: the version of REDCap", content="version")
        dictionary = self._ask(study, f"{place}: the dictionary", content="metadata", format="json")
        identifier = read_field_names(dictionary.body, f"{place}: the dictionary")[0]
        wanted = self._identifiers(study, place, identifier)
        files, answers = [], []
        for start in range(0, len(wanted), self.source.batch):
            asked = wanted[start : start + self.source.batch]
            name = f"records-{start // self.source.batch + 1:04}.json"
            answer = self._records(study, place, {f"records[{i}]": key for i, key in enumerate(asked)})
            rows = _require_requested(f"{place}/{name}", answer.body, identifier, asked)
            answers.append(answer)
            files.append(RawFile(name, "redcap-json", answer.body, rows))
        version = require_same(place, (before, self._log(study, place)))
        return Transfer(
            system=f"REDCap {system.line}".strip(),
            source=study,
            exported_at=require_moment(place, answers[-1].exported_at),
            version=f"project {self.source.project}, {version}",
            files=(
                *files,
                RawFile("metadata.json", ACCOMPANYING, dictionary.body, 0),
                RawFile("project.json", ACCOMPANYING, project.body, 0),
            ),
        )

    def _ask(self, study: str, what: str, **fields: str) -> Answer:
        form = {"token": self.secret(study).get_secret_value(), "returnFormat": "json", **fields}
        return self.server.ask(Request(what, form=form))

    def _records(self, study: str, place: str, chosen: Mapping[str, str]) -> Answer:
        return self._ask(study, f"{place}: the records", content="record", **_RECORDS, **chosen)

    def _log(self, study: str, place: str) -> str:
        what = f"{place}: the log"
        answer = self._ask(study, what, content="log", logtype="record", format="json")
        return str(read_log(answer.body, what))

    def _require_project(self, place: str, answer: Answer) -> None:
        found = read_project(answer.body, f"{place}: the project")
        if found != self.source.project:
            raise DataError(
                f"{place}: the token opens REDCap's project {found}; expected {self.source.project} by the protocol; "
                "set the token of that project"
            )

    def _identifiers(self, study: str, place: str, identifier: str) -> tuple[str, ...]:
        """Return the identifiers of the project's records, each once; raise DataError when there is none."""
        answer = self._records(study, place, {"fields[0]": identifier})
        table = read_records(answer.body, f"{place}: the list of records")
        if identifier not in table.columns:
            raise DataError(
                f"{place}: the project exports no record with its identifier; expected one or more; check the "
                "project and the account's rights"
            )
        return tuple(dict.fromkeys(table.column(identifier)))


def _require_requested(name: str, data: bytes, identifier: str, asked: tuple[str, ...]) -> int:
    """Return the number of rows in ``data``; raise DataError unless its records are the requested ones.

    A record with several rows is kept; the data contract says whether a subject may occur twice.
    """
    table = read_records(data, name)
    found = Counter(table.column(identifier)) if identifier in table.columns else Counter[str]()
    missing, strange = len(set(asked) - set(found)), len(set(found) - set(asked))
    if missing or strange:
        raise DataError(
            f"{name} lacks {missing} of {len(asked)} requested records and has {strange} others; expected exactly the "
            "requested records; run again; if the error stays, look at what REDCap sends"
        )
    return len(table.rows)
