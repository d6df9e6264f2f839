"""The simulated EDC as a Dataset-JSON API: one dataset per study, in pages."""

import json
import re
from collections.abc import Mapping
from hmac import compare_digest

from medicore.edc.simulated.faults import is_number
from medicore.edc.simulated.served import Deliveries, Reply, Served

ROOT = "/dataset-json"
DATASET = "SUBJECTS"
_PATH = re.compile(rf"/studies/(?P<study>[^/]+)/datasets/{DATASET}")


class SimulatedDatasetJson:
    """The API below ``/dataset-json``, for the API key ``secret``."""

    def __init__(self, deliveries: Deliveries, secret: str) -> None:
        self._deliveries = deliveries
        self._secret = secret

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Return the answer to a GET request for ``path`` below the root."""
        if not compare_digest(headers.get("api-key", "").encode(), self._secret.encode()):
            return _error_reply(401, "the API key is not valid")
        if path == "/studies":
            listed = [
                {"studyOID": study, "name": study, "label": study} for study in self._deliveries.studies
            ]
            return Reply(json.dumps(listed).encode(), "application/json")
        match = _PATH.fullmatch(path)
        served = self._deliveries.of(match["study"]) if match else None
        if served is None:
            return _error_reply(404, "there is no such dataset")
        return self._page(served, query)

    def _page(self, served: Served, query: Mapping[str, str]) -> Reply:
        faults = self._deliveries.faults
        count = len(served.table.rows)
        try:
            offset, limit = int(query.get("offset", "0")), int(query.get("limit", str(count)))
        except ValueError:
            return _error_reply(422, "offset and limit are numbers")
        rows = served.table.rows[offset : offset + limit]
        if faults.take("cut-end"):
            rows = rows[: len(rows) // 2] if offset + limit < count else ()
        if faults.take("wrong-count"):
            count += 1
        kinds = [_kind(served, name) for name in served.table.columns]
        head = {
            "datasetJSONCreationDateTime": f"{served.exported:%Y-%m-%dT%H:%M:%S}Z",
            "datasetJSONVersion": "1.1.0",
            "dbLastModifiedDateTime": served.version,
            "sourceSystem": {"name": "Simulated EDC", "version": "1"},
            "studyOID": served.study,
            "itemGroupOID": DATASET,
            "records": count,
            "name": DATASET,
            "label": "One row per subject",
            "columns": [
                {"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": kind}
                for name, kind in zip(served.table.columns, kinds, strict=True)
            ],
        }
        # Numbers keep their recorded spelling: 8.30 stays 8.30. JSON allows this, but json.dumps would write 8.3.
        lines = ",".join(
            f"[{','.join(_json_text(text, kind) for text, kind in zip(row, kinds, strict=True))}]"
            for row in rows
        )
        text = f'{json.dumps(head, ensure_ascii=False)[:-1]}, "rows": [{lines}]}}'
        return Reply(text.encode(), "application/json", headers=served.headers)


def _kind(served: Served, name: str) -> str:
    texts = [text for text in served.table.column(name) if text]
    return "float" if texts and all(is_number(text) for text in texts) else "string"


def _json_text(text: str, kind: str) -> str:
    if not text:
        return "null"
    return text if kind == "float" else json.dumps(text, ensure_ascii=False)


def _error_reply(status: int, reason: str) -> Reply:
    return Reply(json.dumps({"detail": reason}).encode(), "application/json", status)
