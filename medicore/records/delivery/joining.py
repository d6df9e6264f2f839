"""Joining several delivered data sets into one table with a row per subject."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.same_form import near_miss, same_form
from medicore.records.protocol.source import Dataset


@dataclass(frozen=True, slots=True)
class JoinedDataset:
    """Counts for one data set: rows read, rows selected by its ``where``, rows joined, and subjects without a row.

    ``file`` is the name of its table: that of its file, with the data set's where the file holds several.
    """

    file: str
    rows: int
    selected: int
    joined: int
    without: int


@dataclass(frozen=True, slots=True)
class Joined:
    """The joined table, the counts for each data set, and ``places``: per data set, the row of each subject or None."""

    table: TextTable
    datasets: tuple[JoinedDataset, ...]
    places: tuple[tuple[int | None, ...], ...]


def join_datasets(datasets: Sequence[Dataset], tables: Mapping[str, TextTable], subject: str) -> Joined:
    """Return the data sets joined by subject; ``tables`` holds the table of each name.

    The rows of the first data set are kept, in their order. The columns are ``subject`` from the first data set, then
    the columns that each data set names. A subject that lacks a row in a data set gets empty texts. Rows of subjects
    that are not in the first data set are left out and counted.

    Raises
    ------
    DataError
        When a file or column is missing, no row is selected, a selected row has no subject, or a subject has several
        selected rows. Messages give counts and never name a subject.
    """
    chosen = [_rows(dataset, place, tables) for place, dataset in enumerate(datasets, start=1)]
    _require_one_spelling(datasets, chosen)
    subjects = list(chosen[0])
    names, columns, commas = [subject], [subjects], list[str]()
    places = []
    for dataset, rows in zip(datasets, chosen, strict=True):
        table = tables[dataset.table]
        place = tuple(rows.get(name) for name in subjects)
        places.append(place)
        for name, column in dataset.columns.items():
            texts = table.column(column)
            names.append(name)
            commas += [name] if column in table.commas else []
            columns.append(["" if row is None else texts[row] for row in place])
    counted = tuple(
        JoinedDataset(
            dataset.table,
            len(tables[dataset.table].rows),
            len(rows),
            sum(row is not None for row in place),
            sum(row is None for row in place),
        )
        for dataset, rows, place in zip(datasets, chosen, places, strict=True)
    )
    joined = TextTable(tuple(names), tuple(zip(*columns, strict=True)), frozenset(commas))
    return Joined(joined, counted, tuple(places))


def _require_one_spelling(datasets: Sequence[Dataset], chosen: Sequence[Mapping[str, int]]) -> None:
    """Raise DataError when a data set spells an identifier of the first unlike it: the rows would be left out unseen."""
    known = {same_form(subject): subject for subject in chosen[0]}
    for dataset, rows in zip(datasets[1:], chosen[1:], strict=True):
        unlike = sum(
            known.get(same_form(subject), subject) != subject for subject in rows if subject not in chosen[0]
        )
        if unlike:
            raise DataError(
                f"{dataset.table} spells {unlike} subject(s) unlike {datasets[0].table}: they differ by blanks, case or "
                "Unicode form alone; expected one spelling of an identifier; have the data corrected at the source"
            )


def _rows(dataset: Dataset, number: int, tables: Mapping[str, TextTable]) -> dict[str, int]:
    """Return the selected row of each subject of a data set, in the order of its file."""
    place = f"data set {number} ({dataset.table})"
    selected = selected_rows(dataset, place, tables)
    if not selected:
        raise DataError(
            f"{place}: 0 of {len(tables[dataset.table].rows)} rows are selected; expected a row per subject; look at its "
            "'where' and at the export"
        )
    again = Counter(subject for subject, _ in selected)
    nameless, several = again.pop("", 0), sum(count > 1 for count in again.values())
    if nameless or several:
        raise DataError(
            f"{place}: {several} subject(s) have more than one selected row, and {nameless} selected row(s) have no "
            "subject; expected one row per subject; narrow its 'where', or have the file exported again"
        )
    return dict(selected)


def selected_rows(
    dataset: Dataset, place: str, tables: Mapping[str, TextTable], key: str = "edc.datasets"
) -> list[tuple[str, int]]:
    """Return subject and position of each selected row of a data set, in the order of its file.

    ``place`` names the data set in errors, and ``key`` where the protocol declares it. Raises DataError when the table or
    one of its columns was not delivered.
    """
    if dataset.table not in tables:
        raise DataError(
            f"{place} was not delivered; expected one of the delivered tables: {', '.join(sorted(tables))}; "
            f"correct file and member under {key}, or have it delivered"
        )
    table = tables[dataset.table]
    wanted = [dataset.subject, *dataset.where, *dataset.columns.values()]
    lacking = [column for column in wanted if column not in table.columns]
    if lacking:
        raise DataError(
            f"{place} has no column {lacking[0]!r} ({len(lacking)} missing){near_miss(lacking[0], table.columns)}; expected "
            f"the columns that {key} names; correct it, or have the file exported again"
        )
    conditions = [
        (table.columns.index(column), {texts} if isinstance(texts, str) else set(texts))
        for column, texts in dataset.where.items()
    ]
    subjects = table.columns.index(dataset.subject)
    return [
        (row[subjects], index)
        for index, row in enumerate(table.rows)
        if all(row[column] in allowed for column, allowed in conditions)
    ]
