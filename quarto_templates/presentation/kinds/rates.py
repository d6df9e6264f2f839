"""rates: what the report of a count says besides: events and exposure, weights, the arms' rates.

Every function that returns a block returns nothing for another outcome.
"""

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, interval, level, percent, with_share
from presentation.writing.typst import Block, Code, block, call, joined

_ARMS = ("treated", "control")
BRIEF = (
    "For a count the comparison is of rates: events per unit of exposure. The outcome models are log-linear models of the rate "
    "(Poisson quasi-likelihood, the exposure as offset), one per arm, and residuals are weighted by the expected exposure in "
    "place of a model of being observed. No variance is taken from the Poisson distribution: the standard error of the primary "
    "analysis is the jackknife's, with every model fitted again without each subject, and the quantiles are those of Student's t."
)
_ESTIMATOR = (
    "Primary estimator: augmented inverse probability weighting of rates (Robins, Rotnitzky & Zhao 1994), with models fitted by "
    "Poisson quasi-likelihood (Gourieroux, Monfort & Trognon 1984). The rate of arm a is the mean of ψ over everybody:",
    "psi of arm a is m a, plus the indicator of arm a over e a times q a, times the count Y less the exposure T times m a",
    "$ psi_(a i) = m_a (X_i) + (1_(A_i = a)) / (e_a (X_i) q_a (X_i)) [ Y_i - T_i m_a (X_i) ], $",
)
_MODELS = (
    "Y is the number of events in the exposure T, m the rate and q the expected exposure, each by a log-linear model fitted in each "
    "arm, e the chance of the arm. The estimate is right when the rate does not depend on how long the exposure is, given arm and "
    "covariates, and the models of the rate are right, or the propensity score and the models of the exposure are. Standard "
    "errors hold whatever the variance of the counts."
)
_RATIO = (
    "The rate ratio is formed from the two means of ψ; its interval and its standard error are computed on the logarithm, by the "
    "delta method."
)


def counted(report: Report) -> bool:
    """Return whether the outcome is a number of events in an exposure."""
    return bool(report.protocol["outcome"]["type"] == "count")


def estimator(report: Report) -> str:
    """Return description and formula of the primary estimator."""
    words, alternative, formula = _ESTIMATOR
    ratio = [call("para", _RATIO)] if report.results["primary"]["scale"] == "logarithm" else []
    return block(
        call("para", words), call("formula", alternative, Code(formula)), call("para", _MODELS), *ratio
    )


def means_title(report: Report) -> str:
    """Return the title of the arms' rates."""
    return f"Rate if everyone had been in the arm, {report.protocol['outcome']['unit']}"


def exposure(report: Report) -> Block:
    """Return Table 14.1.1.1: events and exposure of each arm."""
    found = report.results["cohort"]["outcomes"]["exposure"]
    arms, unit = found["arms"], found["unit"]
    cited = report.cite(*(f"cohort.outcomes.exposure.arms.{arm}" for arm in _ARMS))
    told = (
        ("Analysed subjects", [count(arms[arm]["subjects"]) for arm in _ARMS]),
        (
            "With one event or more",
            [with_share(arms[arm]["with_event"], arms[arm]["share_with_event"]) for arm in _ARMS],
        ),
        ("Events", [count(arms[arm]["events"]) for arm in _ARMS]),
        (f"Exposure, {unit}", [fixed(arms[arm]["exposure"], 1) for arm in _ARMS]),
        (
            f"Exposure of a subject, {unit}: median (shortest to longest)",
            [
                f"{fixed(arms[arm]['median_exposure'], 3)} ({fixed(arms[arm]['shortest_exposure'], 3)} to "
                f"{fixed(arms[arm]['longest_exposure'], 3)})"
                for arm in _ARMS
            ],
        ),
        (
            f"Events over exposure, {report.protocol['outcome']['unit']}",
            [fixed(arms[arm]["crude_rate"], 3) for arm in _ARMS],
        ),
    )
    rows = [Row((words, *cells), "row", cited) for words, cells in told]
    columns = (
        Column(("Events and exposure",), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm)), width="38mm") for arm in _ARMS),
    )
    return block(table("14.1.1.1", "Events and exposure", columns, rows, source="cohort.outcomes.exposure"))


def weights(report: Report) -> str:
    """Return a paragraph about the weights for treatment and exposure; nothing for another outcome."""
    found = report.results["primary"].get("exposure")
    if found is None:
        return ""
    arms = "; ".join(
        f"{arm}: expected exposure {fixed(of['lowest_expected'], 2)} to {fixed(of['highest_expected'], 2)}, effective sample "
        f"size {fixed(of['effective_sample_size'], 0)} of {count(of['subjects'])}, largest weight "
        f"{percent(of['largest_weight_share'])} of the arm's"
        for arm, of in found["arms"].items()
    )
    words = f"Weights for treatment and exposure together. {arms[0].upper()}{arms[1:]}."
    return block(call("para", words, report.cite("primary.exposure")))


def beside(report: Report) -> str:
    """Return Table 14.2.12: the rate of each arm, as it is and adjusted, and the dispersion; nothing for another outcome."""
    found = report.results.get("rates")
    if not found:
        return ""
    columns = (
        Column((f"Rate, {found['unit']}",), "left", "1fr"),
        *(
            Column((arm.capitalize(), report.arm(arm), f"{level(report.results['primary']['level'])} CI"))
            for arm in _ARMS
        ),
    )
    cited = report.cite(*(f"rates.arms.{arm}" for arm in _ARMS))
    rows = [
        Row((words, *(_with_interval(found["arms"][arm], key) for arm in _ARMS)), "row", cited)
        for words, key in (("Events over exposure", "crude"), ("Adjusted", "adjusted"))
    ]
    dispersion = [fixed(found["arms"][arm]["dispersion"], 2) for arm in _ARMS]
    rows.append(Row(("Dispersion of the counts", *dispersion), "row", cited))
    note = (
        "Intervals of a single arm's rate by the robust variance, large-sample quantiles. Dispersion: Pearson's χ² of the arm's rate "
        "model over its degrees of freedom; about 1 where counts vary as Poisson's do, above 1 where subjects differ more. It "
        "enters every standard error of this report."
    )
    cited = joined(note, report.cite("primary"))
    return block(table("14.2.12", "Rates of the arms", columns, rows, note=cited, source="rates"))


def _with_interval(arm: dict[str, float], key: str) -> str:
    ends = {"ci_low": arm[f"{key}_ci_low"], "ci_high": arm[f"{key}_ci_high"]}
    return f"{fixed(arm[key], 3)} ({interval(ends, 3)})"
