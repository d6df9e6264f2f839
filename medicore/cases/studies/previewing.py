"""previewing: the preview of a study on a delivery, as terminal text and as a page, blind to the outcome."""

from collections.abc import Iterator

from threadpoolctl import threadpool_limits

from medicore.cases.studies.profiling import tables_of
from medicore.records.delivery.transfer import Transfer
from medicore.records.protocol.protocol import Protocol
from medicore.steps.preview.preview import POWER, Preview, preview

_MOST = 15
"""The largest number of terms that the terminal lists; the page lists all."""


def preview_of(protocol: Protocol, transfer: Transfer) -> Preview:
    """Return the preview of a protocol on a delivery.

    Raises
    ------
    DataError
        When a file cannot be read, or the data sets cannot be joined.
    """
    from medicore.steps.extract import one_table

    delivered = tables_of(transfer)
    texts, _ = one_table(delivered, {name: one.table for name, one in delivered.items()}, protocol)
    with threadpool_limits(limits=1):  # as a run computes
        return preview(texts, protocol)


def lines_of(found: Preview) -> Iterator[str]:
    """Yield the preview as lines of text: cohort, what would stop a run, overlap, balance, precision."""
    yield from _cohort_lines(found)
    for words in found.problems:
        yield f"WOULD FAIL   {words}"
    for finding in found.findings:
        how = "" if finding.overridable else "; no signature overrides it"
        yield f"WOULD HALT   {finding.gate}: {finding.message}{how}"
    for level in found.sparse:
        yield (
            f"SPARSE       {level['column']}={level['level']}: {level['treated']} treated, {level['control']} control; "
            f"{level['remedy']}"
        )
    yield from _score_lines(found)
    yield from _precision_lines(found)


def _cohort_lines(found: Preview) -> Iterator[str]:
    cohort = found.cohort
    yield f"Subjects     {cohort['assessed']} in the data"
    for criterion in cohort["criteria"]:
        yield f"  excluded   {criterion['excluded']:>6}  {criterion['name']}"
    for name in cohort["later_criteria"]:
        yield f"  not judged         {name}: its column is measured after time zero"
    yield f"Arms         {', '.join(f'{label}: {size}' for label, size in cohort['arms'].items())}"
    if cohort["missing_covariates"]:
        gaps = ", ".join(f"{column} {count}" for column, count in cohort["missing_covariates"].items())
        yield f"Missing      {gaps}{_filled(found)}"
    if cohort["not_of_their_type"]:
        wrong = ", ".join(f"{column} {count}" for column, count in cohort["not_of_their_type"].items())
        yield f"Not of type  {wrong}; 'medicore study check --data' tells more"
    yield f"Hidden       {', '.join(cohort['hidden']) or 'nothing'}: measured after time zero, never read"


def _filled(found: Preview) -> str:
    """Return what the preview does about gaps, where it comes to scores."""
    return "; the preview fills each gap once, without the outcome" if found.scores is not None else ""


def _score_lines(found: Preview) -> Iterator[str]:
    if found.scores is None:
        return
    scores = found.scores
    for arm in ("treated", "control"):
        low, high = scores[arm]
        yield (
            f"Scores       {arm}: {low:.3f} to {high:.3f}, effective size {scores['effective_sample_size'][arm]:.0f} "
            f"({scores['effective_share'][arm]:.0%}), largest share of weight {scores['largest_weight_share'][arm]:.1%}"
        )
    yield f"Overlap      {scores['equipoise']:.0%} in equipoise, c statistic {scores['c_statistic']:.3f}"
    for row in found.balance[:_MOST]:
        yield f"Balance      {row['term']}: SMD {row['unweighted']:+.3f} before, {row['weighted']:+.3f} after weighting"
    if len(found.balance) > _MOST:
        yield f"             and {len(found.balance) - _MOST} more terms, all smaller"
    if found.alarm_rate is not None:
        yield (
            f"False alarm  {found.alarm_rate:.1%}: how often the gate of balance fires before weighting when the arms differ "
            "by chance alone"
        )


def _precision_lines(found: Preview) -> Iterator[str]:
    if found.detectable is None:
        return
    power = f"with a power of {POWER:.0%}"
    if "difference" in found.detectable:
        yield f"Detectable   a difference of {found.detectable['difference']:.3f} standard deviations {power}"
    for risk, difference in found.detectable.get("by_control_risk", {}).items():
        yield f"Detectable   where the control risk is {float(risk):.0%}: a difference of {difference:.3f} {power}"
