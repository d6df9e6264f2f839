"""The title page and the synopsis."""

from presentation.sections import survival
from presentation.sections.effect import decimals, quoted, sentence, with_unit
from presentation.sections.estimand import TARGETS
from presentation.sections.outcomes import PATHS, in_words
from presentation.sections.propensity import limit_paths
from presentation.sections.randomised import VERDICT, verdict
from presentation.writing.exhibits import facts
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, interval
from presentation.writing.typst import Code, block, call, joined

_STATUS = {
    "candidate": "See the signatures: complete. It is released when a signed decision approves it, in this file's signature "
    "marks and in its record; without one it is for review.",
    "exploratory": "Exploratory: not from released code and environment. It can be neither signed nor archived.",
    "reference": "Reference: a repetition of a published result on this installation, not a regulatory run.",
}
_ABBREVIATIONS = (
    ("AIPW", "augmented inverse probability weighting"),
    ("ANCOVA", "analysis of covariance"),
    ("ATE, ATT, ATO", "average treatment effect: in everyone, in the treated, in the overlap population"),
    ("CI, SE", "confidence interval, standard error"),
    ("CONSORT", "Consolidated Standards of Reporting Trials"),
    ("DVC", "Data Version Control, the content store of frozen data"),
    ("IPW", "inverse probability weighting"),
    ("SD", "standard deviation"),
    ("SMD", "standardised mean difference"),
)


def title_page(report: Report) -> str:
    """Return the title page."""
    study, data, run = report.results["study"], report.results["data"], report.run
    pairs = (
        ("Study", study["id"]),
        ("Analysis month", run["month"]),
        ("Run", run["id"]),
        ("Status", _STATUS.get(run["status"], f"{run['status']}: not for regulatory use.")),
        ("Design", _design(report)),
        ("Data lock", f"{data['system']}, {data['version']}, exported {data['exported_at']}"),
        ("Estimand", _sentence_case(_estimand(report))),
        ("Protocol", f"Version {study['protocol_version']}, digest {study['protocol_digest'][:16]}"),
        ("Requested by", f"{run['requested_by']}, {run['requested_at']}"),
        ("Reason", run["reason"]),
    )
    closing = (
        "Made by MediCore from the frozen data lock, the protocol and the code named in section 16.3. "
        "Every number in this report stands in results.json of the record."
    )
    page = call(
        "title-page",
        "Causal-effect report",
        study["title"],
        study["sponsor"],
        [list(pair) for pair in pairs],
        closing,
        title_size=Code(_title_size(study["title"])),
    )
    return block(page)


def _title_size(title: str) -> str:
    """Return the font size at which a title leaves room for the rest of the page."""
    return "25pt" if len(title) <= 130 else "17pt" if len(title) <= 350 else "11pt"


def _estimand(report: Report) -> str:
    target = TARGETS.get(report.protocol["estimand"]["target"], report.protocol["estimand"]["target"])
    contrast = f"{report.arm('treated')} against {report.arm('control')}"
    return f"{target} of {contrast} on: {report.protocol['outcome']['label']}"


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]


def _design(report: Report) -> str:
    """Return design and phase; the design appears once when the phase includes it."""
    design, phase = str(report.results["study"]["design"]), str(report.results["study"]["phase"])
    return phase if phase.lower().startswith(design) else f"{design.capitalize()}; {phase}"


def synopsis(report: Report) -> str:
    """Return Table 2.1: the study on one page, as ICH E3 requires."""
    results = report.results
    cohort, balance, primary = results["cohort"], results["balance"]["worst"], results["primary"]
    places = decimals(report)
    alternatives = "; ".join(
        f"{row['name']} {fixed(row['estimate'], places)} ({interval(row, places)})"
        for row in results["sensitivity"]["sensitivity"]
    )
    planned = [
        f"sensitivity.sensitivity.{index}" for index in range(len(results["sensitivity"]["sensitivity"]))
    ]
    found = results["findings"]
    decided = sum(finding["decision"] is not None for finding in found)
    pairs = (
        ("Study", f"{results['study']['id']}: {results['study']['title']}"),
        ("Sponsor", results["study"]["sponsor"]),
        ("Design", _design(report)),
        ("Objective", f"To estimate {_estimand(report)}"),
        (
            "Subjects",
            joined(
                f"{count(cohort['assessed'])} assessed, {count(cohort['analysed'])} analysed: "
                f"{count(cohort['arms']['treated']['n'])} {report.arm('treated')}, "
                f"{count(cohort['arms']['control']['n'])} {report.arm('control')}; {in_words(report)}",
                report.cite(
                    "cohort.assessed",
                    "cohort.analysed",
                    "cohort.arms.treated",
                    "cohort.arms.control",
                    *PATHS,
                ),
            ),
        ),
        (
            "Method",
            f"{primary['estimator']}: {_fitted(report)} over the baseline covariates "
            f"of the protocol; variance: {primary['variance']}",
        ),
        ("Primary result", joined(sentence(report), report.cite(*quoted(report)))),
        *_hypothesis(report),
        (
            "Balance",
            joined(
                f"Largest absolute SMD {fixed(balance['unweighted']['smd'], 3)} before and "
                f"{fixed(balance['weighted']['smd'], 3)} after weighting; {_limit(report)}",
                report.cite("balance.worst", *limit_paths(results["balance"])),
            ),
        ),
        (
            "Sensitivity",
            joined(f"{alternatives} ({with_unit('effects in', report)})", report.cite(*planned))
            if alternatives
            else "none planned",
        ),
        ("Findings", f"{len(found)} found, {decided} decided" if found else "none"),
    )
    return block(facts("2.1", "The study at a glance", pairs))


def _fitted(report: Report) -> str:
    """Return which models the primary estimator fits."""
    if report.protocol["inference"].get("estimator", "aipw") == "aipw":
        return f"propensity model and one {survival.model(report)} per arm, both"
    per_arm = report.protocol["inference"].get("heterogeneous")
    return "one outcome model per arm" if per_arm else "one outcome model of both arms"


def _limit(report: Report) -> str:
    limit = report.results["balance"]["threshold"]
    return "no limit declared" if limit is None else f"limit {limit:g}"


def _hypothesis(report: Report) -> list[tuple[str, Code]]:
    """Return the verdict on the hypothesis, where one is declared."""
    words = verdict(report)
    return [("Hypothesis", joined(f"{words[0].upper()}{words[1:]}", report.cite(*VERDICT)))] if words else []


def abbreviations(_: Report) -> str:
    """Return the list of abbreviations."""
    return block(call("abbreviations", [list(entry) for entry in _ABBREVIATIONS]))
