"""A case's own numbers, under the names that the reference gives them."""

from medicore.stats.effect.estimate import Estimate

LEVEL = 0.95


class Numbers(dict[tuple[str, str, str, str], float]):
    """Numbers by estimand, estimator, variant and quantity."""

    def put(
        self,
        estimand: str,
        estimator: str,
        estimate: Estimate,
        *,
        variant: str = "",
        se: str = "se",
        ci: str = "",
        only_spread: bool = False,
    ) -> None:
        """Add an estimate with its n, its standard error under the name ``se``, and interval ends ending in ``ci``."""
        low, high = estimate.interval(LEVEL)
        self[estimand, estimator, variant, se] = estimate.standard_error
        self[estimand, estimator, variant, f"ci_low{ci}"] = low
        self[estimand, estimator, variant, f"ci_high{ci}"] = high
        if not only_spread:
            self[estimand, estimator, variant, "estimate"] = estimate.value
            self[estimand, estimator, variant, "n"] = estimate.n
