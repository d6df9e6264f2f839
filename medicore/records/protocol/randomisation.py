"""The randomisation of a study: its scheme, its stratification factors and the planned allocation."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from medicore.records.protocol.part import Name, Part, Positive, Text

BALANCED = ("stratified", "biased coin")
"""Schemes that are known to balance the arms in every stratum."""


class RandomisationPlan(Part):
    """How subjects were randomised.

    ``strata`` are the stratification factors; a stratum is one combination of their levels. ``allocation`` is the planned
    weight of each arm, by default one for all.
    """

    scheme: Literal["simple", "stratified", "biased coin", "minimisation"]
    strata: tuple[Name, ...] = ()
    allocation: Annotated[dict[Text, Positive], Field(min_length=2)] | None = None


def by_design(document: object) -> object:
    """Return a protocol's document with the defaults of its design.

    In a randomised study the baseline differs by chance: its imbalance halts nothing, and nothing is left out of the models
    one by one, unless the protocol declares it.
    """
    if not isinstance(document, Mapping) or document.get("design") != "randomised":
        return document
    found = dict(document)
    for part, key, value in (("gates", "smd", None), ("sensitivity", "leave_one_out", False)):
        declared = found.get(part, {})
        if isinstance(declared, Mapping):
            found[part] = {key: value, **declared}
    return found
