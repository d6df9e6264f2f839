"""The simulated EDC as REDCap: the API of one project per study."""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from hmac import compare_digest

from medicore.edc.simulated.served import Deliveries, Reply, Served

ROOT = "/redcap"
VERSION = "14.5.5"
FORM = "subjects"
STATUS = f"{FORM}_complete"


class SimulatedRedcap:
    """REDCap below ``/redcap/STUDY/api/``, for the token ``secret``."""

    def __init__(self, deliveries: Deliveries, secret: str) -> None:
        self._deliveries = deliveries
        self._secret = secret

    def answer(self, path: str, form: Mapping[str, str]) -> Reply:
        """Return the answer to a POST request with ``form`` to ``path`` below the root."""
        study, _, rest = path.strip("/").partition("/")
        if not compare_digest(form.get("token", "").encode(), self._secret.encode()):
            return _error_reply(403, "You do not have permissions to use the API")
        served = self._deliveries.of(study) if rest == "api" else None
        if served is None:
            return _error_reply(403, "The project of this token does not exist")
        reply = self._content(served, form)
        return replace(reply, headers=served.headers)

    def _content(self, served: Served, form: Mapping[str, str]) -> Reply:
        content = form.get("content", "")
        if content == "version":
            return Reply(VERSION.encode(), "text/plain")
        if content == "project":
            project = {"project_id": served.project, "project_title": served.study, "is_longitudinal": 0}
            return _json(project)
        if content == "log":
            return self._log(served)
        if content == "metadata":
            return _records_reply(_dictionary(served), form)
        if content == "exportFieldNames":
            names = [
                {"original_field_name": name, "choice_value": "", "export_field_name": name}
                for name in (*served.table.columns, STATUS)
            ]
            return _records_reply(names, form)
        if content == "record":
            return self._records(served, form)
        return _error_reply(400, "The value of the parameter 'content' is not valid")

    def _log(self, served: Served) -> Reply:
        """Return a log with one entry for all data, and one more for each change."""
        at = f"{served.exported:%Y-%m-%d %H:%M}"
        entry = {"timestamp": at, "username": "site", "action": "Update record", "details": "", "record": ""}
        return _json([entry] * (1 + served.changes))

    def _records(self, served: Served, form: Mapping[str, str]) -> Reply:
        faults = self._deliveries.faults
        columns = (*served.table.columns, STATUS)
        fields = _requested_values(form, "fields")
        wanted = _requested_values(form, "records")
        rows = [
            {
                name: text
                for name, text in zip(columns, (*row, "2"), strict=True)
                if not fields or name in fields
            }
            for row in served.table.rows
            if not wanted or row[0] in wanted
        ]
        if wanted and faults.take("wrong-count"):
            rows = rows[:-1]
        reply = _records_reply(rows, form)
        if wanted and faults.take("cut-end"):
            return Reply(reply.body[: len(reply.body) // 2], reply.kind)
        return reply


def _dictionary(served: Served) -> list[dict[str, str]]:
    return [
        {"field_name": name, "form_name": FORM, "field_type": "text", "field_label": name}
        for name in served.table.columns
    ]


def _requested_values(form: Mapping[str, str], name: str) -> set[str]:
    """Return the values of the parameter ``name``; clients of REDCap number them or separate them by commas."""
    numbered = {value for key, value in form.items() if key.startswith(f"{name}[")}
    return numbered | {value for value in form.get(name, "").split(",") if value}


def _records_reply(rows: list[dict[str, str]], form: Mapping[str, str]) -> Reply:
    if form.get("format") != "csv":
        return _json(rows)
    buffer = io.StringIO(newline="")
    if rows:
        csv.writer(buffer).writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    return Reply(buffer.getvalue().encode(), "text/csv; charset=utf-8")


def _json(value: object) -> Reply:
    return Reply(json.dumps(value, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def _error_reply(status: int, reason: str) -> Reply:
    return Reply(json.dumps({"error": reason}).encode(), "application/json; charset=utf-8", status)
