"""Proof: verification of what is stored, reproduction of what was computed, surveillance of the archive."""
