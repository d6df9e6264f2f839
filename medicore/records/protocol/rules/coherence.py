"""Coherence of a protocol: its parts must agree with the data contract and with each other."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from medicore.records.protocol.contract import UnknownColumnError
from medicore.records.protocol.criteria import NUMERIC, require_fit
from medicore.records.protocol.flexible import flexible_incoherence
from medicore.records.protocol.harms import incoherent_harms
from medicore.records.protocol.hypotheses.coherence import incoherent_endpoints, incoherent_families
from medicore.records.protocol.intercurrent import Criterion
from medicore.records.protocol.modelling.clusters import incoherent_clusters
from medicore.records.protocol.modelling.penalised import incoherent_penalty
from medicore.records.protocol.modelling.terms import incoherent_terms
from medicore.records.protocol.monitoring import declared_harms, monitoring_incoherence
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.randomised import incoherent_randomised
from medicore.records.protocol.rules.control_rules import TAKEN, incoherent_controls
from medicore.records.protocol.rules.counts import incoherent_counts
from medicore.records.protocol.rules.ordinal import incoherent_levels
from medicore.records.protocol.rules.survival import incoherent_survival
from medicore.records.protocol.safety.coherence import incoherent_safety
from medicore.records.protocol.strategies import incoherent_strategies, planned_columns
from medicore.records.protocol.visits import incoherent_visits

_PARTS: tuple[Callable[[Protocol], Iterable[str]], ...] = (
    incoherent_strategies,
    incoherent_randomised,
    incoherent_controls,
    lambda one: incoherent_endpoints(one, (_outcome_can_be_analysed, _estimand_can_be_estimated)),
    incoherent_families,
    incoherent_survival,
    incoherent_terms,
    incoherent_clusters,
    incoherent_penalty,
    incoherent_visits,
    incoherent_counts,
    incoherent_levels,
)
"""What the parts that have a module of their own ask for."""


def incoherences(protocol: Protocol) -> list[str]:
    """Return every contradiction in ``protocol``, in words; none when its parts agree.

    A rule that looks up a column that the contract does not have ends there: the column itself is told.
    """
    declared = declared_harms(protocol.monitoring)
    rules: list[Callable[[Protocol], None]] = [
        _columns_exist,
        _treatment_is_a_contrast,
        _outcome_can_be_analysed,
        _estimand_can_be_estimated,
        _covariates_are_baseline,
        _imputation_is_valid,
        _models_use_covariates,
        *(partial(_criterion_fits, criterion=criterion) for criterion in protocol.eligibility),
        lambda one: _distinct("criteria have the name", (criterion.name for criterion in one.eligibility)),
        _limits_ordered,
        _monitoring_agrees,
        _flexible_agrees,
        _ignored_are_no_data,
        _datasets_give_the_contract,
    ]
    return [
        *(words for rule in rules for words in _problems(rule, protocol)),
        *incoherent_harms(declared, protocol.contract),
        *incoherent_safety(protocol, declared),
        *(words for part in _PARTS for words in _until_unknown(part, protocol)),
    ]


def _problems(rule: Callable[[Protocol], None], protocol: Protocol) -> Iterator[str]:
    """Yield what a rule says against the protocol."""
    try:
        rule(protocol)
    except ValueError as error:
        yield str(error)
    except UnknownColumnError:
        return


def _until_unknown(part: Callable[[Protocol], Iterable[str]], protocol: Protocol) -> Iterator[str]:
    """Yield what a part says against the protocol, up to a column that the contract does not have."""
    try:
        yield from part(protocol)
    except UnknownColumnError:
        return


def _datasets_give_the_contract(protocol: Protocol) -> None:
    """Raise ValueError unless the source's data sets provide every column of the contract exactly once."""
    datasets = protocol.edc.datasets
    if not datasets:
        _one_table_is_asked_for(protocol)
        return
    contract = protocol.contract
    given = [name for dataset in datasets for name in dataset.columns]
    if contract.subject in given:
        raise ValueError(
            f"column {contract.subject!r} is the subject of the first data set; 'columns' is for others"
        )
    _distinct("data sets give the column", given)
    differing = sorted({*given, contract.subject} ^ set(contract.names))
    if differing:
        raise ValueError(
            f"columns {differing} are only in the contract or only in edc.datasets; expected them in both"
        )
    shown = sorted(
        {column for dataset in datasets for column in dataset.columns.values()} & set(contract.unblinding)
    )
    if shown and contract.blinded:
        raise ValueError(f"columns {shown} of edc.datasets would unblind the study")
    if len(datasets) > 1 and "" not in contract.missing:
        raise ValueError(
            "subjects without a row in a data set get empty texts; list '' under contract.missing"
        )


def _one_table_is_asked_for(protocol: Protocol) -> None:
    """Raise ValueError when the source names several tables and no data sets say how they are joined."""
    for key in ("form", "dataset"):
        asked = getattr(protocol.edc, key, "")
        if not isinstance(asked, str) and len(asked) > 1:
            raise ValueError(
                f"edc.{key} names {len(asked)} tables; expected edc.datasets to say which columns of each are used, and "
                "how the rows are selected"
            )


def _ignored_are_no_data(protocol: Protocol) -> None:
    """Raise ValueError when the source ignores a column that is data, or one that must be checked for unblinding."""
    ignored = set(protocol.edc.ignored)
    clash = sorted(ignored & {*protocol.contract.names, *protocol.contract.unblinding})
    if clash:
        raise ValueError(f"columns {clash} are ignored by the source, but the contract declares them")


