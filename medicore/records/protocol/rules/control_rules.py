"""Negative controls of a protocol: why a declared one cannot be estimated, or a gate of theirs cannot judge."""

from collections.abc import Iterator

from medicore.records.protocol.criteria import NUMERIC
from medicore.records.protocol.monitoring import declared_harms
from medicore.records.protocol.negative_controls import NegativeControl, is_flag
from medicore.records.protocol.protocol import Gates, Protocol
from medicore.records.protocol.strategies import planned_columns

TAKEN = frozenset({"treated", "outcome", "observed", "imputation", "cluster"})
"""Names that the analysis set has for itself."""

_GATES = ("controls_share", "systematic_error", "detectable_effect")


def incoherent_controls(protocol: Protocol) -> Iterator[str]:
    """Yield, in words, why the negative controls cannot be estimated, each by its name."""
    controls = protocol.negative_controls
    if not controls:
        yield from _gates_without_controls(protocol)
        return
    if protocol.design == "randomised":
        yield (
            "negative_controls: the study is randomised, so that no confounding is left to calibrate; expected the design "
            "observational; delete negative_controls"
        )
    for what in ("name", "column"):
        values = [getattr(control, what) for control in controls]
        for value in dict.fromkeys(value for value in values if values.count(value) > 1):
            yield f"negative_controls: two have the {what} {value!r}; expected different ones; delete or rename one"
    for control in controls:
        for problem in _problems(protocol, control):
            yield f"negative_controls, control {control.name!r}: column {control.column!r} {problem}"
    limit = protocol.gates.detectable_effect
    if protocol.estimand.measure != "difference" and limit is not None and limit <= 1:
        yield (
            f"gates.detectable_effect is {limit:g}; expected a {protocol.estimand.measure} above 1; write the ratio that the "
            "study must be able to find"
        )


def _gates_without_controls(protocol: Protocol) -> Iterator[str]:
    for name in _GATES:
        if getattr(protocol.gates, name) != Gates.model_fields[name].default:
            yield (
                f"gates.{name} judges negative controls, and none is declared; expected negative_controls; declare ten or "
                "more, or delete the gate"
            )


def _problems(protocol: Protocol, control: NegativeControl) -> Iterator[str]:
    """Yield what is wrong with the column of a control."""
    column = next((one for one in protocol.contract.columns if one.name == control.column), None)
    if column is None:
        yield "is not in the contract; declare it under contract.columns"
        return
    if column.timing != "follow-up":
        yield f"is of timing {column.timing}; expected follow-up; a control is measured as the outcome is"
    if column.type not in NUMERIC:
        yield (
            f"is of type {column.type}; expected a number, or an integer with minimum 0 and maximum 1; declare a flag such "
            "as Y with recode: {Y: '1', '': '0'}"
        )
    elif protocol.estimand.measure != "difference" and not is_flag(column):
        yield (
            f"is no flag, and the measure {protocol.estimand.measure!r} compares risks; expected an integer with minimum 0 "
            "and maximum 1; leave the control out, or declare it so"
        )
    if control.column in TAKEN:
        yield "has a name that the analysis set needs for itself; rename the column"
    yield from _other_uses(protocol, control.column)


def _other_uses(protocol: Protocol, column: str) -> Iterator[str]:
    """Yield the other use of a column, which says that the treatment may affect it."""
    counted = {harm.events for harm in declared_harms(protocol.monitoring)}
    if column == protocol.outcome.column:
        yield "is the outcome; expected another one, which the treatment cannot affect; leave the control out"
    elif column in {*planned_columns(protocol)}:
        yield (
            "is used for the outcome or an intercurrent event; expected one that the treatment cannot affect; leave the "
            "control out"
        )
    elif column in counted:
        yield (
            "counts a harm, which the treatment may cause; expected one that it cannot affect; leave the control out"
        )
