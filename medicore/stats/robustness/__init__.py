"""Robustness: how strong the violation of an assumption would have to be to change the conclusion."""
