"""The documentation as pages: every link leads somewhere, and nothing is loaded from elsewhere."""

import re
from pathlib import Path

from docs.verbs import verbs_page
from docs.website import DOCS, ROOT, broken_links, build, headings, pages

SHOWN = ("README.md", "docs/states.md", "docs/edc.md")


def test_links_between_documents_lead_to_files_and_headings() -> None:
    """Every link of README, the guides, CONTRIBUTING and the decisions leads to a file, and its anchor to a heading."""
    assert broken_links() == []


def test_every_document_is_a_page() -> None:
    """No Markdown file of docs is left out of the site."""
    sources = {page.source for held in pages().values() for page in held}
    found = {path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md") if "site" not in path.parts}
    assert found <= sources


def test_pages_load_nothing_from_elsewhere_and_lead_to_each_other(tmp_path: Path) -> None:
    """Style, script and pictures lie beside the pages; links lead to pages and their headings; states are a table."""
    build(tmp_path / "site", SHOWN)
    targets = {page.target for held in pages().values() for page in held}
    for page in (tmp_path / "site").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"""(?:src|<link[^>]*href)=["']([^"']+)""", text):
            assert (page.parent / target).exists(), (page.name, target)
        for target, anchor in re.findall(r"""<a[^>]* href=["']([^"'#:]*)(?:#([^"']*))?["']""", text):
            assert target in targets or (not target and f'id="{anchor}"' in text) or anchor == "content", (
                page.name,
                target,
                anchor,
            )
    states = (tmp_path / "site" / "states.html").read_text(encoding="utf-8")
    assert "<td><code>run.sealed</code></td>" in states
    front = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "<li><strong>cli</strong> verbs</li>" in front
    assert "mermaid" not in states + front


def test_anchors_are_those_of_github() -> None:
    """Case and marks go, blanks become hyphens, and a heading that comes again has a number."""
    found = list(headings("# The `edc` key: files\n## A\n```\n# no heading\n```\n## A\n"))
    assert found == [("The edc key: files", "the-edc-key-files"), ("A", "a"), ("A", "a-1")]


def test_the_page_of_verbs_has_each_with_its_options() -> None:
    """Groups are listed verb by verb, arguments that may be left out stand in brackets, and every exit code has its words."""
    page = verbs_page()
    assert "### medicore study new\n\n    medicore study new STUDY\n" in page
    assert "| `--from` | A file of its data, a row for each subject. It must be given. |" in page
    assert "    medicore review [RUN]" in page
    assert "| 4 | " in page
