"""methods_text: the methods in words, by the design, the estimator and the kind of outcome."""

from presentation.kinds import outcome, visits
from presentation.writing.inputs import Report
from presentation.writing.typst import block, call

_SCORE = (
    "The propensity score is the probability of treatment given the baseline covariates of the protocol; it is estimated by "
    "unpenalised logistic maximum likelihood."
)
_KNOWN_SCORE = (
    "Treatment was assigned at random. The propensity score is estimated all the same, by unpenalised logistic maximum "
    "likelihood, since an estimated score removes chance differences of the baseline."
)
_AUGMENTED = (
    "The primary estimator is augmented inverse probability weighting (AIPW), which joins the propensity score with one outcome "
    "model per arm"
)
_ROBUST = {
    True: "and is consistent when either of them is right.",
    False: "; by the randomisation it is consistent even where the outcome models are wrong.",
}
_UNOBSERVED = {
    "weighted": "Where outcomes are missing it is weighted for being observed as well (section 10.1).",
    "mixed model": visits.UNOBSERVED,
    "complete cases": "It analyses complete cases (section 10.1).",
}
_DRAWN = "Missing outcomes are drawn several times, and the analyses are pooled (section 10.1)."
_INTERVAL = {
    "aipw": "Its interval holds in small samples too: residuals are corrected for leverage, and the quantiles are those of "
    "Student's t.",
    "ancova": "Its standard error is that of the coefficients by HC2, and the quantiles are those of Student's t.",
    "mmrm": visits.INTERVAL,
    "g-computation": "Its standard error is by the influence function, corrected for leverage, and the quantiles are those of "
    "Student's t.",
}
_ADJUSTED = {
    "ancova": "The primary estimator is analysis of covariance (ANCOVA): the difference of the arms' means, adjusted for the "
    "baseline covariates of the protocol.",
    "mmrm": visits.BRIEF,
    "g-computation": "The primary estimator is g-computation: the outcome model's predictions under either arm, averaged over "
    "everybody.",
}
_RANDOMISED = (
    "Treatment was assigned at random, so that adjustment serves precision alone and a wrong model leaves the estimate "
    "consistent. No propensity score enters it."
)
_RANDOMISED_VISITS = "Treatment was assigned at random, so that adjustment serves precision alone. No propensity score enters the primary estimate."
_TWICE = (
    "Standard errors by influence function, stacked sandwich and bootstrap stand beside it. The primary estimate is computed a "
    "second time by an independent route before anything is reported, and so is what the look may claim. Section 16.1.9 gives "
    "formulas and references."
)
_TWICE_MIXED = (
    "The model's own standard error, the sandwich over subjects and the bootstrap stand beside it. The primary estimate is computed a "
    "second time by an independent route before anything is reported, and so is what the look may claim. Section 16.1.9 gives "
    "formulas and references."
)
_TWICE_ALONE = (
    "The primary estimate is computed a second time by an independent route before anything is reported, and so is what the "
    "look may claim. Section 16.1.9 gives formulas and references."
)
_FITTED = (
    "fitted by Newton's method on standardised columns until convergence is proved. Separation is looked for and not inferred "
    "from convergence; terms that depend linearly on earlier ones are dropped and listed."
)
_USED_BESIDE = (
    "The primary estimator does without it; it enters the balance after weighting and the rows of the sensitivity and "
    "supplementary analyses that weight or match."
)
_CORRECTED = (
    "The primary analysis corrects the influence function for small samples: each residual Y − m of a subject's own arm is "
    "divided by √(1 − h), where h is the leverage of the subject in the outcome model (HC2; MacKinnon & White 1985, Bell & "
    "McCaffrey 2002). Its interval is the estimate ± the quantile of Student's t times this standard error, with the degrees of "
    "freedom that Table 14.2.1 names: {freedom}."
)
_FREEDOM = {
    "ATE": "the subjects with an outcome less the parameters of the outcome models",
    "ATT": "those of Satterthwaite (1946), for the effect in the treated",
    "ATO": "the subjects with an outcome less the parameters of the outcome models",
}
_JACKKNIFE = (
    "The standard error of the primary analysis is the jackknife's: every model is fitted again without each subject. Its "
    "interval is the estimate ± the quantile of Student's t times this standard error, with the degrees of freedom that Table "
    "14.2.1 names."
)
_MIXED = (
    "The standard error of the primary analysis is the mixed model's, by the declared method, and its interval is the estimate ± the "
    "quantile of Student's t times this standard error. The sandwich over subjects sums the outer products of what each subject "
    "moves the estimate by (Liang & Zeger 1986), and is right where the arms do not share one covariance. The bootstrap draws "
    "subjects of all arms and fits the model again; its spread is held against the sandwich whose residuals are corrected for "
    "leverage (Mancl & DeRouen 2001)."
)
_COEFFICIENTS = (
    "The standard error of the primary analysis is the one that is described with its estimator. Its interval is the estimate ± "
    "the quantile of Student's t times this standard error, with the degrees of freedom that Table 14.2.1 names."
)
_OTHERS = (
    "Beside it stand the sandwich of the stacked estimating equations of all nuisance models and the estimator, and the bootstrap, "
    "which has its own interval. Other intervals use the normal quantile where a table names no t."
)
_WEIGHTING = (
    "Weighting: weights are normalised in each arm (Hájek): 1/e and 1/(1 − e) for everybody, 1 and e/(1 − e) for the treated, 1 − e and e "
    "for the overlap population. Their standard errors account for the estimated scores. The inference of a ratio is made on "
    "its logarithm."
)
_OTHERS_MISSING = (
    "Where outcomes are missing: weights for treatment are divided by the probability π of an observed outcome, and their standard errors account for both "
    "models. Outcome models alone are fitted among the observed and averaged over everybody. Targeted maximum likelihood moves "
    "these predictions among the observed with the weights 1/(eπ). Matching and what rests on randomisation alone analyse "
    "complete cases, and their rows say so."
)
_TRIMMING = (
    "Trimming: discarding subjects with extreme scores changes the estimand and is reported as supplementary unless the protocol "
    "plans it; the models are fitted again on those who are left."
)


