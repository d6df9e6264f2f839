"""Links of a report's numbers to their pages in the console."""

from collections.abc import Sequence
from urllib.parse import urlencode

from medicore.records.export.linking import Addresses

PANEL = "panel"
"""The name of the frame that shows an origin."""


def addresses(place: str) -> Addresses:
    """Return the addresses of the numbers of a report whose pages lie below ``place``; they open in the panel."""

    def reference(named: str) -> str:
        return f"{place}/number?{urlencode({'at': named})}"

    def number(text: str, within: Sequence[int]) -> str:
        return f"{place}/number?{urlencode({'text': text, 'within': ','.join(map(str, within))})}"

    return Addresses(reference, number, PANEL)
