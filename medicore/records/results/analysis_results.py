"""The results in the form of the CDISC Analysis Results Standard 1.0: a reporting event, as pure data.

Every number of ``results.json`` that answers a question of the protocol becomes the result of an operation of a
method, with its analysis, purpose and reason (ARS 1.0, logical data model). Raw values are the shortest decimal
texts that give the same number again; MediCore's own path to each is in the analysis' description.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from medicore.records.results.analysis_rows import (
    ARM,
    DESCRIPTION,
    PRIMARY,
    SAFETY,
    SAFETY_DESCRIPTION,
    SECONDARY,
    SENSITIVITY,
    SUPPLEMENTARY,
    Number,
    Row,
    Table,
)
from medicore.records.results.survival_tables import ALL_TABLES

_REPORT = "OUT.REPORT"
_REASON = {"controlledTerm": "SPECIFIED IN SAP"}
_SPONSOR_PURPOSES = {
    SENSITIVITY: "Looks at how far the primary result depends on its assumptions (ICH E9(R1), A.5.2)",
    SUPPLEMENTARY: "Gives more insight into the effect, under another estimand (ICH E9(R1), A.5.3)",
    DESCRIPTION: "Shows who was analysed, and how alike the arms were",
    SAFETY: "Watches for a harm that comes more often than expected, at every look",
    SAFETY_DESCRIPTION: "Shows which adverse events came in which arm, and how often",
}


def reporting_event(run: str, results: Mapping[str, Any], protocol: Mapping[str, Any]) -> dict[str, Any]:
    """Return the reporting event of a finished run, from its results and its resolved protocol."""
    parts = [
        (table, name, rows)
        for table in ALL_TABLES
        for name, rows in _by_method(table, table.rows(results)).items()
    ]
    methods = _methods((name, rows) for _, name, rows in parts)
    analyses = [
        _analysis(number, table, name, rows, protocol)
        for number, (table, name, rows) in enumerate(parts, start=1)
    ]
    study = results["study"]
    return {
        "id": f"RE.{run.replace('/', '.')}",
        "version": 1,
        "name": f"Analysis run {run}",
        "description": f"{study['title']} ({study['id']}, protocol version {study['protocol_version']})",
        "mainListOfContents": {"name": "Report", "contentsList": {"listItems": _contents(analyses)}},
        "referenceDocuments": [
            {"id": "DOC.PROTOCOL", "name": "Resolved protocol", "location": "record/protocol.json"},
            {"id": "DOC.RESULTS", "name": "Every number of the report", "location": "record/results.json"},
            {"id": "DOC.REPORT", "name": "The report", "location": "record/report.pdf"},
        ],
        "terminologyExtensions": [
            {
                "id": "TE.PURPOSE",
                "enumeration": "AnalysisPurposeEnum",
                "sponsorTerms": [
                    {"id": _term(value), "submissionValue": value, "description": meaning}
                    for value, meaning in _SPONSOR_PURPOSES.items()
                ],
            }
        ],
        "analysisSets": _sets(results),
        "analysisGroupings": _groupings(results, protocol),
        "methods": methods,
        "analyses": analyses,
        "outputs": [_report(analyses)],
    }


def _by_method(table: Table, rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows grouped by method; a table with several estimators becomes several analyses."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.method or table.method, []).append(row)
    return found


def _methods(parts: Iterable[tuple[str, list[Row]]]) -> list[dict[str, Any]]:
    """Return each method once, with every operation that its analyses use."""
    operations: dict[str, dict[str, None]] = {}
    for name, rows in parts:
        known = operations.setdefault(name, {})
        known.update(dict.fromkeys(operation for row in rows for operation in row.values))
    return [
        {
            "id": _method(name),
            "name": name,
            "operations": [
                {"id": _operation(name, operation), "name": operation, "order": order}
                for order, operation in enumerate(known, start=1)
            ],
        }
        for name, known in operations.items()
    ]


def _method(name: str) -> str:
    return f"MTH.{_slug(name)}"


def _operation(method: str, name: str) -> str:
    return f"{_method(method)}.{_slug(name)}"


def _analysis(
    number: int, table: Table, method: str, rows: list[Row], protocol: Mapping[str, Any]
) -> dict[str, Any]:
    groupings = list(dict.fromkeys(grouping for row in rows for grouping in row.groups))
    purpose = (
        {"controlledTerm": table.purpose}
        if table.purpose in (PRIMARY, SECONDARY)
        else {"controlledTerm": table.purpose, "sponsorTermId": _term(table.purpose)}
    )
    analysis = {
        "id": f"AN.{number:02}",
        "version": 1,
        "name": f"{table.name}: {method}" if method != table.method else table.name,
        "description": f"{table.path} in record/results.json",
        "reason": dict(_REASON),
        "purpose": purpose,
        "methodId": _method(method),
        "analysisSetId": table.analysis_set,
        "dataset": table.dataset,
        "documentRefs": [{"referenceDocumentId": "DOC.RESULTS"}],
        "orderedGroupings": [
            {"order": order, "groupingId": grouping, "resultsByGroup": True}
            for order, grouping in enumerate(groupings, start=1)
        ],
        "results": [
            {
                "operationId": _operation(method, name),
                "rawValue": raw_value(value),
                "resultGroups": _groups(row),
            }
            for row in rows
            for name, value in row.values.items()
        ],
    }
    if table.outcome:
        analysis["variable"] = str(protocol["outcome"]["column"])
    return analysis


def raw_value(value: Number) -> str:
    """Return a value as ARS writes it: as text; the text is empty where nothing could be computed."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)


