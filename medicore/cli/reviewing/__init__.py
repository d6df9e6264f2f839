"""Verbs of those who decide: review, sign, return with comments, and who may see a closed study."""
