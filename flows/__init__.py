"""Prefect flows: they orchestrate and show; every decision and every number is made in ``medicore``."""
