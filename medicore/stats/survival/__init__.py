"""Time to event: curves, hazard models, and the effect on survival by a declared time."""
