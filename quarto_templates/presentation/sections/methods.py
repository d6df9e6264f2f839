"""methods: the formulas of the primary estimator in its target population, and of the measure."""

from presentation.kinds import outcome, visits
from presentation.writing.inputs import Report
from presentation.writing.typst import Code, block, call

_MODELS = "The outcome models m1 and m0 are fitted within each arm, {how}; e is the propensity score, A the arm, Y the outcome."
_FORMULAE = {
    "ATE": (
        "Primary estimator: augmented inverse probability weighting (Robins, Rotnitzky & Zhao 1994; Lunceford & "
        "Davidian 2004), the average of φ over everybody. Residuals are weighted by 1/e and 1/(1 − e), and the weights "
        "are not normalised.",
        "tau hat is the mean over subjects of phi i, where phi i is m1 of X minus m0 of X, plus A times Y minus m1 of X "
        "over e of X, minus 1 minus A times Y minus m0 of X over 1 minus e of X",
        "$ hat(tau) = 1/n sum_(i=1)^n phi_i, quad phi_i = hat(m)_1(X_i) - hat(m)_0(X_i) "
        "+ (A_i (Y_i - hat(m)_1(X_i))) / (hat(e)(X_i)) "
        "- ((1 - A_i)(Y_i - hat(m)_0(X_i))) / (1 - hat(e)(X_i)). $",
    ),
    "ATT": (
        "Primary estimator: augmented inverse probability weighting of the effect in the treated (Moodie, Saarela & "
        "Stephens 2018). Controls are weighted by their odds of treatment, and the weights are not normalised.",
        "tau hat is the sum of A times Y minus m0 of X, minus 1 minus A times Y minus m0 of X times e of X over 1 minus "
        "e of X, over the number of treated",
        "$ hat(tau) = (sum_i [A_i (Y_i - hat(m)_0(X_i)) - (1 - A_i)(Y_i - hat(m)_0(X_i)) "
        "hat(e)(X_i) \\/ (1 - hat(e)(X_i))]) / (sum_i A_i). $",
    ),
    "ATO": (
        "Primary estimator: augmented overlap weighting (Li, Morgan & Zaslavsky 2018; Zhou, Tong, Li, Thomas & Li 2022). "
        "Predictions are averaged with h = e(1 − e); residuals have the weights w1 = 1 − e and w0 = e, which sum to 1 "
        "in each arm.",
        "tau hat is the weighted mean of m1 minus m0 with weights e times 1 minus e, plus the weighted mean residual of "
        "the treated with weights 1 minus e, minus that of the controls with weights e",
        "$ hat(tau) = (sum_i h_i (hat(m)_1(X_i) - hat(m)_0(X_i))) / (sum_i h_i) "
        "+ (sum_i A_i w_(1 i) (Y_i - hat(m)_1(X_i))) / (sum_i A_i w_(1 i)) "
        "- (sum_i (1 - A_i) w_(0 i) (Y_i - hat(m)_0(X_i))) / (sum_i (1 - A_i) w_(0 i)). $",
    ),
}
_ADJUSTED = {
    "ancova": (
        "Primary estimator: analysis of covariance, least squares of the outcome on the arm and the baseline covariates{with}, "
        "averaged over everybody (Yang & Tsiatis 2001; Lin 2013).",
        "Its standard error is that of the coefficients by HC2, with the sampling of the covariates (MacKinnon & White 1985; "
        "Ye, Shao, Yi & Zhao 2023): the interval holds even where the model is wrong.",
    ),
    "g-computation": (
        "Primary estimator: g-computation, predictions of the outcome model{with} under either arm, averaged over everybody "
        "(Robins 1986; Freedman 2008).",
        "Its standard error is that of the influence function under the randomisation (Ye, Bannick, Yi & Shao 2023): the "
        "interval holds even where the model is wrong.",
    ),
}
_STANDARDISED = (
    "mu hat of arm a is the mean over subjects of m a of X, and tau hat is mu 1 minus mu 0; phi i is the influence of a subject",
    "$ hat(mu)_a = 1/n sum_(i=1)^n hat(m)_a(X_i), quad hat(tau) = hat(mu)_1 - hat(mu)_0, quad "
    "phi_i = hat(m)_1(X_i) - hat(m)_0(X_i) + (A_i (Y_i - hat(m)_1(X_i))) / pi "
    "- ((1 - A_i)(Y_i - hat(m)_0(X_i))) / (1 - pi). $",
)
_RATIO = (
    "The {measure} is made of the two arms' means of this estimator; its standard error is that of its logarithm by the "
    "delta method, and its interval is made on the logarithm and exponentiated."
)
_SCORE = (
    "e of X equals the probability that A is 1 given X, equal to one over one plus e to the minus alpha minus X "
    "transposed beta",
    "$ e(X) = P(A = 1 | X) = 1 / (1 + exp(-alpha - X^top beta)), $",
)
_ERROR = (
    "squared standard error equals the sum of squared deviations of phi i from tau hat over n times n minus d",
    '$ "SE"^2 = 1 / (n (n - d)) sum_(i=1)^n (phi_i - hat(tau))^2; $',
)
_BALANCE = (
    "SMD equals the difference of the arms' means over the square root of the mean of the two unweighted variances; "
    "effective sample size equals the squared sum of weights over the sum of squared weights",
    '$ "SMD" = (overline(x)_1 - overline(x)_0) / sqrt((s_1^2 + s_0^2) \\/ 2), quad '
    'n_"eff" = (sum_i w_i)^2 / (sum_i w_i^2), $',
)


