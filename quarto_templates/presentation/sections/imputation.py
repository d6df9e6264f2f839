"""imputation: the baseline covariates with gaps, the method, and the cost in precision of the estimate."""

from typing import Any

from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import fixed, percent, significant, with_share
from presentation.writing.typst import block, call, joined

_NONE = (
    "Missing baseline covariates: none is allowed by the protocol, and every analysed subject has them all."
)
_COMPLETE = "Missing baseline covariates: the protocol plans {method} imputation, and nothing was missing."
_SINGLE = (
    "Each gap is filled with the mean of the observed values of both arms, of a category with its most frequent level; "
    "neither treatment nor outcome is looked at (White & Thompson 2005; FDA 2023)."
)
_INDICATORS = " Whether a value was missing is a further term of the models."
_MULTIPLE = (
    "Gaps are drawn {imputations} times by chained equations ({iterations} iterations, seed {seed}), given treatment, "
    "outcome, their product and all other covariates: numbers by {numbers}, categories by logistic regression (van Buuren "
    "2018; Leyrat et al. 2019). Every completed data set is analysed in full, propensity model included, and the estimates "
    "are pooled by Rubin's rules; balance and propensity score are shown for the first, and the gates watch all. It is valid when, given what was observed, whether a value is missing does not depend on "
    "the value (missing at random)."
)
_NUMBERS = {
    "matching": "predictive mean matching",
    "normal": "Bayesian linear regression",
}


def missing_covariates(report: Report) -> str:
    """Return what was missing and how it was imputed: a sentence, or Table 14.1.2.1."""
    found = report.results["imputation"]
    if found is None:
        return block(call("para", _NONE))
    if not found["covariates"]:
        return block(call("para", _COMPLETE.format(method=found["method"])))
    several = found["method"] == "multiple"
    words = _SINGLE + (_INDICATORS if found["indicators"] else "")
    if several:
        words = _MULTIPLE.format(**{**found, "numbers": _NUMBERS[found["numbers"]]})
    rows: list[Row | Group] = [
        Row(
            (_label(row), *_gaps(row), _number(row, "mean_observed"), _fill_text(row, several)),
            "titled",
            report.cite(f"imputation.covariates.{index}"),
        )
        for index, row in enumerate(found["covariates"])
    ]
    columns = (
        Column(("Covariate",), "left", "1fr"),
        Column(("Missing", "treated", "n (%)")),
        Column(("Missing", "control", "n (%)")),
        Column(("Observed", "mean or %")),
        Column(("Imputed", "mean or %" if several else "")),
    )
    note = "Means of numbers; of a category, the percentage at the level named. "
    note += (
        f"Imputed: over {found['imputations']} completed data sets. That it differs from the observed does not mean that "
        "it is wrong: those with gaps may differ."
        if several
        else "Imputed: the value that fills every gap."
    )
    made = table(
        "14.1.2.1",
        "Missing baseline covariates",
        columns,
        rows,
        note=joined(note, report.cite("imputation")),
        source="imputation.covariates",
    )
    return block(call("para", words, report.cite("imputation")), made)


def pooling(report: Report) -> str:
    """Return a paragraph about the cost of the gaps for the primary estimate; nothing for a single data set."""
    found = report.results["primary"]["imputation"]
    if found is None:
        return ""
    places = report.decimals
    freedom = found["degrees_of_freedom"]
    words = (
        f"The estimate is pooled over {found['imputations']} completed data sets: variance within "
        f"{significant(found['within'])}, between {significant(found['between'])}; fraction of missing "
        f"information {percent(found['missing_information'])}; "
        f"{'normal reference' if freedom is None else f'{fixed(freedom, 0)} degrees of freedom'}; Monte-Carlo error of the "
        f"estimate {fixed(found['monte_carlo_error'], places + 1)}."
    )
    return block(call("para", words, report.cite("primary.imputation")))


def _label(row: dict[str, Any]) -> str:
    if row["level"] is not None:
        return f"{row['label']}: {row['level']}"
    return f"{row['label']}, {row['unit']}" if row["unit"] else str(row["label"])


def _gaps(row: dict[str, Any]) -> tuple[str, str]:
    treated, control = (
        with_share(row["missing"][arm], row["missing_share"][arm]) for arm in ("treated", "control")
    )
    return treated, control


def _number(row: dict[str, Any], key: str) -> str:
    return f"{fixed(row[key], 1)} %" if row["level"] is not None else fixed(row[key], 2)


def _fill_text(row: dict[str, Any], several: bool) -> str:
    if several or row["level"] is None:
        return _number(row, "mean_imputed")
    return str(row["filled_with"])
