"""The simulated EDC as Rave Web Services: studies, clinical views in CSV and ODM, audit records by pages."""

import base64
import csv
import io
import re
from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from medicore.edc.simulated.served import Deliveries, Reply, Served

ROOT = "/RaveWebServices"
FORM, ENVIRONMENT = "SUBJECTS", "Prod"
VERSION = "1.18.0"
_SYSTEM_COLUMNS = ("projectid", "environmentName")
_ODM = 'xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:mdsol="http://www.mdsol.com/ns/odm/metadata" ODMVersion="1.3"'
_STUDY = re.compile(r"/studies/(?P<study>[^/()]+)\((?P<environment>[^/()]+)\)/(?P<rest>.+)")
_BOMB = (
    '<!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


class SimulatedRave:
    """Rave Web Services below ``/RaveWebServices``, for any user whose password is ``secret``."""

    def __init__(self, deliveries: Deliveries, secret: str) -> None:
        self._deliveries = deliveries
        self._secret = secret

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Return the answer to a GET request for ``path`` below the root."""
        if path == "/version":
            return Reply(VERSION.encode(), "text/plain")
        if not self._is_authorised(headers.get("authorization", "")):
            return _error_reply(401, "RWS00008", "Incorrect login and password combination. [RWS00008]")
        if path == "/studies":
            return self._studies()
        if path == "/datasets/ClinicalAuditRecords.odm":
            return self._audit(query)
        match = _STUDY.fullmatch(unquote(path))
        served = (
            self._deliveries.of(match["study"]) if match and match["environment"] == ENVIRONMENT else None
        )
        if match is None or served is None:
            return _error_reply(404, "RWS00007", "Study not found")
        kind, _, form = match["rest"].removeprefix("datasets/").partition("/")
        if kind in {"regular", "raw"} and form == f"{FORM}.csv":
            return self._csv(served)
        if kind in {"regular", "raw"} and form in {"", FORM}:
            return self._odm(served)
        if match["rest"] == "subjects":
            return _subjects(served)
        return _error_reply(404, "RWS00009", "Form not found")

    def _is_authorised(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        try:
            password = base64.b64decode(token, validate=True).partition(b":")[2]
        except ValueError:
            return False
        return scheme == "Basic" and compare_digest(password, self._secret.encode())

    def _studies(self) -> Reply:
        listed = "".join(
            f"<Study OID={quoteattr(f'{study}({ENVIRONMENT})')}><GlobalVariables><StudyName>{study} ({ENVIRONMENT})</StudyName>"
            f"<StudyDescription/><ProtocolName>{study}</ProtocolName></GlobalVariables></Study>"
            for study in self._deliveries.studies
        )
        head = f'<ODM {_ODM} FileType="Snapshot" FileOID="studies" CreationDateTime="2025-01-01T00:00:00">'
        return Reply(f"{head}{listed}</ODM>".encode(), "text/xml; charset=utf-8")

    def _csv(self, served: Served) -> Reply:
        faults = self._deliveries.faults
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer)
        writer.writerow((*_SYSTEM_COLUMNS, *served.table.columns))
        writer.writerows((str(served.project), ENVIRONMENT, *row) for row in served.table.rows)
        data = buffer.getvalue().encode()
        data = data[: len(data) // 2] if faults.take("cut-end") else data + b"EOF\r\n"
        mark = b"\xef\xbb\xbf" if faults.take("mark") else b""
        return Reply(mark + data, "text/csv; charset=utf-8", headers=_of(served))

    def _odm(self, served: Served) -> Reply:
        faults = self._deliveries.faults
        place = served.table.columns.index(served.subject)
        text = "".join(_subject(served, row, row[place]) for row in served.table.rows)
        head = _opening_tag(served, "Snapshot")
        document = f'{head}<ClinicalData StudyOID={_study(served)} MetaDataVersionOID="1">{text}</ClinicalData></ODM>'
        if faults.take("cut-end"):
            document = document[: len(document) // 2]
        bomb = _BOMB if faults.take("entity-bomb") else ""
        return Reply(
            f'<?xml version="1.0" encoding="utf-8"?>{bomb}{document}'.encode(),
            "text/xml",
            headers=_of(served),
        )

    def _audit(self, query: Mapping[str, str]) -> Reply:
        """Return one page of audit records, one for the enrolment of each subject; ``Link`` leads to the next page."""
        study = query.get("studyoid", "").removesuffix(f"({ENVIRONMENT})")
        served = self._deliveries.of(study)
        numbers = [query.get("startid", "0"), query.get("per_page", "1000")]
        if served is None or not all(text.isascii() and text.isdigit() for text in numbers):
            return _error_reply(404, "RWS00007", "Study not found")
        start, size = (int(text) for text in numbers)
        end = start + max(size, 1)
        subjects = served.table.column(served.subject)
        records = "".join(
            f'<ClinicalData StudyOID={_study(served)} MetaDataVersionOID="1" mdsol:AuditSubCategoryName="SubjectCreated">'
            f'<SubjectData SubjectKey={quoteattr(subject)} TransactionType="Upsert"><AuditRecord>'
            f'<UserRef UserOID="site"/><LocationRef LocationOID="1"/>'
            f"<DateTimeStamp>{served.exported:%Y-%m-%dT%H:%M:%S}</DateTimeStamp><ReasonForChange/>"
            f"<SourceID>{number}</SourceID></AuditRecord></SubjectData></ClinicalData>"
            for number, subject in enumerate(subjects[start:end], start=start)
        )
        headers = _of(served)
        if end < len(subjects):
            target = f"{ROOT}/datasets/ClinicalAuditRecords.odm?studyoid={study}({ENVIRONMENT})"
            headers["Link"] = f'<{target}&startid={end}&per_page={size}>; rel="next"'
        return Reply(
            f"{_opening_tag(served, 'Transactional')}{records}</ODM>".encode(), "text/xml", headers=headers
        )


def _of(served: Served) -> dict[str, str]:
    return {**served.headers, "X-MWS-CV-Last-Updated": served.version}


def _study(served: Served) -> str:
    return quoteattr(f"{served.study}({ENVIRONMENT})")


def _opening_tag(served: Served, kind: str) -> str:
    created = f"{served.exported:%Y-%m-%dT%H:%M:%S}"
    return f'<ODM {_ODM} FileType="{kind}" FileOID={quoteattr(served.version)} CreationDateTime="{created}">'


def _subject(served: Served, row: tuple[str, ...], key: str) -> str:
    items = "".join(
        f"<ItemData ItemOID={quoteattr(f'{FORM}.{name}')} Value={quoteattr(text)}/>"
        for name, text in zip(served.table.columns, row, strict=True)
        if text
    )
    return (
        f'<SubjectData SubjectKey={quoteattr(key)}><SiteRef LocationOID="1"/><StudyEventData StudyEventOID="SUBJECT">'
        f'<FormData FormOID="{FORM}"><ItemGroupData ItemGroupOID="{FORM}">{items}</ItemGroupData></FormData>'
        "</StudyEventData></SubjectData>"
    )


def _subjects(served: Served) -> Reply:
    listed = "".join(
        f'<ClinicalData StudyOID={_study(served)} MetaDataVersionOID="1"><SubjectData SubjectKey={quoteattr(key)}>'
        '<SiteRef LocationOID="1"/></SubjectData></ClinicalData>'
        for key in served.table.column(served.subject)
    )
    return Reply(
        f"{_opening_tag(served, 'Snapshot')}{listed}</ODM>".encode(), "text/xml", headers=_of(served)
    )


def _error_reply(status: int, code: str, reason: str) -> Reply:
    body = (
        f'<Response ReferenceNumber="0" InboundODMFileOID="" IsTransactionSuccessful="0" ReasonCode="{code}" '
        f'ErrorClientResponseMessage="{reason}"/>'
    )
    return Reply(body.encode(), "text/xml; charset=utf-8", status)
