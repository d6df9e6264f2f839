"""Families across studies: the primaries of several studies of a month, declared in ``studies/families.yaml``."""

from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from medicore.errors import ProtocolError
from medicore.records.identifiers import study_id
from medicore.records.protocol.file.yaml_text import read_yaml
from medicore.records.protocol.hypotheses.family import FamilyMethod
from medicore.records.protocol.part import Part, identified_by

FAMILIES = "families.yaml"
"""The file of the families, in the folder of the protocols."""


class PortfolioFamily(FamilyMethod):
    """A family of the primaries of several studies."""

    studies: Annotated[tuple[Annotated[str, identified_by(study_id)], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems = [*self.graph_problems(len(self.studies))]
        if len(set(self.studies)) < len(self.studies):
            problems.append("a study is named twice; expected each once")
        if problems:
            raise ValueError(f"family {self.name!r}: {'; '.join(problems)}")
        return self


def in_a_family(text: str, study: str) -> bool:
    """Return whether the families in a file name the study; a file that cannot be read names nobody."""
    try:
        families = parse_families(text, f"studies/{FAMILIES}")
    except ProtocolError:
        return False
    return any(study in family.studies for family in families)


class _Declared(Part):
    """The whole file."""

    families: tuple[PortfolioFamily, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [family.name for family in self.families]
        if len(set(names)) < len(names):
            raise ValueError("two families have one name; rename one")
        tested = [study for family in self.families for study in family.studies]
        twice = sorted({study for study in tested if tested.count(study) > 1})
        if twice:
            raise ValueError(
                f"studies {twice} are in two families; expected each in one, whose level it shares"
            )
        return self


def parse_families(text: str, origin: str) -> tuple[PortfolioFamily, ...]:
    """Return the families in YAML ``text``; ``origin`` names the file in messages.

    Raises
    ------
    ProtocolError
        When the text is not YAML, or a family is unknown in form or not one that holds its level.
    """
    found, _ = read_yaml(text, origin)
    try:
        return _Declared.model_validate(found).families
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_url=False, include_context=False)
        ]
        raise ProtocolError(f"{origin}: {'; '.join(told)}; correct the file") from error
