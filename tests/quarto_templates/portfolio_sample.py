"""Eight studies of a month as the step hands them to the portfolio report: released, waiting, halted, rejected, not run."""

import json
from datetime import UTC, datetime
from typing import Any

from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.row_headers import with_row_headers
from tests.quarto_templates.conftest import TEMPLATES

TEMPLATE = "portfolio_report.qmd"
CREATED = datetime(2025, 4, 8, tzinfo=UTC)
MONTH = "2025-03"
LONG = (
    "Randomised, double-blind, placebo-controlled, multicentre trial of subcutaneous investigational antibody added to "
    "the standard of care in adults with moderate to severe disease and an inadequate response to methotrexate"
)
STATES = (
    "archived", "released", "released", "sealed, awaiting approval", "sealed, awaiting approval",
    "halted, awaiting a decision", "rejected", "no run",
)  # fmt: skip
DECLARED: dict[int, dict[str, Any]] = {
    1: {"decimals": 1, "better": "lower", "relevant": 3.5},
    2: {"decimals": 2, "better": "lower", "relevant": 20},
    3: {"better": "higher"},
}
"""What the protocols of some studies declare of their outcome."""
_RUN: dict[str, Any] = {
    "due": "2025-04-07", "requested_by": "analyst", "approved_by": [], "report_sha256": None, "results_sha256": None,
    "evidence_sha256": None,
    "code_commit": None, "commit": None, "tag": None, "record_commit": None, "record_tag": None,
}  # fmt: skip


def contents() -> dict[str, Any]:
    """Return the document of eight studies with long titles and up to twelve months of estimates."""
    return {
        "schema": "medicore-portfolio-1",
        "month": MONTH,
        "day": "2025-04-08",
        "judged_at": "2025-04-08T09:30:00.000000Z",
        "ledger": {"sequence": 412, "digest": "5e" * 32, "at": "2025-04-08T09:30:00.000000Z"},
        "code_commit": "3a52404c3c1f5f0a2f9d5c2f0a6ed9b1f0c0d9e7",
        "renderer": {"name": "embedded", "typst": "0.15.2"},
        "studies": [study(number, state) for number, state in enumerate(STATES, start=1)],
        "families": [family()],
        "earlier_late": [
            {
                "study": "MED-2024-0007",
                "first": "2025-01",
                "last": "2025-02",
                "state": "no run",
                "due": "2025-02-07",
            },
        ],
        "later_late": [
            {
                "study": "MED-2024-0008",
                "first": "2025-04",
                "last": "2025-04",
                "state": "failed",
                "due": "2025-05-07",
            },
        ],
    }


def family() -> dict[str, Any]:
    """Return a family of three studies: one is rejected, one is not, and one is not sealed."""
    rows = [("MED-2024-0001", 0.001, 0.003, True, ""), ("MED-2024-0004", 0.03, 0.06, False, "")]
    rows.append(("MED-2024-0008", 1.0, 1.0, False, "not sealed"))
    return {
        "name": "metabolic", "method": "holm", "alpha": 0.05, "weights": None, "transitions": None,
        "declared_in": "3a52404c3c1f5f0a2f9d5c2f0a6ed9b1f0c0d9e7", "declaration_sha256": "7d" * 32,
        "hypotheses": [
            {
                "study": study, "run": None if reason else f"{study}/{MONTH}/1", "results_sha256": None,
                "entering_p": entering, "adjusted_p": adjusted, "rejected": rejected, "reason": reason,
            }
            for study, entering, adjusted, rejected, reason in rows
        ],
    }  # fmt: skip


