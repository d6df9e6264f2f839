"""The protocol keys on which groups of results depend, for the trace table."""

MODELS = ("models.propensity", "models.outcome", "covariates")
EFFECT = ("estimand.target", "estimand.measure", *MODELS, "outcome", "treatment", "trimming")
SCORES = ("models.propensity", "covariates", "treatment", "trimming")
WEIGHTS = ("estimand.target", *SCORES)
BALANCE = ("gates.smd", "gates.smd_sample", *MODELS)
INFERENCE = (*EFFECT, "inference.level")
LOOKS = ("monitoring", *EFFECT)
MISSING = ("outcome", "eligibility", "treatment")
CONTROLS = ("negative_controls", *EFFECT)
