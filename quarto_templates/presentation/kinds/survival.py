"""survival: what the report of a time to event says besides: follow-up, censoring, hazard ratio, competing events.

Every function returns nothing for another outcome.
"""

from typing import Any

from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import MISSING, count, fixed, interval, level, p_value, percent, with_share
from presentation.writing.typst import Block, Code, block, call, joined

_ARMS = ("treated", "control")
_ROWS = (
    ("Event by the horizon, of either kind", "events_by_horizon"),
    ("Followed to the horizon", "followed_to_horizon"),
    ("Censored before the horizon", "censored_by_horizon"),
)
_BRIEF = (
    "For a time to event the comparison is of {of}. The outcome models are hazard models (Cox), one per arm, and subjects who "
    "are censored before the horizon are weighted by the hazard of censoring in place of a model of being observed. The "
    "standard error of the primary analysis is the jackknife's, with every model fitted again without each subject, and the "
    "quantiles are those of Student's t."
)
_LOSS = {
    "survival difference": "L = 1 for an event by the horizon τ, else 0; survival is 1 less the mean loss.",
    "rmst difference": "L = τ − T for an event before the horizon τ, else 0; the restricted mean is τ less the mean loss.",
}
_ESTIMATOR = (
    "Primary estimator: augmented inverse probability weighting for treatment and censoring (Robins & Rotnitzky 1992; Zhang & "
    "Schaubel 2012; Bai, Tsiatis & O'Brien 2013; Ozenne, Scheike, Stærk & Gerds 2020). The mean loss of arm a is the mean of ψ "
    "over everybody:",
    "psi of arm a is m a of 0, plus the indicator of arm a over e a, times the loss of a seen event over G of T minus, less m a "
    "of 0, plus the integral of m a of u over G of u minus with respect to the martingale of censoring",
    "$ psi_(a i) = m_a (0, X_i) + (1_(A_i = a)) / (e_a (X_i)) [ (Delta_i L(T_i)) / (G_a (T_i^- | X_i)) - m_a (0, X_i) "
    "+ integral_0^tau (m_a (u, X_i)) / (G_a (u^- | X_i)) dif M_(a i)^C (u) ], $",
)
_MODELS = (
    "m(u) is the expected loss of who has had no event by u, e the chance of the arm, G the chance of not being censored, M the "
    "martingale of censoring, Δ says that the event is seen by τ. {loss} Hazards are those of Cox's model with Breslow's baseline, "
    "fitted in each arm: the hazard of the event on the covariates of the outcome model, that of censoring on {covariates}. The "
    "estimate is right when the hazards of the event are right, or the propensity score and the hazards of censoring are."
)


def timed(report: Report) -> bool:
    """Return whether the outcome is a time to an event."""
    return bool(report.protocol["outcome"]["type"] == "time to event")


def model(report: Report) -> str:
    """Return what an arm's model of the outcome is called."""
    return "hazard model of event and of censoring" if timed(report) else "outcome model"


def horizon(report: Report) -> str:
    """Return the horizon with its unit."""
    outcome = report.protocol["outcome"]
    return f"{outcome['horizon']:g} {outcome['unit']}"


def of_what(report: Report) -> str:
    """Return what the arms are compared by."""
    by_horizon = report.protocol["estimand"]["measure"] == "survival difference"
    return (
        f"survival at {horizon(report)}" if by_horizon else f"restricted mean survival to {horizon(report)}"
    )


def in_brief(report: Report) -> str:
    """Return a paragraph about the methods for a time to event."""
    return block(call("para", _BRIEF.format(of=of_what(report)))) if timed(report) else ""


def right_models(report: Report) -> str:
    """Return which models an observational estimate needs to be right, to end a sentence."""
    if not timed(report):
        return "and the propensity model or the outcome models are right."
    return (
        "censoring depends on nothing but arm and covariates, and the hazard models of the event are right, or the propensity "
        "model and the hazard models of censoring are."
    )


def of_censoring(report: Report) -> str:
    """Return what a randomised comparison of survival assumes besides, as a sentence after a space."""
    return " Censoring is taken to depend on nothing but arm and covariates." if timed(report) else ""


def estimator(report: Report) -> str:
    """Return description and formula of the primary estimator."""
    words, alternative, formula = _ESTIMATOR
    named = ", ".join(report.term(column) for column in _covariates(report)) or "nothing"
    models = _MODELS.format(loss=_LOSS[report.protocol["estimand"]["measure"]], covariates=named)
    return block(call("para", words), call("formula", alternative, Code(formula)), call("para", models))


def _covariates(report: Report) -> list[str]:
    return list(report.results["primary"]["censoring"]["covariates"])


