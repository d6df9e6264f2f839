"""Deliveries in each of which one thing is wrong or odd (FAULTS 33 to 47), by the name of what it is."""

from tests.whole_house.prepared_study import SIZE, PreparedStudy

EARLIER = "2025-02"
"""The month before the prepared one, whose lock a month is compared with."""

ENROLLED = {"name": "enrolled", "type": "date", "timing": "administrative"}
ODD_SUBJECTS = ("001", "1e400", "=HYPERLINK(A1)", "NULL", "דנה", "Zoë-Łucja")
"""Identifiers that programs like to take for something else."""


def cut() -> PreparedStudy:
    """33: the file ends in the middle."""
    return PreparedStudy("TEST-CUT")


def fewer_rows() -> PreparedStudy:
    """33: the source announces one row more than it sends."""
    return PreparedStudy("TEST-FEWERROWS")


def twice() -> PreparedStudy:
    """34: one subject is there twice."""
    study = PreparedStudy("TEST-TWICE")
    subjects = study.texts["subject_id"]
    return study.column("subject_id", [subjects[1], *subjects[1:]])


def other_type() -> PreparedStudy:
    """35: age comes in words."""
    return PreparedStudy("TEST-OTHERTYPE").column("age", ["forty-one"] * SIZE)


def other_unit() -> PreparedStudy:
    """36: body mass index comes in pounds per square inch."""
    study = PreparedStudy("TEST-OTHERUNIT").planned("contract.columns.2.maximum", 75)
    return study.column("bmi", (study.numbers("bmi") * 703.07).tolist())


def future_date() -> PreparedStudy:
    """37: a subject was enrolled on the day after the export."""
    study = PreparedStudy("TEST-FUTURE")
    planned = study.planned("contract.columns", [*study.protocol["contract"]["columns"], ENROLLED])
    return planned.column("enrolled", ["2025-04-01", *["2025-01-15"] * (SIZE - 1)])


def unblinding() -> PreparedStudy:
    """38: the export of a blinded study holds the dose."""
    study = PreparedStudy("TEST-UNBLINDING").planned("contract.blinded", True)
    return study.planned("contract.unblinding", ["dose"]).column("dose", ["17.31 mg"] * SIZE)


def before_changes() -> PreparedStudy:
    """39, 40: the month before, in which nothing is wrong."""
    return PreparedStudy("TEST-CHANGED")


def changed() -> PreparedStudy:
    """39, 40: a subject has vanished, and the ages of two others are not what they were."""
    study = before_changes()
    ages = study.numbers("age")
    ages[[5, 6]] += 1
    moved = study.column("age", ages.tolist())
    return PreparedStudy(
        moved.study, moved.protocol, {name: texts[1:] for name, texts in moved.texts.items()}
    )


def odd_texts() -> PreparedStudy:
    """43 to 45: a byte-order mark, names from right to left, and identifiers that look like numbers or formulas."""
    study = PreparedStudy("TEST-ODDTEXTS", mark=b"\xef\xbb\xbf")
    subjects = study.texts["subject_id"][len(ODD_SUBJECTS) :]
    return study.column("subject_id", [*ODD_SUBJECTS, *subjects])


def coerced() -> PreparedStudy:
    """44: numbers as other programs would coerce them."""
    study = PreparedStudy("TEST-COERCED")
    return study.column("age", ["NA", "1e400", "41,5", "0x29", *study.texts["age"][4:]])


def empty() -> PreparedStudy:
    """47: a header, and no subject."""
    study = PreparedStudy("TEST-EMPTY")
    return PreparedStudy(study.study, study.protocol, dict.fromkeys(study.texts, ()))