def study(number: int, state: str) -> dict[str, Any]:
    """Return one study in a state."""
    name = f"MED-2024-{number:04d}"
    released, whole = state in {"archived", "released"}, number <= 5
    run = None if state == "no run" else f"{name}/{MONTH}/1"
    figures = {
        "estimand": "ATE", "estimator": "AIPW", "measure": "difference of means", "scale": "identity", "null": 0.0,
        "unit": "points on the health assessment questionnaire" if number == 2 else "mmol/L",
        "estimate": -12.25 * number, "standard_error": 3.5, "ci_low": -12.25 * number - 6.86,
        "ci_high": -12.25 * number + 6.86, "valid_low": -12.25 * number - 10.9, "valid_high": -12.25 * number + 10.9,
        "p_value": 0.001, "level": 0.95, "n": 1000 + number,
        "claim": {"number": 3, "controlled": True, "boundary": 3.1, "level": 0.95, "sequential_p": 0.004},
        "arms": {"treated": {"label": "1"}, "control": {"label": "placebo"}},
        "protocol": {
            "outcome": {"type": "continuous", **DECLARED.get(number, {})},
            "treatment": {"column": "arm"},
            "contract": {"columns": [{"name": "arm", "labels": {"1": "antibody"}}]},
        },
    }  # fmt: skip
    months = [f"2024-{index:02d}" for index in range(4, 13)] + ["2025-01", "2025-02", "2025-03"]
    finding = {
        "step": "propensity", "gate": "SMD (weighted)", "subject": "baseline_score", "statistic": "0.1315",
        "threshold": "0.1", "overridable": True, "digest": "5d" * 32, "decision": None,
        "message": "1 of 5 terms are imbalanced, worst baseline_score with |SMD| 0.131484 (weighted), at the limit 0.1; "
        "respecify the propensity model, or show why the imbalance does not matter",
    }  # fmt: skip
    decision = {
        "meaning": "proceed", "reason": "Discussed with the clinical lead; adjusted for in the outcome models",
        "name": "Rosa Reviewer", "role": "reviewer", "signed_at": "2025-04-03T10:00:00.000000Z",
    }  # fmt: skip
    row = {**_RUN, "run": run, "state": state, "late": not released}
    if run is not None:
        row |= {"commit": "ab" * 20, "tag": f"run/{run}", "code_commit": "cd" * 20}
    if whole:
        row |= {"report_sha256": f"{number:x}f" * 32, "results_sha256": f"{number:x}e" * 32}
    if state.startswith("halted"):
        row |= {"evidence_sha256": f"{number:x}d" * 32}
    if released:
        signed = {"name": "Rosa Reviewer", "role": "reviewer", "signed_at": "2025-04-04T10:00:00.000000Z"}
        row |= {"record_commit": "ef" * 20, "record_tag": f"record/{run}", "approved_by": [signed]}
    waits = {
        "sealed, awaiting approval": {"what": "approval", "who": ["Rosa Reviewer", "Quentin Quality", "Xu"]},
        "halted, awaiting a decision": {"what": "a decision on its findings", "who": ["Rosa Reviewer"]},
        "rejected": {"what": "a new run", "who": []},
        "no run": {"what": "a request", "who": []},
        "released": {"what": "its archive", "who": []},
    }
    halted = state.startswith("halted")
    change = {"month": "2025-02", "run": f"{name}/2025-02/1", "in_standard_errors": 0.31 - 0.2 * number}
    return {
        "study": name,
        "title": LONG,
        "due": "2025-04-07",
        "late": not released,
        "run": run,
        "state": state,
        "runs": [] if run is None else [row],
        "months": [
            {**figures, "month": month, "run": f"{name}/{month}/1", "released": place % 3 > 0,
             "estimate": figures["estimate"] + 0.4 * place}
            for place, month in enumerate(months) if whole and place % 5 and place >= 10 * (number == 5)
        ],
        "waits_for": waits.get(state),
        "open": [
            {**finding, "run": run, "false_alarm_rate": 0.05, "answer": "proceed or reject", "who": ["Rosa Reviewer"],
             "command": f"medicore sign {run} --meaning proceed --finding {'5d' * 6} --as PERSON --reason '…'"}
        ] if halted else [],
        "why": [finding["message"]] if halted else ["The export was cut; corrected data are on their way"]
        if state == "rejected" else [],
        "figures": figures if whole else None,
        "change": change if whole else None,
        "earlier": "2025-02" if whole else None,
        "diagnostics": {
            "smd_before": 0.388, "smd_after": 0.016, "smd_limit": 0.1, "arms": {"treated": 374, "control": 335},
            "c_statistic": 0.673, "effective_sample_size": {"treated": 342.4, "control": 292.6},
        } if whole else None,
        "findings": [{**finding, "decision": decision}] if number in {1, 4} else [],
    }  # fmt: skip


def identity() -> dict[str, Any]:
    """Return what the report is called, as ``run.json`` has it."""
    return {
        "id": f"portfolio/{MONTH}/412",
        "study": "portfolio",
        "month": MONTH,
        "number": 412,
        "unit": "event",
        "status": "summary",
        "kind": "Portfolio report – a summary, itself no record",
        "record_tag": "ledger event 412, 5e5e5e5e5e5e5e5e",
        "title": f"Causal-effect studies in {MONTH}: how the portfolio stands",
        "author": "MediCore",
        "paper": "a4",
    }


def files(document: dict[str, Any], **other: Any) -> dict[str, bytes]:
    """Return the files as the renderer takes them; ``other`` changes the identity."""
    parts = {"portfolio": document, "run": {**identity(), **other}}
    return {f"{name}.json": json.dumps(part).encode() for name, part in parts.items()}


def render(document: dict[str, Any], **other: Any) -> bytes:
    """Return the report that the embedded renderer makes of a document."""
    return with_row_headers(
        EmbeddedRenderer().render(str(TEMPLATES), files(document, **other), CREATED, TEMPLATE)
    )