def follow_up(report: Report) -> Block:
    """Return Table 14.1.1.1: how follow-up ended in each arm."""
    found = report.results["cohort"]["outcomes"]["follow_up"]
    arms = found["arms"]
    cited = report.cite(*(f"cohort.outcomes.follow_up.arms.{arm}" for arm in _ARMS))

    def counted(words: str, key: str) -> Row:
        cells = [with_share(arms[arm][key], arms[arm]["shares"][key]) for arm in _ARMS]
        return Row((words, *cells), "indented", cited)

    rows: list[Row | Group] = [
        Row(("Analysed subjects", *(count(arms[arm]["n"]) for arm in _ARMS)), "total", cited),
        Group("Until the end of follow-up"),
        counted("Event", "events"),
        *([counted(found["competing"], "competing")] if found["competing"] else []),
        counted("Censored", "censored"),
        Group(f"Until the horizon of {horizon(report)}"),
        *(counted(words, key) for words, key in _ROWS),
        Row(
            (
                "Median follow-up, reverse Kaplan–Meier",
                *(fixed(arms[arm]["median_follow_up"], 1) for arm in _ARMS),
            ),
            "total",
            cited,
        ),
    ]
    columns = (
        Column(("Follow-up",), "left", "1fr"),
        *(Column((arm.capitalize(), report.arm(arm), "n (%)"), width="35mm") for arm in _ARMS),
    )
    words = "Percentages of the analysed subjects of the arm. Censored: follow-up ended without an event."
    made = table("14.1.1.1", "Follow-up", columns, rows, note=words, source="cohort.outcomes.follow_up")
    return block(made)


def censoring(report: Report) -> str:
    """Return a paragraph about the weights for treatment and censoring; nothing for another outcome."""
    found = report.results["primary"].get("censoring")
    if found is None:
        return ""
    arms = "; ".join(
        f"{arm}: {count(of['followed'])} with an event by the horizon or followed to it, {count(of['censored'])} censored before, "
        f"lowest chance of being followed {fixed(of['lowest_chance'], 2)}, effective sample size "
        f"{fixed(of['effective_sample_size'], 0)}, largest weight {percent(of['largest_weight_share'])} of the arm's"
        for arm, of in found["arms"].items()
    )
    words = f"Weights for treatment and censoring together. {arms[0].upper()}{arms[1:]}."
    return block(call("para", words, report.cite("primary.censoring")))


def beside(report: Report) -> str:
    """Return Table 14.2.10: hazard ratio, log-rank tests, and the incidence of competing events."""
    found = report.results.get("survival")
    if not found:
        return ""
    columns = (
        Column(("Analysis",), "left", "1fr"),
        Column(("Treated", report.arm("treated"))),
        Column(("Control", report.arm("control"))),
        Column(("Estimate",)),
        Column((f"{level(report.results['primary']['level'])} CI",)),
        Column(("p",)),
    )
    rows = [_hazard_row(report, found["hazard_ratio"]), *_log_rank_rows(report, found["log_rank"])]
    rows += _median_row(report, found)
    rows += _incidence_rows(report, found["competing"])
    note = (
        "None of these is the primary analysis, and none is adjusted for the looks. Hazard ratio: Cox's model with the arm alone, "
        "weighted for treatment, Efron's ties, robust variance; it has no causal reading where hazards are not proportional. "
        f"{MISSING}: not computed."
    )
    made = table(
        "14.2.10",
        "Beside the effect on survival",
        columns,
        rows,
        note=joined(note, report.cite("primary")),
        source="survival",
    )
    return block(made)


def _hazard_row(report: Report, found: dict[str, Any]) -> Row:
    cited = report.cite("survival.hazard_ratio")
    if found["note"]:
        return Row(("Hazard ratio", "", "", found["note"], "", ""), "row", cited)
    cells = ("", "", fixed(found["estimate"], 3), interval(found, 3), p_value(found["p_value"]))
    return Row(("Hazard ratio, weighted", *cells), "row", cited)


def _log_rank_rows(report: Report, found: dict[str, Any]) -> list[Row]:
    cited = report.cite("survival.log_rank")
    if found["note"]:
        return [Row(("Log-rank test", "", "", found["note"], "", ""), "row", cited)]
    return [
        Row((f"Log-rank test, {words}: χ²", "", "", fixed(found[of], 2), "", p_value(found[p])), "row", cited)
        for words, of, p in (
            ("unweighted", "statistic", "p_value"),
            ("weighted", "weighted_statistic", "weighted_p_value"),
        )
    ]


def _median_row(report: Report, found: dict[str, Any]) -> list[Row]:
    medians = [found["curves"]["arms"][arm]["median"] for arm in _ARMS]
    cited = report.cite(*(f"survival.curves.arms.{arm}" for arm in _ARMS))
    words = f"Median survival, {found['unit']}"
    return [Row((words, *(fixed(median, 1) for median in medians), "", "", ""), "row", cited)]


def _incidence_rows(report: Report, found: dict[str, Any] | None) -> list[Row]:
    if found is None:
        return []
    names = {"event": report.protocol["outcome"]["label"], "competing": found["name"]}
    return [
        Row(
            (
                f"Incidence by the horizon, weighted: {names[kind]}",
                fixed(of["treated"], 3),
                fixed(of["control"], 3),
                fixed(of["difference"], 3),
                interval(of, 3),
                p_value(of["p_value"]),
            ),
            "row",
            report.cite(f"survival.competing.kinds.{kind}"),
        )
        for kind, of in sorted(found["kinds"].items(), reverse=True)
    ]
