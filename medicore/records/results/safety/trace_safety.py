"""The trace of safety: origins of the tables of adverse events."""

from medicore.records.results.origin import Origin

_PLAN = ("safety", "treatment")
_ROWS = "medicore.steps.safety.tables:safety_part"
_RATE = "medicore.stats.safety.incidence:incidence"
_DIFFERENCE = "medicore.stats.effect.score_interval:risk_differences"
_RATES = "c/T in 100 patient-years, c the subjects with an event, T their time to the first one and the others' whole time at risk; limits χ²(α/2; 2c)/2T, χ²(1 − α/2; 2c + 2)/2T; event rate: events by the whole time"
_RATE_SOURCE = "Garwood, 1936; Liu, Wang, Liu & Snavely, 2006"
_SCORE = "p1 − p0; δ with (p1 − p0 − δ)² ≤ z²(p̃1(1 − p̃1)/n1 + p̃0(1 − p̃0)/n0)·N/(N − 1), p̃ of greatest likelihood among risks that differ by δ"
_SCORE_SOURCE = "Miettinen & Nurminen, 1985"

# Literals alone, as in trace.py.
# fmt: off
SAFETY_ORIGINS = (
    Origin("safety.summary.*.risk_difference.**", "effect", _DIFFERENCE,
        "Difference of the shares of subjects with an event, with its interval; neither weighted nor tested", _SCORE,
        (*_PLAN, "inference.level"), "safety", _SCORE_SOURCE),
    Origin("safety.classes.*.risk_difference.**", "effect", _DIFFERENCE,
        "Difference of the shares of subjects with an event, with its interval; neither weighted nor tested", _SCORE,
        (*_PLAN, "inference.level"), "safety", _SCORE_SOURCE),
    Origin("safety.classes.*.terms.*.risk_difference.**", "effect", _DIFFERENCE,
        "Difference of the shares of subjects with an event, with its interval; neither weighted nor tested", _SCORE,
        (*_PLAN, "inference.level"), "safety", _SCORE_SOURCE),
    Origin("safety.summary.*.arms.**", "effect", _RATE,
        "Subjects of an arm with an event that began in the time at risk, their share, the events, and the rates", _RATES,
        (*_PLAN, "inference.level"), "safety", _RATE_SOURCE),
    Origin("safety.classes.*.arms.**", "effect", _RATE,
        "Subjects of an arm with an event that began in the time at risk, their share, the events, and the rates", _RATES,
        (*_PLAN, "inference.level"), "safety", _RATE_SOURCE),
    Origin("safety.classes.*.terms.*.arms.**", "effect", _RATE,
        "Subjects of an arm with an event that began in the time at risk, their share, the events, and the rates", _RATES,
        (*_PLAN, "inference.level"), "safety", _RATE_SOURCE),
    Origin("safety.arms.**", "effect", "medicore.steps.safety.at_risk:at_risk",
        "Subjects at risk in each compared arm, eligible or not, those without a first day, and the whole time at risk",
        "from the first day to the last and the days after it, or to the day of the export if that is earlier; years of "
        "365.25 days", _PLAN, "safety"),
    Origin("safety.events.**", "effect", "medicore.steps.safety.at_risk:at_risk",
        "Selected adverse events: counted, outside the time at risk, and of subjects of no compared arm", "", _PLAN,
        "safety"),
    Origin("safety.**", "effect", _ROWS, "Adverse events by arm, system organ class and preferred term", "", _PLAN, "safety"),
)
# fmt: on
