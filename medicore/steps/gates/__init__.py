"""Gates: thresholds of the protocol held against what a step computed."""
