"""A report template of a few lines, for the tests of the renderers."""

import json
from datetime import UTC, datetime
from pathlib import Path

from medicore.stores.report.renderer import TEMPLATE

CREATED = datetime(2025, 4, 1, 7, 30, tzinfo=UTC)
INPUTS = {"run.json": json.dumps({"study": "S", "month": "2025-03", "id": "S/2025-03/1"}).encode()}
SMALL = """---
jupyter: python3
execute:
  echo: false
  output: asis
format:
  typst:
    pdf-standard: [a-2b]
---

```{python}
#| label: parameters
#| tags: [parameters]
study_id = month = run = "lost"
```

# Title

```{python}
#| label: line
print(f"Run {run} of {study_id} in {month}")
```
"""


EMBEDDED_PAGE = '#set document(title: "Small", date: auto)\n$body$\n'


def write_template(folder: Path) -> Path:
    """Write the small template, with the page of the embedded renderer, into a new folder and return the folder."""
    folder.mkdir()
    (folder / TEMPLATE).write_text(SMALL, encoding="utf-8")
    (folder / "embedded-template.typ").write_text(EMBEDDED_PAGE, encoding="utf-8")
    return folder
