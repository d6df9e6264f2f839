"""The trace of looks: origins of what the monitoring of a study and the counting of harms came to."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import LOOKS

_HARMS = ("monitoring.harms", "treatment", "safety")
_COUNTED = "medicore.steps.looks.harms:counted_harms"
_TESTED = "medicore.steps.looks.harms:tested_harm"
_MAXSPRT = "Kulldorff, Davis, Kolczak, Lewis, Lieu & Platt, 2011"

# Literals alone, as in trace.py.
# fmt: off
LOOKS_ORIGINS = (
    Origin("monitoring.verification.looks.**", "effect", "medicore.stats.verification_spending:costed",
        "What each look costs by the second implementation: the probability to cross there for the first time without an "
        "effect, what the spending function allows, and the boundary that spends it",
        "w = z√t a Brownian motion; 2(1 − Φ(x)) = erfc(x/√2)", LOOKS, "monitoring"),
    Origin("monitoring.verification.stage_wise.**", "effect", "medicore.stats.verification_stagewise:stopped",
        "Median-unbiased estimate, interval and two-sided p-value by the second implementation, where this look ends the study",
        "paths under the drift z/√t, reweighted to a drift δ by exp(δw − δ²t/2); log odds of a result as extreme equal to "
        "those of 1/2, (1 ∓ level)/2", LOOKS, "monitoring", "Tsiatis, Rosner & Mehta, 1984; Girsanov, 1960"),
    Origin("monitoring.verification.**", "effect", "medicore.steps.looks.verification:verified_look",
        "Double programming of the look: boundary, valid interval, level spent and sequential p-value by another route; the "
        "largest differences of bounds, in standard errors, and of levels, and what is tolerated",
        "max |b′ − b|/max(1, |b|); of a sequence M(z) = ∫exp(uz − u²/2)φ(u/√v)/√v du = 1/α", LOOKS, "monitoring",
        "Ville, 1939; Robbins, 1970"),
    Origin("monitoring.looks.**", "effect", "medicore.steps.looks.boundaries:boundaries_of",
        "Every look at the study in the ledger's order: information, boundary, spent level, valid interval",
        "information I = 1/SE²; fraction I/planned maximum; boundary c: P(none crossed before, |z| ≥ c) = what may be "
        "spent; of a sequence √(2(v + 1)/v · log(√(v + 1)/α)), v = nρ²", LOOKS, "monitoring",
        "Lan & DeMets, 1983; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2024"),
    Origin("monitoring.sequential_p", "effect", "medicore.steps.looks.claims:sequential_p",
        "Sequential p-value, valid at every look together",
        "smallest level at which a look up to this one would have crossed its boundary", LOOKS, "monitoring",
        "Liu & Anderson, 2008"),
    Origin("monitoring.z", "effect", "medicore.steps.looks.claims:normal_quantile", "Statistic of this look",
        "θ/SE; under Student's t the normal quantile of its p-value", LOOKS, "monitoring"),
    Origin("monitoring.information", "effect", "medicore.records.results.looks:SeenEstimate",
        "Information of this look", "1/SE², of the logarithm where the measure is a ratio", LOOKS, "monitoring"),
    Origin("monitoring.stage_wise.**", "effect", "medicore.steps.looks.claims:after_stop",
        "Median-unbiased estimate, interval and two-sided p-value where this look ends the study",
        "drifts at which a result at least as extreme by the stage-wise order has probability 1/2, (1 ∓ level)/2; p = "
        "twice the smaller tail", LOOKS, "monitoring", "Tsiatis, Rosner & Mehta, 1984"),
    Origin("monitoring.harm.**", "effect", "medicore.steps.looks.claims:harm_bound",
        "Non-binding bound for harm at this look", "alpha spending of one side, against the benefit", LOOKS,
        "monitoring", "Jennison & Turnbull, 2000, chapter 5"),
    Origin("monitoring.futility.**", "effect", "medicore.steps.looks.claims:futility_bound",
        "Non-binding bound for futility at this look", "spending of β under the planned effect", LOOKS,
        "monitoring", "Pampallona, Tsiatis & Kim, 2001"),
    Origin("monitoring.**", "effect", "medicore.steps.looks.claims:valid_interval",
        "What this look may claim beside all others of the study: the valid interval and its boundary c",
        "θ ∓ c·SE, c the boundary, or Student's quantile at its nominal level; a ratio's on the logarithm", LOOKS,
        "monitoring", "Jennison & Turnbull, 1989; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2024"),
    Origin("harms.*.verification.**", "effect", "medicore.steps.looks.second_harms:verified_harm",
        "Double programming of the test of a counted harm: expectation, ratio, critical value and levels by another route; the "
        "largest differences of ratios, relative above 1, and of levels, and what is tolerated",
        "Poisson: v(k) = Σ P(j events until the next limit)·v(k + j), backwards; binomial: P(c of n) = Σ f(m)·P(c − c(m) of "
        "n − m) over first signals at m events", _HARMS, "harms", "Feller, 1968, chapter XIII"),
    Origin("harms.*.arms.**", "effect", "medicore.steps.looks.harms:safety_counts",
        "Subjects, events and exposure by arm of the safety set: everybody in a compared arm, eligible or not, with an "
        "outcome or without", "sums over the subjects; each counts 1 of exposure where no column is declared; of a harm with "
        "terms the events with one of them in the time at risk, and its years", _HARMS, "harms"),
    Origin("harms.*.expected", "effect", _TESTED,
        "Events that were expected of the treated without harm",
        "rate · exposure of the treated; binomial: n/(1 + r), n the events of both arms, r the exposure of the controls over "
        "that of the treated", _HARMS, "harms", _MAXSPRT),
    Origin("harms.*.log_likelihood_ratio", "effect", _TESTED,
        "Log likelihood ratio of the cumulative events c of the treated; 0 where c is at most what was expected",
        "Poisson: μ − c + c·log(c/μ); binomial: c·log(c/(np)) + (n − c)·log((n − c)/(n(1 − p))), p = 1/(1 + r)", _HARMS,
        "harms", _MAXSPRT),
    Origin("harms.*.critical_value", "effect", _TESTED,
        "Critical value of the log likelihood ratio, the same at every look until the upper limit",
        "P(ratio at or above it after any event, by the upper limit, with the minimum of events) = alpha, or the smallest "
        "attainable with at most alpha", _HARMS, "harms", _MAXSPRT),
    Origin("harms.*.type_one_error", "effect", _TESTED,
        "Probability of a signal without harm within the whole surveillance, looked at after every event",
        "exact, from event to event", _HARMS, "harms", _MAXSPRT),
    Origin("harms.*.level_spent", "effect", _TESTED,
        "Probability of a signal without harm by the furthest look, where design and ratio of exposure were the same at all",
        "type I error of the critical value up to the largest expected number, or number of events, of any look", _HARMS,
        "harms", _MAXSPRT),
    Origin("harms.**", "effect", _COUNTED,
        "Counted harms: design, what each look told of them, and the first look with a signal, which stands", "", _HARMS,
        "harms", _MAXSPRT),
)
# fmt: on
