"""What the renderer returns has been proved: a report that misses a requirement never leaves it."""

from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_proven import ProvenRenderer
from medicore.wiring import renderer_named
from tests.stores.small_template import CREATED, INPUTS, write_template


def test_a_report_that_misses_requirements_is_not_handed_out(tmp_path: Path) -> None:
    """The first is named, with what was found and expected; how many more there are, is said."""
    renderer = ProvenRenderer(EmbeddedRenderer())
    assert renderer.identity == EmbeddedRenderer().identity
    with pytest.raises(ConfigurationError) as refused:
        renderer.render(str(write_template(tmp_path / "template")), INPUTS, CREATED)
    assert str(refused.value) == (
        "the report of the embedded renderer misses archival and 3 more: the metadata do not say PDF/UA-1; "
        "expected PDF/A-2 and, until it is signed, PDF/UA-1 by its own metadata, with an output intent; "
        "mend the template, or render with the other renderer"
    )


@pytest.mark.parametrize("name", ["embedded", "quarto"])
def test_the_renderers_of_a_house_prove_their_reports(name: str) -> None:
    """Whichever renderer the settings name, a house has it as one that proves what it returns."""
    assert isinstance(renderer_named(name), ProvenRenderer)
