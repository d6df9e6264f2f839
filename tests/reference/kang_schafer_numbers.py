"""What statsmodels, zEpid and causallib compute on Kang and Schafer's data.

``.bench-venv/bin/python -m tests.reference.kang_schafer_numbers`` writes ``kang_schafer.csv``; ``make
bench-packages`` makes that environment. A number is kept when all that compute it agree within its tolerance.
"""

import csv
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression

from tests.reference.kang_schafer import DESIGNS, SEEDS, kang_schafer
from tests.reference.reference import Row

FILE = Path(__file__).with_name("kang_schafer.csv")
AGREEMENT = 1e-6
"""Relative to the number; absolute for effects below 1, which is a small part of their standard errors."""
ORIGIN = "computed by tests/reference/kang_schafer_numbers.py"

Vector = NDArray[np.float64]
Found = Iterator[tuple[str, tuple[str, str, str, str], float]]
"""Software, key, number."""


def statsmodels(z: Vector, x: Vector, a: NDArray[np.bool_], y: Vector, name: str) -> Found:
    """Yield the numbers that follow from Logit, OLS and WLS."""
    columns, design = sm.add_constant(z), sm.add_constant(x)
    fit = sm.Logit(a.astype(float), columns).fit(disp=False, method="newton", tol=1e-14)
    names = ["(Intercept)", *(f"{name}{place}" for place in range(1, 5))]
    for label, value, error in zip(names, fit.params, fit.bse, strict=True):
        yield "statsmodels", ("-", "propensity", "", f"coef:{label}"), value
        yield "statsmodels", ("-", "propensity", "", f"coef_se:{label}"), error
    yield "statsmodels", ("-", "propensity", "", "loglik"), fit.llf
    score, arm = fit.predict(), sm.add_constant(a.astype(float))
    yield "statsmodels", ("diff", "unadjusted", "", "estimate"), sm.OLS(y, arm).fit().params[1]
    inverse = 1 / np.where(a, score, 1 - score)
    for target, tilt in (("ATE", 1.0), ("ATT", score), ("ATO", score * (1 - score))):
        weighted = sm.WLS(y, arm, weights=tilt * inverse).fit(cov_type="HC0")
        yield "statsmodels", (target, "IPW-Hajek", "", "estimate"), weighted.params[1]
        yield "statsmodels", (target, "IPW-Hajek", "", "se_HC0"), weighted.bse[1]
    one, zero = (design @ sm.OLS(y[chosen], design[chosen]).fit().params for chosen in (a, ~a))
    yield "statsmodels", ("ATE", "g-comp", "", "estimate"), np.mean(one - zero)
    yield "statsmodels", ("ATT", "g-comp", "", "estimate"), np.mean((one - zero)[a])
    each = one - zero + np.where(a, y - one, zero - y) * inverse
    yield "statsmodels", ("ATE", "AIPW", "", "estimate"), each.mean()
    yield "statsmodels", ("ATE", "AIPW", "", "se_if_ddof1"), each.std(ddof=1) / np.sqrt(len(y))
    residual = np.where(a, y, -y) * inverse
    yield "statsmodels", ("ATE", "IPW-HT", "", "estimate"), residual.mean()


def zepid(z: Vector, x: Vector, a: NDArray[np.bool_], y: Vector) -> Found:
    """Yield the numbers of zEpid's AIPTW, with outcome models per arm."""
    from zepid.causal.doublyrobust import AIPTW

    frame = pd.DataFrame({"a": a.astype(int), "y": y})
    frame[["z1", "z2", "z3", "z4"]], frame[["x1", "x2", "x3", "x4"]] = z, x
    model = AIPTW(frame, exposure="a", outcome="y")
    model.exposure_model("z1 + z2 + z3 + z4", print_results=False)
    model.outcome_model("a * (x1 + x2 + x3 + x4)", print_results=False)
    model.fit()
    yield "zEpid", ("ATE", "AIPW", "", "estimate"), model.average_treatment_effect
    yield "zEpid", ("ATE", "AIPW", "", "se_if_ddof1"), model.average_treatment_effect_se


def causallib(z: Vector, x: Vector, a: NDArray[np.bool_], y: Vector) -> Found:
    """Yield the numbers of causallib over scikit-learn, unpenalised and by Newton's method."""
    from causallib.estimation import AIPW, IPW, StratifiedStandardization

    ps, om = (
        pd.DataFrame(columns, columns=[*"1234"]).add_prefix(name) for columns, name in ((z, "z"), (x, "x"))
    )
    both = pd.concat([(ps - ps.mean()) / ps.std(), om], axis=1)
    arm, outcome = pd.Series(a.astype(int)), pd.Series(y)
    learner = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12)
    weighting = IPW(learner)
    weighting.fit(both[ps.columns], arm)
    means = weighting.estimate_population_outcome(both[ps.columns], arm, outcome)
    yield "causallib", ("ATE", "IPW-Hajek", "", "estimate"), means[1] - means[0]
    standardising = StratifiedStandardization(LinearRegression())
    standardising.fit(om, arm, outcome)
    means = standardising.estimate_population_outcome(om, arm)
    yield "causallib", ("ATE", "g-comp", "", "estimate"), means[1] - means[0]
    double = AIPW(
        StratifiedStandardization(LinearRegression()),
        IPW(learner),
        outcome_covariates=[*om.columns],
        weight_covariates=[*ps.columns],
    )
    double.fit(both, arm, outcome)
    means = double.estimate_population_outcome(both, arm, outcome)
    yield "causallib", ("ATE", "AIPW", "", "estimate"), means[1] - means[0]


def rows() -> Iterator[Row]:
    """Yield the numbers that agree, per seed and pair of designs."""
    for seed in SEEDS:
        designs, a, y = kang_schafer(seed)
        for case, (ps, om) in ((f"kang_schafer_{seed} ps={ps} om={om}", (ps, om)) for ps, om in DESIGNS):
            data = designs[ps], designs[om], a, y
            found: dict[tuple[str, str, str, str], dict[str, float]] = {}
            for some in (statsmodels(*data, ps), zepid(*data), causallib(*data)):
                for software, key, value in some:
                    found.setdefault(key, {})[f"{software} {version(software.lower())}"] = float(value)
            for key, values in found.items():
                value = next(iter(values.values()))
                tolerance = AGREEMENT * max(abs(value), 0.0 if key[1] == "propensity" else 1.0)
                spread = max(values.values()) - min(values.values())
                if spread > tolerance:
                    raise SystemExit(f"{case} {key}: {values}")
                status = "agree" if len(values) > 1 else "single"
                yield Row(
                    case,
                    f"Kang-Schafer, seed {seed}",
                    *key,
                    value,
                    tolerance,
                    status,
                    "",
                    "; ".join(values),
                    ORIGIN,
                )


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    kept = list(rows())
    with FILE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Row.__dataclass_fields__)
        for row in kept:
            fields = [getattr(row, name) for name in Row.__dataclass_fields__]
            writer.writerow([f"{field:.12g}" if isinstance(field, float) else field for field in fields])


if __name__ == "__main__":
    main()