def _groups(row: Row) -> list[dict[str, str]]:
    return [
        {"groupingId": grouping, "groupId": f"{ARM}.{value}"}
        if grouping == ARM
        else {"groupingId": grouping, "groupValue": value}
        for grouping, value in row.groups.items()
    ]


def _contents(analyses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    inner = [
        {"name": analysis["name"], "level": 2, "order": order, "analysisId": analysis["id"]}
        for order, analysis in enumerate(analyses, start=1)
    ]
    report = {"name": "The report", "level": 1, "order": 1, "outputId": _REPORT}
    return [{**report, "sublist": {"listItems": inner}}]


def _report(analyses: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the one output, the printed report, with a display for each table that has an analysis."""
    titles = dict.fromkeys(analysis["name"].partition(":")[0] for analysis in analyses)
    return {
        "id": _REPORT,
        "version": 1,
        "name": "The report",
        "documentRefs": [{"referenceDocumentId": "DOC.REPORT"}],
        "fileSpecifications": [
            {"name": "report.pdf", "fileType": {"controlledTerm": "pdf"}, "location": "record/report.pdf"}
        ],
        "displays": [
            {
                "order": order,
                "display": {
                    "id": f"{_REPORT}.{_slug(title)}",
                    "version": 1,
                    "name": title,
                    "displayTitle": title,
                },
            }
            for order, title in enumerate(titles, start=1)
        ],
    }


def _sets(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    cohort = results["cohort"]
    described = {
        "ASSESSED": f"{cohort['assessed']} subjects of the data lock",
        "ANALYSED": f"{cohort['analysed']} subjects that meet every criterion of the protocol and whose outcome was due",
    }
    if results.get("harms"):
        safety = max(sum(arm["subjects"] for arm in harm["arms"].values()) for harm in results["harms"])
        described["SAFETY"] = (
            f"{safety} subjects of the compared arms, eligible or not, with an outcome or without"
        )
    if results.get("safety"):
        exposed = sum(arm["subjects"] for arm in results["safety"]["arms"].values())
        described["EXPOSED"] = (
            f"{exposed} subjects of the compared arms who have been at risk, eligible or not"
        )
    return [
        {
            "id": f"AS.{name}",
            "name": name.capitalize(),
            "description": description,
            "level": 1,
            "order": order,
        }
        for order, (name, description) in enumerate(described.items(), start=1)
    ]


def _groupings(results: Mapping[str, Any], protocol: Mapping[str, Any]) -> list[dict[str, Any]]:
    arms = results["cohort"]["arms"]
    used = dict.fromkeys(
        grouping for table in ALL_TABLES for row in table.rows(results) for grouping in row.groups
    )
    found: list[dict[str, Any]] = [
        {"id": grouping, "name": grouping.removeprefix("GF.").capitalize(), "dataDriven": True}
        for grouping in used
        if grouping != ARM
    ]
    treatment = {
        "id": ARM,
        "name": "Arm",
        "groupingVariable": str(protocol["treatment"]["column"]),
        "dataDriven": False,
        "groups": [
            {
                "id": f"{ARM}.{arm}",
                "name": arm,
                "label": str(arms[arm]["label"]),
                "level": 1,
                "order": order,
                "condition": {
                    "dataset": "extract.parquet",
                    "variable": str(protocol["treatment"]["column"]),
                    "comparator": "EQ",
                    "value": [str(arms[arm]["label"])],
                },
            }
            for order, arm in enumerate(("treated", "control"), start=1)
        ],
    }
    return [treatment, *found]


def _term(purpose: str) -> str:
    return f"TE.PURPOSE.{_slug(purpose)}"


def _slug(text: str) -> str:
    """Return an identifier made from a name: its ASCII letters (without accents) and digits, joined by underscores."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "_".join("".join(c if c.isalnum() else " " for c in plain).upper().split())
