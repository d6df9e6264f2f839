"""row_headers: marks the first cell of each row of a table as the row's header (ISO 14289-1, 7.5).

Typst marks the heads of columns alone, so a table of names and values would have no header at all. A screen reader
says the header of the row and of the column before each value.
"""

from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from medicore.errors import DataError

_NO_ROWS = frozenset({"/THead", "/TFoot"})


def with_row_headers(pdf: bytes) -> bytes:
    """Return the report with a header in every row that has data; the same bytes give the same bytes.

    A cell below the title of a group names the title and the head of its own column. A note stays as it is, and so does
    everything that is printed.

    A document without tags stays as it is: ``report_check`` names what it misses.

    Raises
    ------
    DataError
        When the bytes cannot be read as PDF.
    """
    try:
        with pikepdf.open(BytesIO(pdf)) as document:
            if "/StructTreeRoot" not in document.Root:
                return pdf
            _add_names(document, dict(_headers(document.Root.StructTreeRoot)))
            made = BytesIO()
            document.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
            return made.getvalue()
    except pikepdf.PdfError as error:
        raise DataError(
            "the bytes cannot be read as PDF; expected a report; render with the other renderer"
        ) from error


def elements(node: pikepdf.Object, kind: str) -> Iterator[pikepdf.Object]:
    """Yield the elements of a kind, such as ``/Table`` or ``/TH``, below a node of the structure tree, in reading order.

    An element within another of its kind is not yielded.
    """
    for part in kids(node):
        if part.get("/S") == kind:
            yield part
        else:
            yield from elements(part, kind)


def kids(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Yield what lies directly below a node of the structure tree: its elements, and the objects that it names."""
    held = node.get("/K", Array())
    for part in held if isinstance(held, Array) else [held]:
        if isinstance(part, Dictionary):
            yield part


def _headers(root: pikepdf.Object) -> Iterator[tuple[str, pikepdf.Object]]:
    """Make the first cell of each row of data the row's header; yield each header's name and the header."""
    for number, table in enumerate(elements(root, "/Table")):
        columns = _columns(table)
        for place, row in enumerate(_rows(table)):
            first, *others = kids(row)
            if first.get("/S") == "/TH" and not others:
                _head_a_group(first)
            if len(others) + 1 == len(columns):
                _name_columns([first, *others], columns)
            if first.get("/S") == "/TD" and others:
                name = f"T{number}r{place}"
                _make_header(first, others, name)
                yield name, first


def _rows(table: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Yield the rows of a table's body, which may be its own children."""
    for part in kids(table):
        if part.get("/S") == "/TR":
            yield part
        elif part.get("/S") not in _NO_ROWS:
            yield from elements(part, "/TR")


def _columns(table: pikepdf.Object) -> list[str]:
    """Return the names of the heads of a table's columns, from left to right; none when a head spans several."""
    head = next(elements(table, "/THead"), Dictionary())
    cells = list(kids(next(elements(head, "/TR"), Dictionary())))
    spans = any("/ColSpan" in held for cell in cells for held in cell.get("/A", ()))
    return [] if spans else [str(cell.get("/ID", "")) for cell in cells]


def _head_a_group(title: pikepdf.Object) -> None:
    """Let the title of a group of rows name no column: it stands above all of them, and belongs to none."""
    held = _attributes(title)
    if "/Headers" in held:
        del held["/Headers"]


def _name_columns(cells: list[pikepdf.Object], columns: list[str]) -> None:
    """Let each cell name the head of its own column after the title of its group."""
    for cell, column in zip(cells, columns, strict=True):
        held = _attributes(cell)
        names = [str(name) for name in held.get("/Headers", Array())]
        if column and column not in names:
            held.Headers = Array([String(name) for name in (*names, column)])


def _make_header(first: pikepdf.Object, others: list[pikepdf.Object], name: str) -> None:
    """Make a row's first cell its header of this name, and let the other cells name it before their column's."""
    first.S = Name("/TH")
    first.ID = String(name)
    _attributes(first).Scope = Name("/Row")
    for cell in others:
        attributes = _attributes(cell)
        attributes.Headers = Array([String(name), *attributes.get("/Headers", Array())])


def _attributes(cell: pikepdf.Object) -> pikepdf.Object:
    """Return the attributes of a cell as part of a table; they are added when it has none."""
    if "/A" not in cell:
        cell.A = Array()
    for held in cell.A:
        if held.get("/O") == "/Table":
            return held
    cell.A.append(Dictionary(O=Name("/Table")))
    return cell.A[-1]


def _add_names(document: pikepdf.Pdf, added: dict[str, pikepdf.Object]) -> None:
    """Write the tree of identifiers again with the added ones, sorted as a tree of names must be."""
    root = document.Root.StructTreeRoot
    known = added | (dict(pikepdf.NameTree(root.IDTree).items()) if "/IDTree" in root else {})
    if not known:
        return
    names = sorted(known)
    leaf = Dictionary(
        Limits=Array([String(names[0]), String(names[-1])]),
        Names=Array([part for name in names for part in (String(name), known[name])]),
    )
    root.IDTree = document.make_indirect(Dictionary(Kids=Array([document.make_indirect(leaf)])))