def propensity_score(_: Report) -> str:
    """Return the formula of the propensity score."""
    return _formula(_SCORE)


def influence_error(report: Report) -> str:
    """Return the formula of the standard error by the influence function; nothing where no estimator has one."""
    if visits.mixed(report):
        return ""
    words = "By influence function, with d the degrees of freedom named in Table 14.2.1,"
    return block(call("para", words)) + _formula(_ERROR)


def balance_measures(_: Report) -> str:
    """Return the formulas of the standardised mean difference and of the effective sample size."""
    return _formula(_BALANCE)


def _formula(written: tuple[str, str]) -> str:
    alternative, formula = written
    return block(call("formula", alternative, Code(formula)))


def primary_estimator(report: Report) -> str:
    """Return description and formula of the primary estimator for the protocol's target population."""
    if visits.mixed(report):
        return visits.estimator(report)
    if report.protocol["inference"].get("estimator", "aipw") != "aipw":
        return _adjusted(report)
    if outcome.own(report):
        return outcome.estimator(report)
    words, alternative, formula = _FORMULAE[report.protocol["estimand"]["target"]]
    binary = report.protocol["outcome"]["type"] == "binary"
    fitted = "by logistic regression" if binary else "by least squares"
    if report.protocol["models"].get("outcome_fit") == "firth":
        fitted = "by logistic regression with Firth's penalised likelihood"
    models = _MODELS.format(how=fitted)
    parts = [
        call("para", words),
        call("formula", alternative, Code(formula)),
        call("para", models),
    ]
    measure = report.protocol["estimand"]["measure"]
    if measure != "difference":
        parts.append(call("para", _RATIO.format(measure=measure)))
    return block(*parts)


def _adjusted(report: Report) -> str:
    """Return description and formula of ANCOVA or g-computation."""
    plan = report.protocol["inference"]
    words, error = _ADJUSTED[plan["estimator"]]
    interacting = " and their interactions" if plan.get("heterogeneous") else ""
    if plan["estimator"] == "g-computation":
        interacting = " of each arm" if plan.get("heterogeneous") else ", with the arm as a term,"
    alternative, formula = _STANDARDISED
    parts = [
        call("para", words.format(**{"with": interacting})),
        call("formula", alternative, Code(formula)),
        call("para", f"π is the share of the treated, A the arm, Y the outcome. {error}"),
    ]
    measure = report.protocol["estimand"]["measure"]
    if measure != "difference":
        parts.append(call("para", _RATIO.format(measure=measure)))
    return block(*parts)
