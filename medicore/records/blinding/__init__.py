"""Blinding: who may see comparative results while a study goes on, and what everybody may see meanwhile."""