def adjusted(report: Report) -> bool:
    """Return whether the primary estimator rests on an outcome model and the randomisation alone."""
    return bool(report.protocol["inference"].get("estimator", "aipw") != "aipw")


def in_brief(report: Report) -> str:
    """Return section 9.2: what is estimated, and what its interval rests on."""
    made = block(call("para", _main(report)))
    return made + outcome.in_brief(report) if outcome.own(report) else made


def _main(report: Report) -> str:
    if adjusted(report):
        estimator = report.protocol["inference"]["estimator"]
        mixed = visits.mixed(report)
        twice, assigned = (_TWICE_MIXED, _RANDOMISED_VISITS) if mixed else (_TWICE, _RANDOMISED)
        parts = [assigned, _ADJUSTED[estimator], _missing(report), _INTERVAL[estimator], twice]
    else:
        joint = _ROBUST[report.observational]
        robust = f"{_AUGMENTED}{'' if joint.startswith(';') else ' '}{joint}"
        parts = [_SCORE if report.observational else _KNOWN_SCORE, robust]
        parts += [_TWICE_ALONE] if outcome.own(report) else [_missing(report), _INTERVAL["aipw"], _TWICE]
    return " ".join(part for part in parts if part)


def _missing(report: Report) -> str:
    """Return what is done about missing outcomes, in one sentence."""
    found = report.results["cohort"]["outcomes"]
    return _DRAWN if found.get("imputation") else _UNOBSERVED.get(found["method"], "")


def score_fitted(report: Report) -> str:
    """Return how the score is fitted, and who uses it where the primary estimator does not."""
    words = f"{_FITTED} {_USED_BESIDE}" if adjusted(report) else _FITTED
    return block(call("para", words))


def errors(report: Report) -> str:
    """Return what stands after the formula of the influence function: the primary standard error, and the others."""
    if visits.mixed(report):
        return block(call("para", _MIXED))
    if outcome.own(report):
        first = _JACKKNIFE
    elif adjusted(report):
        first = _COEFFICIENTS
    else:
        target = report.protocol["estimand"]["target"]
        first = _CORRECTED.format(freedom=_FREEDOM.get(target, _FREEDOM["ATE"]))
    return block(call("para", _OTHERS), call("para", first))


def others(report: Report) -> str:
    """Return the paragraphs on the estimators of the other analyses, as far as the study can have rows of them."""
    missing = report.results["cohort"]["outcomes"]["groups"]["overall"]["missing"]["n"]
    planned = report.protocol["trimming"]["method"] != "none" or report.protocol["sensitivity"]["trimming"]
    told = [_WEIGHTING]
    told += [_OTHERS_MISSING] if missing and not outcome.own(report) else []
    told += [_TRIMMING] if planned else []
    return block(*(call("para", words) for words in told))
