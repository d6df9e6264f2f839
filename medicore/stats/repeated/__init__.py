"""Repeated visits: the mixed model for repeated measures, and outcomes completed over visits."""
