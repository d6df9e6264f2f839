"""Calibration by negative controls: the systematic error that they show, and what it leaves of an effect."""
