"""The trace: from a path in ``results.json`` to the step, function and protocol keys behind its value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.errors import IntegrityError, ProtocolError


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of the results that a pattern fits.

    ``pattern`` is a path in which ``*`` fits any one part and ``**`` at the end fits everything below. ``function``
    is the ``module:name`` of the code that computes the value. ``section`` is the key in the step's own document that
    corresponds to the first part of the path.
    """

    pattern: str
    step: str
    function: str
    definition: str
    formula: str = ""
    protocol_keys: tuple[str, ...] = ()
    section: str = ""

    def in_document(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return a step's document arranged like the results, so the same path is valid in both."""
        first = self.pattern.split(".")[0]
        inner = value_at(document, self.section) if self.section else document
        return {first: inner}


_MODELS = ("models.propensity", "models.outcome", "covariates")
_EFFECT = ("estimand.target", "estimand.measure", *_MODELS, "outcome", "treatment", "trimming")

ORIGINS = (
    Origin(
        "data.**",
        "extract",
        "medicore.steps.extract:extract",
        "What the source system says of the data lock",
        "",
        ("edc",),
    ),
    Origin(
        "check.**",
        "check",
        "medicore.steps.check:check",
        "The data contract held against the lock",
        "",
        ("contract",),
    ),
    Origin(
        "cohort.**",
        "cohort",
        "medicore.steps.cohort:cohort",
        "Subjects remaining after each eligibility criterion, in order; a missing value satisfies no criterion",
        "",
        ("eligibility", "treatment"),
    ),
    Origin(
        "baseline.**",
        "cohort",
        "medicore.steps.cohort:baseline",
        "Baseline characteristics by arm: mean and standard deviation (ddof 1), or count and percent",
        "",
        ("covariates",),
        "baseline",
    ),
    Origin(
        "imputation.**",
        "cohort",
        "medicore.steps.models.imputing:complete",
        "Baseline covariates with missing values, and how they were completed before any model was fitted",
        "single: mean or most frequent level; multiple: chained equations, models given treatment and outcome",
        ("imputation", "covariates", "seed"),
        "imputation",
    ),
    Origin(
        "balance.**",
        "propensity",
        "medicore.stats.balance.balance:standardised_mean_differences",
        "Standardised mean difference and variance ratio of each term, before and after weighting",
        "SMD = (m1 − m0) / √((s1² + s0²)/2), standard deviations of the unweighted sample",
        ("gates.smd", "gates.smd_sample", *_MODELS),
        "balance",
    ),
    Origin(
        "propensity.**",
        "propensity",
        "medicore.stats.models.logistic:fit_logistic",
        "Propensity score by unpenalised logistic maximum likelihood, and its diagnostics",
        "logit e(x) = α + x′β, maximum likelihood by Newton's method",
        ("models.propensity", "covariates", "trimming", "gates"),
    ),
    Origin(
        "primary.bootstrap.**",
        "effect",
        "medicore.stats.bootstrap.bootstrap:bootstrap_effect",
        "Nonparametric bootstrap of the primary estimate; patients resampled, every nuisance model refitted",
        "interval of the named type over the replicates; standard error with ddof 1",
        (*_EFFECT, "inference", "seed"),
        "primary",
    ),
    Origin(
        "primary.verification.**",
        "effect",
        "medicore.stats.verification:verify_effect",
        "Double programming: the primary estimate and its standard error, computed a second time by another route",
        "",
        _EFFECT,
        "primary",
    ),
    Origin(
        "primary.imputation.**",
        "effect",
        "medicore.stats.imputation.pooling:pooled",
        "Rubin's rules: what the missing covariates add to the variance of the primary estimate",
        "T = W + (1 + 1/m)B; r = (1 + 1/m)B/W; degrees of freedom of Barnard & Rubin",
        ("imputation", *_EFFECT),
        "primary",
    ),
    Origin(
        "primary.**",
        "effect",
        "medicore.stats.effect.doubly_robust:doubly_robust",
        "Effect in the target population by propensity scores and outcome models together: AIPW (ATE, ATT), "
        "augmented overlap weighting (ATO); a ratio's inference is on its logarithm",
        "ATE: mean[ m1(x) − m0(x) + a(y − m1(x))/e(x) − (1 − a)(y − m0(x))/(1 − e(x)) ]; "
        "ATT: Σ[ a(y − m0(x)) − (1 − a)(y − m0(x))e(x)/(1 − e(x)) ]/Σa; "
        "ATO: Σh(m1 − m0)/Σh + Σa(1 − e)(y − m1)/Σa(1 − e) − Σ(1 − a)e(y − m0)/Σ(1 − a)e, h = e(1 − e)",
        (*_EFFECT, "inference.level"),
        "primary",
    ),
    Origin(
        "change.**",
        "effect",
        "medicore.steps.data.change:change_since",
        "Change of the primary estimate since the latest earlier run, in this month's standard errors",
        "(θ − θ′)/SE, of logarithms where the measure is a ratio",
        ("gates.estimate_change", *_EFFECT),
        "change",
    ),
    Origin(
        "evalue.**",
        "sensitivity",
        "medicore.steps.alternatives.robustness:confounding",
        "E-value: how strong an unmeasured confounder would have to be to explain the effect away",
        "E = RR + √(RR(RR − 1))",
        (*_EFFECT, "inference.level"),
        "evalue",
    ),
    Origin(
        "tipping.**",
        "sensitivity",
        "medicore.steps.alternatives.robustness:missing_outcomes",
        "Tipping point: how different the missing outcomes of the treated would have to be",
        "(τ + πδ)² = z²(SE² + δ²π(1 − π)/n1)",
        ("outcome", "eligibility", "treatment", "inference.level"),
        "tipping",
    ),
    Origin(
        "sensitivity.**",
        "sensitivity",
        "medicore.steps.sensitivity:sensitivity",
        "Planned sensitivity analyses and, apart from them, supplementary analyses; each row names its estimand",
        "",
        ("sensitivity", *_EFFECT),
    ),
)


def origin_of(path: str) -> Origin:
    """Return the origin of a path; raise IntegrityError when the table lacks it."""
    return matching(ORIGINS, path)


def matching(origins: Iterable[Origin], path: str) -> Origin:
    """Return the first of ``origins`` whose pattern fits a path; raise IntegrityError when none does."""
    for origin in origins:
        if _matches(origin.pattern, path):
            return origin
    raise IntegrityError(
        f"the origin of {path[:80]!r} is not in the trace table; expected the path of a result; "
        "a path that identifies the run has no origin"
    )


def value_at(document: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the value at a path: keys and list indexes joined by dots, as ``balance.terms.0.term``.

    Raises
    ------
    ProtocolError
        When the document has no such path.
    """
    found = document
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, ValueError, TypeError) as error:
            known = ", ".join(sorted(found)) if isinstance(found, dict) else f"{type(found).__name__}"
            raise ProtocolError(
                f"path {path[:80]!r} does not exist at {part[:40]!r}; expected one of: {known[:200]}"
            ) from error
    return found


def leaves_of(document: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield path and value of every leaf of a document, in the document's order."""
    if isinstance(document, dict):
        items: Iterable[tuple[Any, Any]] = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    else:
        yield prefix, document
        return
    for key, value in items:
        yield from leaves_of(value, f"{prefix}.{key}" if prefix else str(key))


def paths_of(document: Any, prefix: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """Return the paths of all leaves of a document."""
    return [path for path, _ in leaves_of(document, prefix)]


def _matches(pattern: str, path: str) -> bool:
    expression = re.escape(pattern).replace(r"\.\*\*", r"(\..*)?").replace(r"\*", r"[^.]+")
    return re.fullmatch(expression, path) is not None
