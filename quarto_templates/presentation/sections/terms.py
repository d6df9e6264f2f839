"""terms: the splines with their knots, the clusters, and in words what both do to models and errors."""

from presentation.writing.exhibits import Column, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import count, fixed, percent, with_share
from presentation.writing.typst import block, call


def knots(report: Report) -> str:
    """Return Table 14.1.2.3: the knots of each covariate that enters as a spline; nothing where none does."""
    found = report.results["cohort"].get("splines")
    if not found:
        return ""
    columns = (
        Column(("Covariate",), "left", "1fr"),
        Column(("Knots", "n")),
        Column(("Location",), "left", "2fr"),
    )
    rows = [
        Row(
            (
                f"{one['label']}, {one['unit']}" if one["unit"] else one["label"],
                count(len(one["knots"])),
                "; ".join(fixed(knot, 2) for knot in one["knots"]),
            ),
            "row",
            report.cite(f"cohort.splines.{index}"),
        )
        for index, one in enumerate(found)
    ]
    note = "The knots are percentiles of the observed values in the analysis set (Harrell 2015, table 2.3)."
    made = table(
        "14.1.2.3", "Knots of the restricted cubic splines", columns, rows, note=note, source="cohort.splines"
    )
    return block(made)


def clusters(report: Report) -> str:
    """Return Table 14.2.11: how many clusters there are, how large, and how many have both arms; nothing without clusters."""
    found = report.results["primary"].get("clusters")
    if not found:
        return ""
    columns = (Column(("Clusters",), "left", "1fr"), Column(("Value",)))
    cited = report.cite("primary.clusters")
    rows = [
        Row((f"Clusters, by column {found['column']}", count(found["number"])), "total", cited),
        Row(("with subjects of both arms", count(found["with_both_arms"])), "indented", cited),
        Row(("Smallest, subjects", count(found["smallest"])), "row", cited),
        Row(("Largest, subjects", count(found["largest"])), "row", cited),
        Row(("Largest, share of all subjects", percent(found["largest_share"])), "row", cited),
    ]
    note = (
        "Standard errors, intervals and p-values sum the influence of a cluster's subjects. The expected false alarm rates of "
        "the gates of balance take subjects for independent."
    )
    made = table("14.2.11", "Clusters of subjects", columns, rows, note=note, source="primary.clusters")
    return block(made)


def events(report: Report) -> str:
    """Return Table 14.2.11.1: the events of each arm, where outcome models are penalised; nothing elsewhere."""
    found = report.results["primary"].get("events")
    if not found:
        return ""
    columns = (Column(("Arm",), "left", "1fr"), Column(("Events", "n (%)")), Column(("Analysed", "n")))
    rows = [
        Row(
            (report.arm(arm), with_share(one["events"], one["share"]), count(one["n"])),
            "row",
            report.cite("primary.events"),
        )
        for arm, one in found.items()
    ]
    note = (
        "Where an arm has few events, the standard error of the primary estimate takes too little from it; the score interval "
        "without covariates (Miettinen & Nurminen 1985) is in Table 14.2.3."
    )
    return block(table("14.2.11.1", "Events by arm", columns, rows, note=note, source="primary.events"))


def method(report: Report) -> str:
    """Return how splines, interactions and clusters enter models and errors; nothing where the protocol plans none."""
    words = []
    if any(covariate.get("knots") for covariate in report.protocol["covariates"]):
        words.append(
            "A covariate with a spline enters as a restricted cubic spline: truncated cubes that are straight beyond the outer "
            "knots, divided by the square of the distance of these (Harrell 2015, section 2.4.5). Its knots are computed once "
            "(Table 14.1.2.3); subgroups, trimmed samples, completed data sets and bootstrap replicates have the same."
        )
    pairs = report.protocol["models"].get("interactions")
    if pairs:
        told = "; ".join(" with ".join(report.term(column) for column in pair) for pair in pairs)
        words.append(
            f"Interactions of covariates: {told}. Every term of the one is multiplied by every term of the other, in each model "
            "that has both."
        )
    if report.protocol["models"].get("outcome_fit") == "firth":
        words.append(
            "The outcome models maximise the likelihood times the square root of the determinant of its information, which has a "
            "maximum where an arm has few or no events (Firth 1993; Heinze & Schemper 2002). Their predictions lean to one half; "
            "the weighted residuals take that off the estimate again. The propensity model is not penalised."
        )
    if report.protocol["inference"].get("cluster"):
        words.append(
            "Subjects of one cluster need not be independent. The variance sums the influence of each cluster's subjects, and is "
            "multiplied by G/(G − 1) of G clusters (Liang & Zeger 1986; Cameron & Miller 2015); intervals use Student's t with "
            "G − 1 degrees of freedom (Donald & Lang 2007), and the bootstrap resamples whole clusters (Field & Welsh 2007)."
        )
    return block(*(call("para", part) for part in words)) if words else ""
