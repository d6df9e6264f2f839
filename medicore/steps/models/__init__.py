"""From the analysis set to fitted models: terms, seeds, imputation, scores and the primary estimate."""
