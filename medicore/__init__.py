"""MediCore: a clinical study's monthly data lock becomes a signed, archived, reproducible causal-effect record."""

from medicore.kernels import pin

__version__ = "0.1.0"

pin()  # before any part of MediCore loads NumPy
