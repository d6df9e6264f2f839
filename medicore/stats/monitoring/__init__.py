"""Looks at a growing study: alpha spending, confidence sequences, MaxSPRT."""
