"""The base of a protocol's parts, and the kinds of text and number that they share."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from medicore.errors import ProtocolError
from medicore.records.identifiers import month_id


def _month(text: str) -> str:
    try:
        return month_id(text)
    except ProtocolError as error:
        raise ValueError(str(error)) from error


Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Level = Annotated[float, Field(gt=0, lt=0.5)]
Action = Literal["board", "none"]
Month = Annotated[str, AfterValidator(_month)]


class Part(BaseModel):
    """A part of a protocol. It is frozen, and it forbids unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
