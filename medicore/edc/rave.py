"""Rave Web Services: forms of a study's environment as clinical views, and the study's audit records."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import SecretStr

from medicore.edc.http import Answer, EdcServer, Request
from medicore.edc.steady import pull_steady, require_moment, require_same
from medicore.errors import DataError
from medicore.records.delivery.ended_csv import read_ended
from medicore.records.delivery.exported import ACCOMPANYING
from medicore.records.delivery.odm import read_odm, require_odm
from medicore.records.delivery.transfer import RawFile, Transfer
from medicore.records.identifiers import month_id, study_id
from medicore.records.protocol.source import RaveSource, named

_CHANGED = "x-mws-cv-last-updated"
_NEXT = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?', re.ASCII)
_PER_PAGE = 1000
_MOST_PAGES = 10000


@dataclass(frozen=True, slots=True)
class Rave:
    """The forms that the protocol names, on their server; ``secret`` returns ``user:password``."""

    source: RaveSource
    server: EdcServer
    secret: Callable[[str], SecretStr]

    def pull(self, study: str, month: str) -> Transfer:
        """Return the forms' current clinical views; the end marker of each shows that it is complete.

        The version is the time of the last refresh of Rave's clinical views, which every answer states.

        Raises
        ------
        ProtocolError
            When study or month is malformed.
        DataError
            When no complete answer came, it is of another study, or the data changed during the pull.
        ConfigurationError
            When the secret is missing, or Rave refuses it.
        """
        study_id(study), month_id(month)
        return pull_steady(lambda: self._once(study, month))

    def _once(self, study: str, month: str) -> Transfer:
        place = f"{study}/{month}"
        system = self._ask(study, f"{place}: the version of Rave", "/version")
        pages = self._audit(study, place) if self.source.audit else ()
        forms = named(self.source.form)
        views = {form: self._ask(study, f"{place}: the clinical view", self._view(form)) for form in forms}
        version = require_same(
            place, (answer.headers.get(_CHANGED, "") for answer in (*views.values(), *pages))
        )
        files = tuple(self._verified_file(place, form, view) for form, view in views.items())
        trail = (
            RawFile(f"audit-{number:04}.xml", ACCOMPANYING, page.body, 0)
            for number, page in enumerate(pages, start=1)
        )
        return Transfer(
            system=f"Rave {system.line}".strip(),
            source=study,
            exported_at=require_moment(place, views[forms[-1]].exported_at),
            version=version,
            files=(*files, *trail),
        )

    @property
    def _environment(self) -> str:
        return f"{self.source.project}({self.source.environment})"

    def _view(self, form: str) -> str:
        view = form + (".csv" if self.source.format == "csv" else "")
        return f"/studies/{quote(self._environment)}/datasets/{self.source.dataset}/{quote(view)}"

    def _verified_file(self, place: str, form: str, view: Answer) -> RawFile:
        """Return the view as a file; raise DataError when it is cut or of another study."""
        if self.source.format == "csv":
            name = f"{form}.csv".replace(" ", "_")
            table = read_ended(view.body, f"{place}/{name}")
            return RawFile(name, "rave-csv", view.body, len(table.rows))
        name = f"{form}.xml".replace(" ", "_")
        snapshot = read_odm(view.body, f"{place}/{name}")
        if snapshot.studies != (self._environment,):
            raise DataError(
                f"{place}/{name} holds data of another study; expected {self._environment} alone; look at what Rave sends"
            )
        return RawFile(name, "odm", view.body, len(snapshot.table.rows))

    def _audit(self, study: str, place: str) -> tuple[Answer, ...]:
        """Return the pages of the study's audit records; ``Link`` leads from one page to the next (RFC 8288)."""
        pages: list[Answer] = []
        start = 0
        while True:
            what = f"{place}: page {len(pages) + 1} of the audit records"
            query = {"studyoid": self._environment, "startid": str(start), "per_page": str(_PER_PAGE)}
            pages.append(self._ask(study, what, "/datasets/ClinicalAuditRecords.odm", query))
            require_odm(pages[-1].body, what)
            following = _next_start(pages[-1], what)
            if following is None:
                return tuple(pages)
            if following <= start or len(pages) == _MOST_PAGES:
                raise DataError(
                    f"{what} links to an earlier page, or there are too many; expected later pages, {_MOST_PAGES} at "
                    "most; look at what Rave sends"
                )
            start = following

    def _ask(self, study: str, what: str, path: str, query: dict[str, str] | None = None) -> Answer:
        token = base64.b64encode(self.secret(study).get_secret_value().encode()).decode()
        return self.server.ask(Request(what, path, query or {}, headers={"Authorization": f"Basic {token}"}))


def _next_start(page: Answer, what: str) -> int | None:
    """Return the number at which the next page starts, or None on the last page; only this part of the link is used."""
    link = _NEXT.search(page.headers.get("link", ""))
    if link is None:
        return None
    start = parse_qs(urlsplit(link[1]).query).get("startid", [""])[0]
    if not start.isascii() or not start.isdigit():
        raise DataError(f"{what} has a link without startid; expected its number; look at what Rave sends")
    return int(start)
