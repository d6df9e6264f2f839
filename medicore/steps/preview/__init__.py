"""The preview of a study: what its data say of the plan before the first run, blind to the outcome."""
