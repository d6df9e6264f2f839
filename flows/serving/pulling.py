"""The pull steps of our deployments: they name whose code is meant, and hold no place of the machine that deployed.

MediCore's worker and containers find the code themselves (``flows/serving/worker.py``, ``flows/serving/container.py``), and
execute no pull step. Prefect's own process worker would execute these, with whatever code lies around it; so they refuse.
"""

from typing import NoReturn

from medicore.errors import ConfigurationError


def own_code() -> NoReturn:
    """Refuse to run the code of whoever works: its checkout, or the commit that is pinned for it."""
    raise _refused("the code of the worker's own checkout")


def pinned_code() -> NoReturn:
    """Refuse to run the code of the commit that the flow run's job variable names."""
    raise _refused("the code of the commit that it names")


def _refused(wanted: str) -> ConfigurationError:
    return ConfigurationError(
        f"this deployment runs {wanted}, and a worker of another kind has taken it; expected MediCore's own: start 'python -m "
        "flows.serving.worker POOL', or let the pool's job template be one of 'medicore fleet template'"
    )
