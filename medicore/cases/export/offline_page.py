"""The page of a bundle, which a double-click opens: the report, and behind each of its numbers what is recorded of it."""

from collections.abc import Sequence

from medicore.cases.answers.explain import Recorded
from medicore.cases.export.rendition import page_sources
from medicore.errors import ConfigurationError, IntegrityError, ProtocolError
from medicore.ports.house import House
from medicore.records.export.linking import Addresses, linked
from medicore.records.export.page import Entry, anchor, page_without_report, with_origins
from medicore.records.identifiers import RunId
from medicore.records.results.printed import PrintedResults, same_number, within
from medicore.records.results.references import path_of


def offline_page(house: House, run: RunId) -> bytes:
    """Return the report of a sealed run, or the evidence of its halt, in HTML, each number with its origin; no trail yet.

    A run without a report, or with one whose template makes no HTML, has a page that says so.
    """
    try:
        sources = page_sources(house, run, evidence=False)
        report = house.rendition(sources.template, sources.inputs, sources.page)
        record = Recorded(house, run)
    except (ProtocolError, ConfigurationError) as error:
        return page_without_report(str(run), str(error))
    origins = _Origins(record)
    made = linked(report, Addresses(origins.of_reference, origins.of_number))
    return with_origins(made, str(run), record.code_commit, origins.entries, origins.codes)


class _Origins:
    """The origins that the numbers of a report lead to, in the order in which they are first met."""

    def __init__(self, record: Recorded) -> None:
        self._record, self._printed = record, PrintedResults(record.results)
        self._numbers: dict[str, int | None] = {}
        self.entries: list[Entry] = []
        self.codes: dict[str, str] = {}

    def of_reference(self, reference: str) -> str | None:
        """Return the address for a reference such as R12; None when nothing is recorded of it."""
        try:
            return self._address(path_of(self._record.results, reference))
        except ProtocolError:
            return None

    def of_number(self, text: str, references: Sequence[int]) -> str | None:
        """Return the address of the one result that is printed like this below the references, else of the first of these."""
        paths = [path_of(self._record.results, f"R{number}") for number in references]
        try:
            found = self._printed.places(text)
        except ProtocolError:
            return None
        near = within(found, paths)
        if not near:
            return None
        return self._address(near[0].path if same_number(near) else paths[0])

    def _address(self, path: str) -> str | None:
        if path not in self._numbers:
            self._numbers[path] = self._enter(path)
        number = self._numbers[path]
        return None if number is None else f"#{anchor(number)}"

    def _enter(self, path: str) -> int | None:
        try:
            told = self._record.told(path)
        except (ProtocolError, IntegrityError):  # of an identity, or of a name, no function is recorded
            return None
        place = f"{told.file}:{told.line}"
        if place not in self.codes:
            self.codes[place] = self._record.source(told)
        self.entries.append(
            Entry(
                path=told.path,
                value=told.value,
                definition=told.origin.definition,
                formula=told.origin.formula,
                source=told.origin.source,
                step=told.origin.step,
                place=place,
                protocol=told.protocol,
                inputs=told.inputs,
            )
        )
        return len(self.entries) - 1
