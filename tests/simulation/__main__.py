"""Write ``docs/simulation.md``: every section, or those of the headings that are named."""

import sys

from tests.simulation.page import PAGE, SECTIONS, text

if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in SECTIONS]
    if unknown:
        sys.exit(f"there is no section {unknown[0]!r}; expected one of: {', '.join(SECTIONS)}")
    PAGE.write_text(text(sys.argv[1:]), encoding="utf-8")
