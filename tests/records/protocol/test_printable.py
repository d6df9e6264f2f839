"""A protocol whose texts the report could not print is refused before a run."""

import unicodedata

import pytest
import yaml

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.printable import require_printable
from tests.steps.delivered_trial import TEXT


def altered(**changes: object) -> str:
    """Return the protocol of a trial with some keys changed."""
    return yaml.safe_dump({**yaml.load(TEXT, yaml.CSafeLoader), **changes}, allow_unicode=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": "血圧"}, r"2 character\(s\) in title .* the first U\+8840"),
        ({"sponsor": "Café 😀"}, r"1 character\(s\) in sponsor .* the first U\+1F600"),
        (
            {"outcome": {**yaml.load(TEXT, yaml.CSafeLoader)["outcome"], "unit": "점"}},
            r"in outcome.unit .* the first U\+C810",
        ),
        ({"phase": "IV \u200b"}, r"in phase .* the first U\+200B"),
    ],
)
def test_letters_that_the_fonts_lack_are_refused(changes: dict[str, object], words: str) -> None:
    """East Asian letters, emoji and invisible characters are counted, and the first is named by its code point."""
    with pytest.raises(ProtocolError, match=words):
        require_printable(parse_protocol(altered(**changes), "x"))


@pytest.mark.parametrize(
    "title", ["Größe ≥ 5 µg", "Влияние", "μελέτη", "מחקר", "دراسة", unicodedata.normalize("NFD", "Zoë")]
)
def test_letters_of_the_fonts_pass(title: str) -> None:
    """Latin, Greek, Cyrillic, Hebrew and Arabic letters are printed, in either Unicode form."""
    require_printable(parse_protocol(altered(title=title), "x"))


def test_what_no_report_prints_may_be_written_in_any_letters() -> None:
    """The names of delivered columns are of the source, and stay there."""
    source = {
        "system": "files",
        "datasets": [
            {
                "file": "d.csv",
                "subject": "被験者",
                "columns": {
                    column["name"]: column["name"]
                    for column in yaml.load(TEXT, yaml.CSafeLoader)["contract"]["columns"][1:]
                },
            }
        ],
    }
    require_printable(parse_protocol(altered(edc=source), "x"))
