"""controls: outcomes that the treatment does not affect, the systematic error that they show, and the effect without it."""

from typing import Any

from presentation.writing.exhibits import Column, Group, Row, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import (
    MISSING,
    count,
    decimals_for,
    fixed,
    interval,
    level,
    p_sentence,
    p_value,
    percent,
    significant,
)
from presentation.writing.typst import Code, block, call

PATH, CALIBRATION = "negative_controls", "calibration"


def diagnostics(report: Report) -> str:
    """Return what the negative controls say of the study, and Table 14.1.6 with each of them."""
    found = report.results.get(PATH)
    if found is None:
        return block(call("para", "The protocol declares no negative controls."))
    words = [call("para", _counts(found), report.cite(PATH))]
    if found["too_few"] is None:
        words.append(
            call("para", _error(found), report.cite(PATH, f"{PATH}.null", f"{PATH}.systematic_error"))
        )
    if found["detectable"] is not None:
        words.append(call("para", _detectable(report, found), report.cite(PATH, f"{PATH}.detectable")))
    return block(*words, _table(report, found))


def _counts(found: dict[str, Any]) -> str:
    number = len(found["controls"])
    told = (
        f"The protocol declares {count(number)} outcomes that the treatment does not affect; {count(found['estimated'])} could "
        "be estimated, before the primary effect was computed."
    )
    if found["estimated"]:
        told += (
            f" Of these {count(found['differing'])} ({percent(found['share'])}) differ between the arms at p < "
            f"{significant(1 - found['level'])}; the limit is {percent(found['limits']['controls_share'])}."
        )
    if found["too_few"] is not None:
        told += f" That is too few: {count(found['needed'])} are needed, and nothing is calibrated."
    return told


def _error(found: dict[str, Any]) -> str:
    error, null = found["systematic_error"], found["null"]
    return (
        f"The systematic error that they show has mean {fixed(null['mean'], 3)} and standard deviation "
        f"{fixed(null['deviation'], 3)} ({found['scale']}). Its expected absolute size is {fixed(error['value'], 3)} "
        f"({level(found['level'])} interval {interval(error, 3)}); the limit is {significant(found['limits']['systematic_error'])}."
    )


def _detectable(report: Report, found: dict[str, Any]) -> str:
    effect = found["detectable"]
    ratio = report.protocol["estimand"]["measure"] != "difference"
    unit = "" if ratio else f" {report.protocol['outcome']['unit']}"
    what = f"{report.protocol['estimand']['measure']} of " if ratio else ""
    told = (
        f"With a power of {percent(effect['power'], 0)} the study finds a {what or 'difference of '}"
        f"{significant(effect['effect'])}{unit} or more"
    )
    if effect["calibrated"] is not None:
        told += f"; with the spread of the systematic error, {significant(effect['calibrated'])}{unit}"
    limit = found["limits"]["detectable_effect"]
    return f"{told}. The protocol sets {'no limit' if limit is None else f'the limit {significant(limit)}{unit}'}."


def _table(report: Report, found: dict[str, Any]) -> Code:
    columns = (
        Column(("Negative control",), "left", "1fr"),
        Column(("Subjects", "with a value")),
        Column(("Estimate",)),
        Column(("Standard", "error")),
        Column(("p",)),
        Column(("Remark",), "left", "0.6fr"),
    )
    rows: list[Row | Group] = [
        Row(
            (
                item["label"],
                count(item["observed"]),
                fixed(item["estimate"], 3),
                fixed(item["standard_error"], 3),
                p_value(item["p_value"]),
                item["note"],
            ),
            cited=report.cite(f"{PATH}.controls.{place}"),
        )
        for place, item in enumerate(found["controls"])
    ]
    note = (
        f"Scale: {found['scale']}; the true effect on each control is 0. By the primary estimator with the same propensity "
        f"score and target population. {MISSING}: not estimable."
    )
    return table("14.1.6", "Negative controls", columns, rows, note=note, source=PATH)


def calibrated(report: Report) -> str:
    """Return the primary effect without the systematic error of the negative controls; nothing where none was fitted."""
    found = report.results.get(CALIBRATION)
    if found is None:
        return ""
    places = decimals_for(found["standard_error"])
    unit = (
        ""
        if report.protocol["estimand"]["measure"] != "difference"
        else f" {report.protocol['outcome']['unit']}"
    )
    number = report.results[PATH]["estimated"]
    return block(
        call(
            "para",
            f"Calibrated by the {count(number)} negative controls, the effect is {fixed(found['estimate'], places)}{unit} "
            f"({level(found['level'])} CI {interval(found, places)}; {p_sentence(found['p_value'])}). The interval is "
            "pointwise, not valid at every look, and takes the systematic error of the controls for that of the outcome: it "
            "holds as far as the two share their confounding.",
            report.cite(CALIBRATION, PATH),
        )
    )


def method(report: Report) -> str:
    """Return the method of calibration, with its source; nothing where no control is declared."""
    if report.results.get(PATH) is None:
        return ""
    return block(
        call(
            "para",
            "Negative controls (Schuemie et al. 2014, 2018): each estimate is taken as normal around a systematic error "
            "which itself is normal over the controls; mean and standard deviation of it are fitted by maximum likelihood "
            "to ten controls or more. A difference is put in standard deviations within the arms, taken as known, so that "
            "outcomes of any unit are comparable; a ratio is put on its logarithm. The calibrated effect is the estimate "
            "less that mean, its variance the sum of both. The expected absolute systematic error has a profile likelihood "
            "interval. The smallest effect that is found is (z of (1 + level)/2 + z of the power) standard errors (Bloom 1995).",
        )
    )
