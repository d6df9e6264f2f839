"""The trace of the counts and shares by which subjects, outcomes and weights are described."""

from medicore.records.results.origin import Origin
from medicore.records.results.origins.trace_keys import EFFECT, MISSING, WEIGHTS

# Literals alone, as in trace.py.
# fmt: off
DESCRIBED_ORIGINS = (
    Origin("cohort.disposition.**", "cohort", "medicore.steps.data.disposition:disposition_rows",
        "Subjects left out by each criterion and reason in order, as a share of the assessed, and those who remain",
        "share = left out/assessed", ("eligibility", "treatment", "outcome")),
    Origin("cohort.outcomes.groups.**", "cohort", "medicore.steps.data.disposition:outcome_groups",
        "Eligible subjects of each arm and overall by the state of their outcome: not yet due and due as shares of the "
        "eligible, observed, missing and outside the window as shares of the due", "n/eligible or n/due", MISSING),
    Origin("cohort.outcomes.follow_up_days.**", "cohort", "medicore.steps.data.follow_up_days:follow_up_days",
        "Days from time zero to the visit of the outcome, by arm, of the eligible subjects who have both dates",
        "visit − time zero", MISSING),
    Origin("cohort.outcomes.treatment_days.**", "cohort", "medicore.steps.data.treatment_days:treatment_days",
        "Days on treatment by arm, of the eligible subjects whose treatment has an end or who came to the visit",
        "the earlier of end and visit − time zero", ("treatment", "outcome", "eligibility")),
    Origin("primary.means.**", "effect", "medicore.steps.primaries.arm_means:arm_means",
        "Mean outcome if the target population had been in each arm, with its interval",
        "μ ∓ q·SE, SE and q of Student's t as of the primary estimate; Rubin's rules over imputations", EFFECT, "primary"),
    Origin("adjusted.means.**", "effect", "medicore.steps.primaries.arm_means:arm_means",
        "Mean outcome if everybody had been in each arm, with its interval: the mean of the outcome models' predictions",
        "μ ∓ q·SE, SE and q of Student's t as of the primary estimate; Rubin's rules over imputations",
        ("inference", "randomisation", "models.outcome", "covariates", "outcome", "treatment"), "primary"),
    Origin("propensity.effective_share.**", "propensity", "medicore.steps.models.scoring:effective_shares",
        "Effective sample size of each arm as a share of its subjects", "(Σw)²/(n Σw²) in the arm", WEIGHTS, "",
        "Kish, 1965, section 11.7"),
)
