"""Tests of the reader of the report template."""

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report.renderer_template import Cell, parse_template

FRONT = """---
execute:
  echo: false
  output: asis
format:
  typst:
    pdf-standard: [a-2b, ua-1]
---
"""
PARAMETERS = """```{python}
#| label: parameters
#| tags: [parameters]
run = ""
```
"""


def test_texts_and_cells_come_in_their_order() -> None:
    """A template is its texts and its cells, options taken from the cells, in the order of the file."""
    text = f"{FRONT}\n# Title\n\n{PARAMETERS}\n```{{=typst}}\n#pagebreak()\n```\n\n```{{python}}\n#| label: one\nprint(1)\n```\nEnd\n"
    template = parse_template(text)
    assert template.pdf_standards == ("a-2b", "ua-1")
    assert template.cells == (Cell("parameters", 'run = ""\n', parameters=True), Cell("one", "print(1)\n"))
    document = template.document({"parameters": "", "one": "<one>"})
    assert (
        document.index("# Title")
        < document.index("#pagebreak()")
        < document.index("<one>")
        < document.index("End")
    )
    assert "python" not in document


def test_html_is_made_where_the_front_matter_names_it() -> None:
    """A template of an older record, which knows Typst alone, says that it makes no HTML."""
    assert not parse_template(FRONT + PARAMETERS).html
    named = FRONT.replace("format:\n", "format:\n  html:\n    toc: true\n")
    assert parse_template(named + PARAMETERS).html


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# Title\n", "no front matter"),
        ("---\n: [\n---\n", "not YAML"),
        ("---\n[1]\n---\n", "not a mapping"),
        (FRONT.replace("echo: false", "echo: true") + PARAMETERS, "print unchanged"),
        (FRONT.replace("  output: asis\n", "") + PARAMETERS, "print unchanged"),
        (
            FRONT.replace("    pdf-standard: [a-2b, ua-1]\n", "    papersize: a4\n") + PARAMETERS,
            "no PDF standard",
        ),
        (
            FRONT.replace("format:\n  typst:\n    pdf-standard: [a-2b, ua-1]\n", "") + PARAMETERS,
            "no PDF standard",
        ),
        (
            FRONT.replace("format:\n  typst:\n    pdf-standard: [a-2b, ua-1]\n", "format: typst\n")
            + PARAMETERS,
            "no PDF",
        ),
        (FRONT, "exactly one cell"),
        (FRONT + PARAMETERS + PARAMETERS, "two cells"),
        (FRONT + PARAMETERS + PARAMETERS.replace("label: parameters", "label: again"), "exactly one cell"),
        (FRONT + "```{python}\nprint(1)\n```\n", "options of a cell"),
        (FRONT + "```{python}\n#| tags: [parameters]\nprint(1)\n```\n", "no label"),
        (FRONT + PARAMETERS.replace("#| tags", "#| eval: false\n#| tags"), "options other than"),
    ],
)
def test_what_the_renderers_would_not_do_alike_is_refused(text: str, problem: str) -> None:
    """A template that asks for more than both renderers do is refused, and the message names the trouble."""
    with pytest.raises(ConfigurationError, match=problem):
        parse_template(text)
