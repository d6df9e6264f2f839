"""The data contract: what every extract of a study must look like."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.part import Text


class UnknownColumnError(LookupError):
    """A column that the contract does not have."""


class Column(GrowingPart):
    """One column of the extract: its type, how its texts are read, and the rules for its values.

    ``recode`` maps delivered texts to the texts that are cast, before anything else: codes to labels, or a flag to 0 and
    1. ``missing`` lists the texts that mean "no value" in this column, in place of the contract's. ``decimal`` is the
    decimal mark of its numbers, if it is not that of the file. Two numbers of a locked column differ when they differ
    by ``tolerance`` or more; by default that is one unit of the last of the declared ``decimals``. ``labels`` are the
    words that reports print for the values of a category.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {"recode", "missing", "decimal", "decimals", "tolerance", "labels"}
    )

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    type: Literal["identifier", "number", "integer", "category", "date"]
    timing: Literal["administrative", "baseline", "follow-up"]
    required: bool = True
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] | None = None
    locked: bool = True
    recode: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] | None = None
    decimal: Literal[".", ","] | None = None
    decimals: Annotated[int, Field(ge=0, le=15)] | None = None
    tolerance: Annotated[float, Field(gt=0)] | None = None
    labels: dict[str, Text] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reading_fits_type(self) -> Self:
        numeric = self.type in {"number", "integer"}
        if not numeric and (self.decimal, self.decimals, self.tolerance) != (None, None, None):
            raise ValueError(f"column {self.name}: only a number has 'decimal', 'decimals' or 'tolerance'")
        if self.recode and self.type in {"identifier", "date"}:
            raise ValueError(f"column {self.name}: only a category or a number may be recoded")
        wrong = sorted(set(self.recode.values()) - set(self.values)) if self.values is not None else []
        if wrong:
            raise ValueError(f"column {self.name}: 'recode' gives {wrong}, which are not among its 'values'")
        return self

    @model_validator(mode="after")
    def _labels_fit_values(self) -> Self:
        unknown = sorted(set(self.labels) - set(self.values or ()))
        if unknown:
            raise ValueError(
                f"column {self.name}: 'labels' names {unknown}, which are not among its 'values'"
            )
        if len(set(self.labels.values())) != len(self.labels):
            raise ValueError(f"column {self.name}: two values have the same label; give each its own")
        return self

    def printed(self, value: str) -> str:
        """Return the words for a value: its label, or the value itself."""
        return self.labels.get(value, value)

    @property
    def resolution(self) -> float | None:
        """The smallest difference of two numbers of the column that counts as one, or None when none is declared."""
        if self.tolerance is not None or self.decimals is None:
            return self.tolerance
        return float(f"1e-{self.decimals}")

    @model_validator(mode="after")
    def _rules_fit_type(self) -> Self:
        if (self.type == "category") != (self.values is not None):
            raise ValueError(
                f"column {self.name}: a category needs 'values', and only a category may have them"
            )
        if self.type not in {"number", "integer"} and (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"column {self.name}: only a number may have a range")
        if self.type == "number" and self.unit is None:
            raise ValueError(f"column {self.name}: a number needs its unit")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"column {self.name}: the minimum is above the maximum")
        if self.values is not None and len(set(self.values)) != max(1, len(self.values)):
            raise ValueError(f"column {self.name}: expected one or more values, all different")
        return self


class Contract(BaseModel):
    """The columns of an extract, its subject identifier, and the columns that would unblind it.

    ``missing`` lists the texts that mean "no value"; every other text is a value. The values of ``locked`` columns
    stay the same from one data lock to the next; a value may be added where there was none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    columns: Annotated[tuple[Column, ...], Field(min_length=2)]
    missing: tuple[str, ...] = ("",)
    blinded: bool = False
    unblinding: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError("a column is declared twice")
        subject = next((column for column in self.columns if column.name == self.subject), None)
        if subject is None or subject.type != "identifier" or not subject.required:
            raise ValueError(f"the subject column {self.subject!r} must be a required identifier")
        clash = sorted(set(self.unblinding) & set(names))
        if clash:
            raise ValueError(f"unblinding columns {clash} are also declared as data")
        unreachable = [c.name for c in self.columns if set(c.values or ()) & set(self.missing_in(c))]
        if unreachable:
            raise ValueError(f"columns {unreachable} allow a value that means 'missing'")
        return self

    def missing_in(self, column: Column) -> tuple[str, ...]:
        """Return the texts that mean "no value" in a column."""
        return self.missing if column.missing is None else column.missing

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raise UnknownColumnError when none is."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownColumnError(name)


def require_contrast(treatment: object, contract: Contract | None) -> None:
    """Raise ValueError when ``treatment``, as read from the file, does not say which two arms are compared.

    ``contract`` is None when it is malformed; the caller then reports that error instead.
    """
    if not isinstance(treatment, dict) or contract is None or treatment.get("column") not in contract.names:
        return
    arms = contract.column(treatment["column"]).values
    if arms and any(treatment.get(role) is None for role in ("treated", "control")):
        raise ValueError(
            f"column {treatment['column']!r} has {len(arms)} arms ({', '.join(arms)}) and no declared contrast of "
            "two; name one arm under 'treated' and one under 'control'"
        )
