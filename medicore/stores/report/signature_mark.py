"""The mark of a signature: the visible part that 21 CFR 11.50 requires, set by Typst in the report's own fonts.

pyHanko's own stamps use a font that they do not embed. Typst, which sets the report, embeds its fonts; its page
becomes the appearance of the signature.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from medicore.errors import ConfigurationError
from medicore.records.moment import moment
from medicore.records.people.decision import Meaning, Statement
from medicore.stores.report.renderer import FONTS

MEANINGS: Mapping[Meaning, str] = MappingProxyType(
    {
        Meaning.APPROVE: "Report approved for release",
        Meaning.PROCEED: "Finding accepted, analysis to proceed",
        Meaning.REJECT: "Run rejected",
    }
)
"""The words for each meaning that a person reads (21 CFR 11.50(a)(3))."""

_TEMPLATE = "signature.typ"
_MOST_SHOWN = 600
_LONG_WORD = re.compile(r"(\S{40})(?=\S)")
_WIDELY_PRINTABLE = 0x024F


def draw(template_folder: Path, statement: Statement, width: float) -> bytes:
    """Return a PDF of one page, ``width`` points wide and as high as the mark of the statement.

    Of a long reason the mark shows the beginning; the signature itself contains all of it. Characters that the
    report's fonts lack are shown as their code point, as in the report.

    Raises
    ------
    ConfigurationError
        When the template is missing or cannot be set.
    """
    shown = {"width": width, **_shown(statement)}
    try:
        return _set(template_folder, shown, statement.signed_at)
    except ConfigurationError:
        return _set(template_folder, _spelled_out(shown), statement.signed_at)


def described(statement: Statement) -> str:
    """Return the mark in one sentence, for readers who use a screen reader (PDF/UA-1, 7.18.1)."""
    return f"{MEANINGS[statement.meaning]} by {statement.printed_name}, {printed_time(statement.signed_at)}"


def printed_time(signed_at: str) -> str:
    """Return a moment in a readable form, with its zone: ``2025-04-03 08:15:00 UTC``."""
    return f"{moment(signed_at):%Y-%m-%d %H:%M:%S} UTC"


def _shown(statement: Statement) -> dict[str, Any]:
    reason = " ".join(statement.reason.split())
    if len(reason) > _MOST_SHOWN:
        reason = f"{reason[:_MOST_SHOWN].rstrip()} … (the whole reason is in the record)"
    facts = (
        ("Meaning", MEANINGS[statement.meaning]),
        ("Date and time", printed_time(statement.signed_at)),
        ("Reason", reason),
        ("Run", statement.run),
    )
    return {
        "name": statement.printed_name,
        "role": f"{statement.role} ({statement.signer})",
        "facts": [[name, _LONG_WORD.sub("\\1\u200b", value)] for name, value in facts],
        "certificate": statement.certificate,
    }


def _spelled_out(value: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return the document with characters that the fonts may lack replaced by U+XXXX."""
    if isinstance(value, str):
        return "".join(
            letter if ord(letter) <= _WIDELY_PRINTABLE else f"U+{ord(letter):04X}"
            for letter in value.replace("\u200b", "")
        )
    if isinstance(value, dict):
        return {key: _spelled_out(part) for key, part in value.items()}
    return [_spelled_out(part) for part in value] if isinstance(value, list) else value


def _set(template_folder: Path, shown: Mapping[str, Any], signed_at: str) -> bytes:
    import typst

    if not (template_folder / _TEMPLATE).is_file():
        raise ConfigurationError(
            f"{_TEMPLATE} is not in {template_folder.name}; check out the whole code and sign again"
        )
    with tempfile.TemporaryDirectory(prefix="medicore-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        for source in template_folder.glob("*.typ"):
            shutil.copy2(source, folder)
        (folder / "signature.json").write_text(json.dumps(shown), encoding="utf-8")
        try:
            made: bytes = typst.compile(
                folder / _TEMPLATE,
                root=folder,
                ignore_system_fonts=True,
                font_paths=[template_folder / FONTS],
                format="pdf",
                pdf_standards=["a-2b"],  # refuses a glyph that the fonts lack
                timestamp=int(moment(signed_at).timestamp()),
            )
        except typst.TypstError as error:
            raise ConfigurationError(
                f"Typst could not set the mark of the signature: {error.message[:200]}; correct {_TEMPLATE}"
            ) from error
    return made
