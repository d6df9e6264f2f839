"""Snapshots in ODM 1.3, and documents that are none."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import without
from medicore.records.delivery.odm import REPEAT_KEYS, read_odm, require_odm

HEAD = (
    '<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3" FileType="Snapshot" '
    'FileOID="f1" CreationDateTime="2025-04-01T06:00:00">'
)
ROW = (
    '<SubjectData SubjectKey="{key}"><SiteRef LocationOID="1"/><StudyEventData StudyEventOID="E"><FormData FormOID="DM">'
    '<ItemGroupData ItemGroupOID="DM">{items}</ItemGroupData></FormData></StudyEventData></SubjectData>'
)
AGE = '<ItemData ItemOID="DM.AGE" Value="041"/>'
SEX = '<ItemData ItemOID="DM.SEX" Value="F"/>'
NULL = '<ItemData ItemOID="DM.AGE" IsNull="Yes" Value="9"/>'


def snapshot(*rows: tuple[str, str], head: str = HEAD) -> bytes:
    """Return a snapshot with a row for each subject and its items."""
    text = "".join(ROW.format(key=key, items=items) for key, items in rows)
    return (
        f'{head}<ClinicalData StudyOID="T(Prod)" MetaDataVersionOID="1">{text}</ClinicalData></ODM>'.encode()
    )


def test_groups_of_items_become_rows() -> None:
    """Columns are the key and the items as they appear; what a group lacks, or calls null, is empty."""
    found = read_odm(snapshot(("001", AGE + SEX), ("NA", SEX), ("דנה", NULL)), "x")
    assert without(found.table, REPEAT_KEYS) == TextTable(
        ("SubjectKey", "AGE", "SEX"), (("001", "041", "F"), ("NA", "", "F"), ("דנה", "", ""))
    )
    assert (found.created, found.file, found.studies) == ("2025-04-01T06:00:00", "f1", ("T(Prod)",))


def test_no_subject_is_an_empty_table() -> None:
    """A snapshot without subjects has no rows (FAULTS 47)."""
    assert read_odm(snapshot(), "x").table == TextTable(("SubjectKey", *REPEAT_KEYS), ())


def test_visit_form_and_line_tell_the_rows_of_a_subject_apart() -> None:
    """The keys that ODM keeps outside of the items are columns, so that rows can be chosen by them."""
    form = (
        '<StudyEventData StudyEventOID="{event}" StudyEventRepeatKey="{event}1"><FormData FormOID="VS" FormRepeatKey="1">'
        '<ItemGroupData ItemGroupOID="LOG" ItemGroupRepeatKey="1">{items}</ItemGroupData>'
        '<ItemGroupData ItemGroupOID="LOG" ItemGroupRepeatKey="2">{items}</ItemGroupData></FormData></StudyEventData>'
    )
    forms = "".join(form.format(event=event, items=AGE) for event in ("V1", "V2"))
    text = f'{HEAD}<ClinicalData StudyOID="T"><SubjectData SubjectKey="1">{forms}</SubjectData></ClinicalData></ODM>'
    table = read_odm(text.encode(), "x").table
    assert table.column("StudyEventOID") == ("V1", "V1", "V2", "V2")
    assert table.column("StudyEventRepeatKey") == ("V11", "V11", "V21", "V21")
    assert table.column("ItemGroupRepeatKey") == ("1", "2", "1", "2")
    assert set(zip(table.column("FormOID"), table.column("AGE"), strict=True)) == {("VS", "041")}


@pytest.mark.parametrize("read", [read_odm, require_odm])
def test_entities_are_refused_before_they_grow(read: object) -> None:
    """A document type ends the reading, whether or not its entities are used (FAULTS 46)."""
    bomb = b'<!DOCTYPE ODM [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    declaration, rest = snapshot(("001", AGE)).split(b"?>", 1)
    with pytest.raises(DataError, match="a document type"):
        read(declaration + b"?>" + bomb + rest.replace(b"041", b"&b;"), "x")  # type: ignore[operator]


@pytest.mark.parametrize("read", [read_odm, require_odm])
def test_cut_documents_are_refused(read: object) -> None:
    """Without the end of its root a document is cut (FAULTS 33); the message quotes nothing of it."""
    whole = snapshot(("Zaphod", AGE))
    for kept in range(0, len(whole) - 1, 7):
        with pytest.raises(DataError, match="malformed or incomplete XML") as caught:
            read(whole[:kept], "x")  # type: ignore[operator]
        assert "Zaphod" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (snapshot(head=HEAD.replace("odm/v1.3", "odm/v2.0")), "a root that is not ODM 1.3"),
        (snapshot(head=HEAD.replace('ODMVersion="1.3"', 'ODMVersion="2.0"')), "a root that is not ODM 1.3"),
        (b"<html/>", "a root that is not ODM 1.3"),
        (snapshot(head=HEAD.replace("Snapshot", "Transactional")), "a FileType other than Snapshot"),
        (snapshot(("1", AGE + AGE)), "twice in its group"),
        (snapshot(("1", '<ItemData ItemOID="DM." Value="1"/>')), "without a name"),
        (snapshot(("1", '<ItemDataInteger ItemOID="DM.AGE">1</ItemDataInteger>')), "or a typed item"),
        (snapshot(("1", f"<X>{AGE}</X>")), "outside of a group"),
        (snapshot(("1", AGE.replace("Value", 'TransactionType="Remove" Value'))), "changes or removes"),
        (snapshot(("1", "<a>" * 40 + "</a>" * 40)), "nested deeper than 32"),
    ],
)
def test_other_documents_are_refused(data: bytes, message: str) -> None:
    """What is not a snapshot in ODM 1.3, one value for each item, is refused."""
    with pytest.raises(DataError, match=message):
        read_odm(data, "x")


def test_any_whole_document_of_odm_can_be_kept() -> None:
    """What is only kept beside the data may be of any kind, but must be whole ODM of bounded depth."""
    require_odm(snapshot(("1", AGE), head=HEAD.replace("Snapshot", "Transactional")), "x")
    with pytest.raises(DataError, match="a root that is not ODM"):
        require_odm(b"<html/>", "x")
    with pytest.raises(DataError, match="nested deeper"):
        require_odm(snapshot(("1", "<a>" * 40 + "</a>" * 40)), "x")
