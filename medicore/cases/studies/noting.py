"""noting: what a draft notes beside a column: levels that few subjects have, many gaps, and values that nobody shares."""

from collections.abc import Iterator

from medicore.steps.preview.profile import ColumnProfile, TableProfile

MANY = 0.2
"""A column with this share of gaps or more has a note: so many draws rest on the imputation's model alone."""


def noted(column: ColumnProfile, found: TableProfile) -> str:
    """Return the comment that follows a covariate in the draft, '' where there is nothing to note."""
    notes = "; ".join(_notes(column, found))
    return f"  # {notes}" if notes else ""


def quoted(text: str) -> str:
    """Return a text as YAML reads it back whatever it holds."""
    return "'" + text.replace("'", "''") + "'"


def _notes(column: ColumnProfile, found: TableProfile) -> Iterator[str]:
    if column.sparse:
        mended = f"to merge it with another level: recode: {{{quoted(column.sparse[0])}: 'another level'}}"
        if len(column.levels) < 3:
            mended = "leave it out"
        yield f"few subjects have: {', '.join(column.sparse)}; {mended}"
    share = column.missing / found.rows
    if share >= MANY and column.kind == "category":
        yield (
            f"{share:.0%} have no value; where that says something, make it a level: "
            f"recode: {{{quoted(found.missing[0])}: 'none'}}, without required: false"
        )
    elif share >= MANY:
        yield f"{share:.0%} have no value; leave it out, or be sure that a model can draw so many"
    if column.unique and column.kind == "integer":
        yield "no two subjects share a value; an identifier is no covariate"
