"""A Dataset-JSON API: datasets in pages; its ``records`` of each is compared with the number of rows received."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from pydantic import SecretStr

from medicore.edc.http import EdcServer, Request
from medicore.edc.steady import pull_steady, require_moment, require_same
from medicore.errors import DataError
from medicore.records.delivery.dataset_json_page import DatasetPage, read_page
from medicore.records.delivery.transfer import RawFile, Transfer
from medicore.records.identifiers import month_id, study_id
from medicore.records.protocol.source import DatasetJsonSource, named


@dataclass(frozen=True, slots=True)
class DatasetJsonApi:
    """The datasets that the protocol names, on their server; ``secret`` returns the API key."""

    source: DatasetJsonSource
    server: EdcServer
    secret: Callable[[str], SecretStr]

    def pull(self, study: str, month: str) -> Transfer:
        """Return the current datasets, with every row counted.

        Raises
        ------
        ProtocolError
            When study or month is malformed.
        DataError
            When no complete answer came, the number of rows is wrong, or the data changed during the pull.
        ConfigurationError
            When the API key is missing, or the API refuses it.
        """
        study_id(study), month_id(month)
        return pull_steady(lambda: self._once(study, month))

    def _once(self, study: str, month: str) -> Transfer:
        place = f"{study}/{month}"
        files: list[RawFile] = []
        pages: list[DatasetPage] = []
        exported = ""
        for dataset in named(self.source.dataset):
            found, exported = self._dataset(study, place, dataset)
            files += [file for file, _ in found]
            pages += [page for _, page in found]
        return Transfer(
            system=pages[0].system or "Dataset-JSON API",
            source=study,
            exported_at=require_moment(place, exported),
            version=require_same(place, (page.modified for page in pages)),
            files=tuple(files),
        )

    def _dataset(self, study: str, place: str, dataset: str) -> tuple[list[tuple[RawFile, DatasetPage]], str]:
        """Return the pages of one dataset, each with its file, and the time of the last answer."""
        made: list[tuple[RawFile, DatasetPage]] = []
        exported, found = "", 0
        while not made or found < made[0][1].records:
            name = f"{dataset}-{len(made) + 1:04}.json".replace(" ", "_")
            answer = self.server.ask(self._request(study, f"{place}/{name}", dataset, found))
            page = read_page(answer.body, f"{place}/{name}")
            made.append((RawFile(name, "dataset-json-page", answer.body, len(page.table.rows)), page))
            found += len(page.table.rows)
            exported = answer.exported_at
            if not page.table.rows:
                break
        pages = [page for _, page in made]
        # A change during the pull explains a wrong number of rows, and is told first.
        require_same(place, (page.modified for page in pages))
        self._require_whole(place, pages, found)
        return made, exported

    def _request(self, study: str, what: str, dataset: str, offset: int) -> Request:
        path = f"/studies/{quote(self.source.project)}/datasets/{quote(dataset)}"
        query = {"offset": str(offset), "limit": str(self.source.page)}
        return Request(what, path, query, headers={"api-key": self.secret(study).get_secret_value()})

    def _require_whole(self, place: str, pages: list[DatasetPage], found: int) -> None:
        counts = {page.records for page in pages}
        if counts != {found}:
            raise DataError(
                f"{place}: {found} rows came; expected {max(counts)} by 'records'; run again; if the error stays, look "
                "at what the source sends"
            )
        if found == 0:
            raise DataError(f"{place}: the dataset is empty; expected a row per subject; look at the source")
        if any(page.study != self.source.project for page in pages):
            raise DataError(
                f"{place}: the dataset is of another study; expected {self.source.project}; look at what the source sends"
            )
