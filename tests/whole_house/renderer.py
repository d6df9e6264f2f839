"""A quick renderer: Typst sets a page of the template, with what identifies the run and its inputs, in milliseconds.

It makes a true PDF/A with a signature page, so that it can be signed and proved. What a report prints is proved by the
tests of the two renderers of the product.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import typst

from medicore.errors import ConfigurationError
from medicore.records.canonical import sha256

NAME = "quick"
PAGE = "page.typ"
TEMPLATE = """
#set document(title: sys.inputs.title)
#set text(lang: "en")
= #sys.inputs.title
#sys.inputs.inputs
#pagebreak()
= Signatures <signatures>
"""


class QuickRenderer:
    """Renders a page; the same inputs give the same bytes, other inputs other bytes."""

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and versions of the programs that render."""
        return {"name": NAME, "typst": typst.__version__}

    def render(
        self, template_folder: str, inputs: Mapping[str, bytes], created: datetime, template: str = PAGE
    ) -> bytes:
        """Return the bytes of the report.

        Raises
        ------
        ConfigurationError
            When the template cannot be set.
        """
        del template  # one page serves for all
        shown = {
            "title": str(json.loads(inputs["run.json"])["id"]),
            "inputs": " ".join(f"{name} {sha256(data)}" for name, data in sorted(inputs.items())),
        }
        try:
            made: bytes = typst.compile(
                (Path(template_folder) / PAGE).read_bytes(),
                format="pdf",
                pdf_standards=["a-2b", "ua-1"],
                timestamp=int(created.timestamp()),
                sys_inputs=shown,
            )
        except (OSError, typst.TypstError) as error:
            raise ConfigurationError(f"the {NAME} renderer could not make the report: {error}") from error
        return made


def quick_page(template: Mapping[str, bytes], inputs: Mapping[str, bytes], page: str) -> bytes:
    """Return a page with every figure of the primary result beside its reference, as the template's page has them."""
    del template, page
    run, results = (
        json.loads(inputs[name])
        for name in ("run.json", "results.json" if "results.json" in inputs else "evidence.json")
    )
    cited = [
        f'<p>{value:,.3f} <span class="cited">[<a href="#R{number}">R{number}</a>]</span></p>'
        for number, path in enumerate(results.get("references", ()), start=1)
        for name, value in results.get("primary", {}).items()
        if isinstance(value, float) and f"primary.{name}" == path
    ]
    return (
        '<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Report</title></head>'
        f"<body><h1>{run['id']}</h1>{''.join(cited)}</body></html>"
    ).encode()
