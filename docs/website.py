"""The documentation as static pages: ``python -m docs.website``, or ``make docs``, writes them to ``docs/site``.

Pandoc, which makes the reports too, turns Markdown into HTML. The pages need no network, no server and no script but the
search in their titles.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import unquote

import pypandoc

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Tutorial": ("docs/tutorial.md",),
    "How-to": ("docs/use.md", "docs/edc.md", "docs/operate.md", "CONTRIBUTING.md"),
    "Reference": ("docs/verbs.md", "docs/keys.md", "docs/refusals.md", "docs/ledger.md", "docs/states.md", "GLOSSARY.md"),
    "Explanation": (
        "docs/audit.md", "docs/simulation.md", "docs/mutation.md", "docs/faults.md", "docs/guards.md", "docs/speed.md",
        "docs/years.md", "CHANGELOG.md", *(f"docs/adr/{path.name}" for path in sorted((DOCS / "adr").glob("*.md"))),
    ),
}  # fmt: skip
"""The pages of each part, after the first page, which is README."""

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)
_HREF = re.compile(r'href="([^"#:]*)(#[^"]*)?"')
_ARROW = re.compile(r"^\s*(\S+) --> (\S+?)(?: : (\S+))?\s*$", re.MULTILINE)
_NAMED = re.compile(r"^\s*(\w+) : (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its Markdown file below the root, its file in the site, and its title."""

    source: str
    target: str
    title: str


def pages() -> dict[str, list[Page]]:
    """Return the pages of each section; README is the first of all, in a section without a name."""
    found = {"": [Page("README.md", "index.html", "MediCore")]}
    for section, sources in SECTIONS.items():
        found[section] = [Page(source, _target(source), _title(source)) for source in sources]
    return found


def build(folder: Path, only: Iterable[str] | None = None) -> None:
    """Write the site into ``folder``, which is emptied; ``only`` names the sources of some pages."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(DOCS / "pictures", folder / "pictures")
    shutil.copyfile(DOCS / "website.css", folder / "website.css")
    listed = pages()
    every = [page for held in listed.values() for page in held]
    index = [
        (page.target, page.title, text, anchor)
        for page in every
        for text, anchor in headings(_text(page.source))
    ]
    script = (DOCS / "website.js").read_text(encoding="utf-8")
    (folder / "search.js").write_text(f"const HEADINGS = {json.dumps(index)};\n{script}", encoding="utf-8")
    targets = {page.source: page.target for page in every}
    for page in every:
        if only is None or page.source in set(only):
            body = pypandoc.convert_text(
                _plain(_text(page.source)), "html5", format="gfm", extra_args=["--wrap=none"]
            )
            (folder / page.target).write_text(
                _whole(page, _linked(body, page, targets), listed), encoding="utf-8"
            )


def headings(text: str) -> Iterator[tuple[str, str]]:
    """Yield each heading of a Markdown text with its anchor, as GitHub and pandoc form it."""
    seen: dict[str, int] = {}
    for found in _HEADING.finditer(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)):
        words = re.sub(r"[`*]", "", found[2])
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        number = seen.get(anchor, -1) + 1
        seen[anchor] = number
        yield words, f"{anchor}-{number}" if number else anchor


def broken_links() -> list[str]:
    """Return the links between Markdown files of this repository that lead to no file or no heading."""
    found = []
    sources = [page.source for held in pages().values() for page in held]
    for source in sources:
        for target in _LINK.findall(_CODE.sub("", _text(source))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = unquote(target).partition("#")
            path = (ROOT / source).parent / name if name else ROOT / source
            if not path.exists() or (
                anchor and anchor not in {one for _, one in headings(path.read_text(encoding="utf-8"))}
            ):
                found.append(f"{source}: {target}")
    return found


def _text(source: str) -> str:
    return (ROOT / source).read_text(encoding="utf-8")


def _target(source: str) -> str:
    return source.removeprefix("docs/").replace("/", "-").removesuffix(".md").lower() + ".html"


def _title(source: str) -> str:
    return next(headings(_text(source)))[0]


def _plain(text: str) -> str:
    """Return a text whose diagrams are a table and a list, as no script draws them here: of states, and of floors."""
    text = re.sub(
        r"```mermaid\nstateDiagram-v2\n(.*?)```", lambda found: _states(found[1]), text, flags=re.DOTALL
    )
    return re.sub(
        r"```mermaid\nflowchart TB\n(.*?)```", lambda found: _floors(found[1]), text, flags=re.DOTALL
    )


def _floors(diagram: str) -> str:
    labels = (label.partition("<br/>") for label in re.findall(r'\["(.*?)"\]', diagram))
    return "\n".join(f"1. **{room}** {words}" for room, _, words in labels) + "\n"


def _states(diagram: str) -> str:
    names = dict(_NAMED.findall(diagram))
    rows = [
        f"| {names.get(one, 'begin')} | {f'`{event}`' if event else ''} | {names.get(other, 'end')} |"
        for one, other, event in _ARROW.findall(diagram)
    ]
    return "\n".join(["| from | event of the ledger | to |", "|---|---|---|", *rows]) + "\n"


def _linked(body: str, page: Page, targets: Mapping[str, str]) -> str:
    """Return a page whose links lead to pages of the site; what is no page keeps its words alone."""
    folder = (ROOT / page.source).parent

    def changed(found: re.Match[str]) -> str:
        if not found[1]:
            return found[0]
        path = (folder / unquote(found[1])).resolve()
        source = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
        return (
            f'href="{targets[source]}{found[2] or ""}"' if source in targets else f'title="{escape(source)}"'
        )

    shown = _HREF.sub(changed, body)
    return shown.replace('src="docs/pictures/', 'src="pictures/').replace(
        'src="../pictures/', 'src="pictures/'
    )


def _whole(page: Page, body: str, listed: Mapping[str, list[Page]]) -> str:
    parts = []
    for section, held in listed.items():
        links = "".join(
            f"<li><a href='{one.target}'{' aria-current=page' if one == page else ''}>{escape(one.title)}</a></li>"
            for one in held
        )
        parts.append(f"{f'<h2>{section}</h2>' if section else ''}<ul>{links}</ul>")
    here = "".join(
        f"<li><a href='#{anchor}'>{escape(words)}</a></li>"
        for level, words, anchor in _outline(_text(page.source))
        if level == 2
    )
    contents = (
        f"<nav class='here' aria-label='On this page'><h2>On this page</h2><ul>{here}</ul></nav>"
        if here
        else ""
    )
    title = page.title if page.title == "MediCore" else f"{page.title} – MediCore"
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><link rel='stylesheet' href='website.css'></head><body>"
        "<a class='skip' href='#content'>Skip to content</a>"
        "<nav class='site' aria-label='Pages'><input type='search' id='search' placeholder='Search titles' "
        f"aria-label='Search titles'><ul id='found'></ul>{''.join(parts)}</nav>"
        f"<main id='content'>{body}</main>{contents}<script src='search.js'></script></body></html>\n"
    )


def _outline(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield level, words and anchor of each heading."""
    levels = [
        len(found[1])
        for found in _HEADING.finditer(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    ]
    for level, (words, anchor) in zip(levels, headings(text), strict=True):
        yield level, words, anchor


if __name__ == "__main__":
    build(DOCS / "site")
    sys.stdout.write(f"Open {DOCS.name}/site/index.html in a browser.\n")
