"""Naming: the rule of a company for the identifiers of its studies, declared in ``studies/names.yaml``."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from medicore.errors import ProtocolError
from medicore.records.identifiers import confusable_form, study_id
from medicore.records.protocol.file.yaml_text import read_yaml
from medicore.records.protocol.part import Part

NAMES = "names.yaml"
"""The file of the rule, in the folder of the protocols."""


def _pattern(text: str) -> str:
    try:
        re.compile(text, re.ASCII)
    except re.error as error:
        raise ValueError(f"is not a regular expression ({error}); correct it") from error
    return text


class Naming(Part):
    """The regular expression that a whole identifier must match, and an identifier that does.

    It narrows the rule of ``study_id``, which always holds.
    """

    pattern: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_pattern)]
    example: str

    @model_validator(mode="after")
    def _example_fits(self) -> Self:
        try:
            study_id(self.example)
        except ProtocolError as error:
            raise ValueError(str(error)) from error
        if not self.allows(self.example):
            raise ValueError(f"the example {self.example!r} does not match the pattern; correct one of them")
        return self

    def allows(self, study: str) -> bool:
        """Return whether a study identifier follows the rule."""
        return re.fullmatch(self.pattern, study, re.ASCII) is not None


def parse_naming(text: str, origin: str) -> Naming:
    """Return the rule in YAML ``text``; ``origin`` names the file in messages.

    Raises
    ------
    ProtocolError
        When the text is not such a rule.
    """
    found, _ = read_yaml(text, origin)
    try:
        return Naming.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        words = str(first["msg"]).removeprefix("Value error, ")
        raise ProtocolError(
            f"{origin}: {f'{key}: ' if key else ''}{words}; expected 'pattern' and 'example'; correct the file"
        ) from error


def require_name(study: str, others: tuple[str, ...], naming: Naming | None) -> None:
    """Raise ProtocolError unless the identifier follows the company's rule and no other study may be taken for it."""
    if naming is not None and not naming.allows(study):
        raise ProtocolError(
            f"study {study} does not follow the rule of studies/{NAMES}; expected {naming.pattern!r}, for example "
            f"{naming.example}; rename the study"
        )
    alike = [other for other in others if other != study and confusable_form(other) == confusable_form(study)]
    if alike:
        raise ProtocolError(
            f"study {study} may be taken for {alike[0]}; expected names that differ in more than case, '-' and '_'; rename "
            "one of them"
        )
