"""The base of a protocol's parts, and the kinds of text and number that they share."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from medicore.errors import ProtocolError
from medicore.records.identifiers import month_id


def identified_by(check: Callable[[str], str]) -> AfterValidator:
    """Return the validator of a text that ``check`` of ``records.identifiers`` accepts; its refusal is a problem of the key."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except ProtocolError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(checked)


Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Level = Annotated[float, Field(gt=0, lt=0.5)]
Action = Literal["board", "none"]
Month = Annotated[str, identified_by(month_id)]


class Part(BaseModel):
    """A part of a protocol. It is frozen, and it forbids unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
