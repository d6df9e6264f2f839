"""MediCore: a clinical study's monthly data lock becomes a signed, archived, reproducible causal-effect record."""

__version__ = "0.1.0"
