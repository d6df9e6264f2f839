"""A renderer that completes the tags of every report and verifies it: PDF/A, accessible, closed, marked on every page."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from medicore.errors import ConfigurationError, DataError
from medicore.stores.report.renderer import TEMPLATE
from medicore.stores.report.report_check import check_report
from medicore.stores.report.row_headers import with_row_headers

if TYPE_CHECKING:
    from medicore.stores.report.renderer_embedded import EmbeddedRenderer
    from medicore.stores.report.renderer_quarto import QuartoRenderer


class ProvenRenderer:
    """Renders with another renderer, marks the headers of rows, and checks by each requirement of ``report check``."""

    def __init__(self, renderer: "EmbeddedRenderer | QuartoRenderer") -> None:
        self._renderer = renderer

    @property
    def identity(self) -> Mapping[str, str]:
        """Name and versions of the programs that render."""
        return self._renderer.identity

    def render(
        self,
        template_folder: str,
        inputs: Mapping[str, bytes],
        created: datetime,
        template: str = TEMPLATE,
    ) -> bytes:
        """Return the bytes of the report that ``template`` makes; the same inputs give the same bytes.

        Raises
        ------
        ConfigurationError
            When there is no PDF, or it misses a requirement; the message names the requirement.
        """
        name = self.identity["name"]
        rendered = self._renderer.render(template_folder, inputs, created, template)
        try:
            made = with_row_headers(rendered)
            missed = [requirement for requirement in check_report(made) if not requirement.met]
        except DataError as error:
            raise ConfigurationError(f"what the {name} renderer made is not a report: {error}") from error
        if missed:
            first, more = missed[0], len(missed) - 1
            raise ConfigurationError(
                f"the report of the {name} renderer misses {first.name}{f' and {more} more' if more else ''}: "
                f"{first.found}; expected {first.expected}; mend the template, or render with the other renderer"
            )
        return made
