"""Gates: they compare a step's results with thresholds of the protocol."""
