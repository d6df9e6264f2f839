"""A renderer that verifies every report before it returns it: PDF/A, closed, marked on every page."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from medicore.errors import ConfigurationError, DataError
from medicore.stores.report.renderer import TEMPLATE
from medicore.stores.report.report_check import check_report

if TYPE_CHECKING:
    from medicore.stores.report.renderer_embedded import EmbeddedRenderer
    from medicore.stores.report.renderer_quarto import QuartoRenderer


class ProvenRenderer:
    """Renders with another renderer, then checks the PDF by every requirement of ``medicore report check``."""

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
        made = self._renderer.render(template_folder, inputs, created, template)
        name = self.identity["name"]
        try:
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