def _columns_exist(protocol: Protocol) -> None:
    used = {
        protocol.treatment.column,
        protocol.outcome.column,
        *(criterion.column for criterion in protocol.eligibility),
        *(covariate.column for covariate in protocol.covariates),
        *planned_columns(protocol),
        *(protocol.randomisation.strata if protocol.randomisation is not None else ()),
    }
    missing = sorted(used - set(protocol.contract.names))
    if missing:
        raise ValueError(f"columns {missing} are used but not in the contract")


def _treatment_is_a_contrast(protocol: Protocol) -> None:
    treatment = protocol.treatment
    arms = protocol.contract.column(treatment.column).values or ()
    for arm in (treatment.treated, treatment.control):
        if arm not in arms:
            raise ValueError(f"arm {arm!r} is not an allowed value of column {treatment.column!r}")
    if treatment.treated == treatment.control:
        raise ValueError("the contrast needs two different arms")


def _outcome_can_be_analysed(protocol: Protocol) -> None:
    column = protocol.contract.column(protocol.outcome.column)
    if column.type not in NUMERIC:
        raise ValueError(
            f"outcome {column.name!r} is of type {column.type}; an outcome is a number; declare a flag such as Y as type "
            "integer with minimum 0, maximum 1 and recode: {Y: '1', '': '0'}"
        )
    if column.timing != "follow-up":
        raise ValueError(f"outcome {column.name!r} is not measured at follow-up")
    coded = column.type == "integer" and (column.minimum, column.maximum) == (0, 1)
    if protocol.outcome.type == "binary" and not coded:
        raise ValueError(f"binary outcome {column.name!r} must be an integer with minimum 0 and maximum 1")


def _estimand_can_be_estimated(protocol: Protocol) -> None:
    measure, target = protocol.estimand.measure, protocol.estimand.target
    if measure in ("risk ratio", "odds ratio") and protocol.outcome.type != "binary":
        raise ValueError(f"the measure {measure!r} compares risks; it needs an outcome of type binary")
    if protocol.design == "randomised" and target != "ATE":
        raise ValueError(f"a randomised study estimates the ATE of everybody randomised, not the {target}")


def _covariates_are_baseline(protocol: Protocol) -> None:
    _distinct("covariates have the column", (covariate.column for covariate in protocol.covariates))
    columns = {c.column: protocol.contract.column(c.column) for c in protocol.covariates}
    taken = sorted(TAKEN & set(columns))
    if taken:
        raise ValueError(f"covariates {taken} have names that the analysis set needs for itself; rename them")
    late = sorted(name for name, column in columns.items() if column.timing != "baseline")
    if late:
        raise ValueError(f"covariates {late} are not measured at baseline; adjusting for them is refused")
    for covariate in protocol.covariates:
        kind = columns[covariate.column].type
        if kind not in {*NUMERIC, "category"}:
            raise ValueError(f"covariate {covariate.column!r} is of type {kind}; no model accepts this type")
        if not covariate.terms or (covariate.terms != ("categories",)) == (kind == "category"):
            raise ValueError(
                f"covariate {covariate.column!r}: a category needs the term 'categories', a number 'linear', 'square' or 'spline'"
            )
        if kind in NUMERIC and "categories" in covariate.terms:
            raise ValueError(f"covariate {covariate.column!r}: a number has no categories")


def _imputation_is_valid(protocol: Protocol) -> None:
    plan = protocol.imputation
    if plan.method == "single" and protocol.design == "observational":
        raise ValueError(
            "single imputation leaves confounding behind in an observational study; declare multiple imputation"
        )
    if plan.indicators and plan.method != "single":
        raise ValueError("missing indicators belong to single imputation in a randomised study")
    if plan.method == "multiple" and protocol.trimming.method != "none":
        raise ValueError(
            "trimming would discard different subjects in each completed data set; declare no trimming with multiple "
            "imputation, and plan it as a supplementary analysis"
        )
    if plan.method == "multiple" and protocol.inference.interval == "BCa":
        raise ValueError("a BCa interval is not defined over several completed data sets; declare percentile")


def _models_use_covariates(protocol: Protocol) -> None:
    covariates = {covariate.column for covariate in protocol.covariates}
    used = {*protocol.models.propensity, *protocol.models.outcome, *protocol.sensitivity.subgroups}
    stray = sorted(used - covariates)
    if stray:
        raise ValueError(f"columns {stray} are in a model or subgroup but are not covariates")
    for name in protocol.sensitivity.subgroups:
        if protocol.contract.column(name).type != "category":
            raise ValueError(f"subgroup {name!r} is not a category")


def _criterion_fits(protocol: Protocol, criterion: Criterion) -> None:
    require_fit(protocol, criterion, f"criterion {criterion.name!r}")


def _limits_ordered(protocol: Protocol) -> None:
    if protocol.trimming.lower >= protocol.trimming.upper:
        raise ValueError("the lower trimming limit must be below the upper")
    if protocol.gates.score_lower >= protocol.gates.score_upper:
        raise ValueError("the lower score limit must be below the upper")
    if any(threshold >= 0.5 for threshold in protocol.sensitivity.trimming):
        raise ValueError("a trimming threshold of 0.5 or more leaves nobody")


def _monitoring_agrees(protocol: Protocol) -> None:
    found = monitoring_incoherence(
        protocol.monitoring, level=protocol.inference.level, measure=protocol.estimand.measure
    )
    if found is not None:
        raise ValueError(found)


def _flexible_agrees(protocol: Protocol) -> None:
    found = flexible_incoherence(protocol.sensitivity.flexible, target=protocol.estimand.target)
    if found is not None:
        raise ValueError(found)


def _distinct(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what} {name!r}")
        seen.add(name)
