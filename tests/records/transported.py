"""SAS transport files made byte by byte, for the tests of their reader."""

from fractions import Fraction
from struct import pack

RECORD = 80


def record(text: str) -> bytes:
    """Return one record of 80 bytes, filled with blanks."""
    return text.encode().ljust(RECORD)


def header(name: str, numbers: str) -> bytes:
    """Return a header record with its numbers."""
    return record(f"HEADER RECORD*******{name:<8}HEADER RECORD!!!!!!!{numbers}")


def number(value: float | str) -> bytes:
    """Return a number as IBM's double, or the missing value that begins with this character."""
    if isinstance(value, str):
        return value.encode().ljust(8, b"\0")
    sign, left, exponent = (0x80 if value < 0 else 0), abs(Fraction(value)), 0
    while left >= 1:
        left, exponent = left / 16, exponent + 1
    while left and left < Fraction(1, 16):
        left, exponent = left * 16, exponent - 1
    fraction = int(left * 16**14)
    return bytes([sign | (exponent + 64 if fraction else 0)]) + fraction.to_bytes(7)


def variable(
    name: str, length: int, start: int, *, text: bool = False, form: str = "", label: str = ""
) -> bytes:
    """Return the 140 bytes that describe a variable."""
    return pack(
        ">hhhh8s40s8shhh2s8shhl52s", 2 if text else 1, 0, length, 1, name.encode().ljust(8), label.encode().ljust(40),
        form.encode().ljust(8), 0, 0, 0, b"", b"".ljust(8), 0, 0, start, b"",
    )  # fmt: skip


def filled(data: bytes) -> bytes:
    """Return the data with blanks up to whole records."""
    return data + b" " * (-len(data) % RECORD)


def transport(variables: list[bytes], observations: list[bytes]) -> bytes:
    """Return the transport file of one data set."""
    return b"".join(
        [
            header("LIBRARY", "0" * 30), record("SAS     SAS     SASLIB  9.4"), record("01JAN25:00:00:00"),
            header("MEMBER", "000000000000000001600000000140"), header("DSCRPTR", "0" * 30),
            record("SAS     DM      SASDATA 9.4"), record("01JAN25:00:00:00"),
            header("NAMESTR", f"000000{len(variables):04d}00000000000000000000"), filled(b"".join(variables)),
            header("OBS", "0" * 30), filled(b"".join(observations)),
        ]
    )  # fmt: skip


def variable_8(name: str, length: int, *, text: bool = False, form: str = "", label: str = "") -> bytes:
    """Return the 140 bytes that describe a variable in version 8: its long name, and a position that means nothing."""
    return pack(
        ">hhhh8s40s8shhh2s8shhl32s20s", 2 if text else 1, 0, length, 1, name.encode()[:8].ljust(8),
        label.encode()[:40].ljust(40), form.encode().ljust(8), 0, 0, 0, b"", b"".ljust(8), 0, 0, 777,
        name.encode()[:32].ljust(32), b"",
    )  # fmt: skip


def labels_8(entries: list[tuple[int, str, str]]) -> bytes:
    """Return the records of long names and labels, LABELV8: number of the variable, name and label."""
    made = b"".join(
        pack(">hhh", n, len(a.encode()), len(b.encode())) + a.encode() + b.encode() for n, a, b in entries
    )
    return header("LABELV8", f"{len(entries):05d}".ljust(30, "0")) + filled(made)


def labels_9(entries: list[tuple[int, str, str, str]]) -> bytes:
    """Return the same with formats, LABELV9: number of the variable, name, format and label."""
    made = b"".join(
        pack(">hhhhh", n, len(a.encode()), len(form.encode()), 0, len(b.encode()))
        + a.encode()
        + form.encode()
        + b.encode()
        for n, a, form, b in entries
    )
    return header("LABELV9", f"{len(entries):05d}".ljust(30, "0")) + filled(made)


def transport_8(
    variables: list[bytes], observations: list[bytes], labels: bytes = b"", name: str = "ADSL"
) -> bytes:
    """Return the transport file of one data set in version 8."""
    return b"".join(
        [
            header("LIBV8", "0" * 30), record("SAS     SAS     SASLIB  9.4"), record("01JAN25:00:00:00"),
            header("MEMBV8", "000000000000000001600000000140"), header("DSCPTV8", "0" * 30),
            record(f"SAS     {name:<32}SASDATA 9.4"), record("01JAN25:00:00:00"),
            header("NAMSTV8", f"00000{len(variables):05d}".ljust(30, "0")), filled(b"".join(variables)), labels,
            header("OBSV8", "0" * 30), filled(b"".join(observations)),
        ]
    )  # fmt: skip
