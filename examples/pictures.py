"""The pictures of README: two pages of a report, as PNG. ``python -m examples.pictures`` after ``make demo``; a PDF may be named."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image

from examples.demo import MONTH
from medicore.settings import read_settings
from medicore.stores.report.pdf_text import pages_of, tight

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PAGES = {"synopsis": "Table 2.1 The study at a glance", "balance": "Figure 14.1.2 Balance of covariates"}
"""Name of each picture, and how the caption begins of what is on its page."""
SHOWN = "MED-2024-0147"
"""The study of the demo whose report is shown."""
DOTS_PER_INCH = 110
LARGEST = 200_000
_COLOURS = 64


def page_of(pdf: bytes, caption: str) -> int:
    """Return the number of the page with a caption, from 1; the pages that list all exhibits are not meant."""
    found = {number: page for number, page in enumerate(pages_of(pdf), 1) if tight(caption) in page}
    if not found:
        sys.exit(f"no page has {caption!r}; expected a report of a run that was sealed; name its PDF")
    return min(found, key=lambda number: found[number].count("Table") + found[number].count("Figure"))


def picture(pdf: bytes, number: int) -> bytes:
    """Return a page as PNG, with few colours so that it is small."""
    command = ["pdftoppm", "-png", "-r", str(DOTS_PER_INCH), "-f", str(number), "-l", str(number), "-"]
    try:
        drawn = subprocess.run(command, input=pdf, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 - our own file
    except FileNotFoundError:
        sys.exit("pdftoppm is missing; expected it on the PATH; apt-get install poppler-utils")
    made = BytesIO()
    with Image.open(BytesIO(drawn)) as page:
        page.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(
            made, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH)
        )
    return made.getvalue()


def write(pdf: bytes, folder: Path) -> list[Path]:
    """Write the pictures of a report into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, caption in PAGES.items():
        path = folder / f"{name}.png"
        path.write_bytes(picture(pdf, page_of(pdf, caption)))
        written.append(path)
    return written


def last_report(folder: Path) -> Path:
    """Return the report of the last run of the study in the folder of its month."""
    laid = {path.stem.rpartition("_")[2]: path for path in folder.glob(f"{SHOWN}_{MONTH}_*.pdf")}
    runs = [int(number) for number in laid if number.isdigit()]  # an evidence report ends otherwise
    if not runs:
        sys.exit(
            f"no report of {SHOWN} in {MONTH} is here; expected the demo's; run 'make demo', or name a PDF"
        )
    return laid[str(max(runs))]


def main() -> None:
    """Write the pictures of README from the named report, by default the last one of the study."""
    named = [Path(argument) for argument in sys.argv[1:2]]
    report = named[0] if named else last_report(read_settings().home / "reports" / SHOWN / MONTH)
    for path in write(report.read_bytes(), FOLDER):
        print(f"{path}  {path.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
