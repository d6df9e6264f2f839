"""SAS formats: the kind of value that each documented format of dates, times and datetimes shows.

Names are those of "SAS 9.4 Formats and Informats: Reference" and of the "National Language Support (NLS): Reference
Guide". A format by another name is the user's own, and its values are codes.
"""

import re

from medicore.records.delivery.described import Kind

_SEPARATORS = ("", "B", "C", "D", "N", "P", "S")

_DATES = frozenset(
    {f"{name}{mark}" for name in ("DDMMYY", "MMDDYY", "YYMMDD") for mark in _SEPARATORS}
    | {f"{name}{mark}" for name in ("MMYY", "YYMM", "YYQ", "YYQR") for mark in ("", "C", "D", "N", "P", "S")}
    | {
        "DATE", "DAY", "DOWNAME", "JULDAY", "JULIAN", "MINGUO", "MONNAME", "MONTH", "MONYY", "NENGO", "PDJULG", "PDJULI",
        "QTR", "QTRR", "WEEKDATE", "WEEKDATX", "WEEKDAY", "WEEKU", "WEEKV", "WEEKW", "WORDDATE", "WORDDATX", "YEAR",
        "YYMON", "YYQZ", "YYWEEKU", "YYWEEKV", "YYWEEKW", "HDATE", "HEBDATE",
        "E8601DA", "B8601DA", "IS8601DA",
        "NLDATE", "NLDATEL", "NLDATEM", "NLDATEMD", "NLDATEMDL", "NLDATEMDM", "NLDATEMDS", "NLDATEMN", "NLDATES",
        "NLDATEW", "NLDATEWN", "NLDATEYM", "NLDATEYML", "NLDATEYMM", "NLDATEYMS", "NLDATEYQ", "NLDATEYQL", "NLDATEYQM",
        "NLDATEYQS", "NLDATEYR", "NLDATEYW",
        "EURDFDD", "EURDFDE", "EURDFDN", "EURDFDWN", "EURDFMN", "EURDFMY", "EURDFWDX", "EURDFWKX",
    }
)  # fmt: skip
"""Formats whose values are days since 1960-01-01."""

_MOMENTS = frozenset(
    {
        "DATETIME", "DATEAMPM", "DTDATE", "DTMONYY", "DTWKDATX", "DTYEAR", "DTYYQC", "MDYAMPM", "EURDFDT",
        "E8601DT", "E8601DN", "E8601DX", "E8601DZ", "E8601LX", "B8601DT", "B8601DN", "B8601DX", "B8601DZ", "B8601LX",
        "IS8601DT", "IS8601DN", "IS8601DZ",
        "NLDATM", "NLDATMAP", "NLDATMDT", "NLDATML", "NLDATMM", "NLDATMMD", "NLDATMMDL", "NLDATMMDM", "NLDATMMDS",
        "NLDATMMN", "NLDATMS", "NLDATMTM", "NLDATMTZ", "NLDATMW", "NLDATMWN", "NLDATMWZ", "NLDATMYM", "NLDATMYML",
        "NLDATMYMM", "NLDATMYMS", "NLDATMYQ", "NLDATMYQL", "NLDATMYQM", "NLDATMYQS", "NLDATMYR", "NLDATMYW", "NLDATMZ",
    }
)  # fmt: skip
"""Formats whose values are seconds since 1960-01-01; those that end with DN show the day of the moment alone."""

_TIMES = frozenset(
    {
        "TIME", "TIMEAMPM", "TOD", "HHMM", "HOUR", "MMSS", "E8601TM", "E8601TX", "E8601TZ", "E8601LZ", "B8601TM",
        "B8601TX", "B8601TZ", "B8601LZ", "IS8601TM", "IS8601TZ", "NLTIME", "NLTIMAP", "NLTIMMN",
    }
)  # fmt: skip
"""Formats whose values are seconds since midnight."""

_WIDTH = re.compile(r"[0-9]*(\.[0-9]*)?$")


def kind_of_format(form: str) -> Kind:
    """Return the kind of value that a numeric format shows; width and decimals after the name are left out."""
    name = _WIDTH.sub("", form.strip().upper(), count=1)
    for kind, names in (("date", _DATES), ("moment", _MOMENTS), ("time", _TIMES)):
        if name in names:
            return kind  # type: ignore[return-value]
    return "number"
