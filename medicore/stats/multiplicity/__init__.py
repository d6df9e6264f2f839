"""Multiplicity: p-values of several hypotheses, adjusted so that an error rate holds over all of them."""
