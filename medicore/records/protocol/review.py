"""How many people approve a report before it is released."""

from typing import Annotated

from pydantic import Field

from medicore.records.protocol.part import Part


class Review(Part):
    """The review of a sealed report: ``approvals`` different people who may approve sign before it is released."""

    approvals: Annotated[int, Field(ge=1, le=4)] = 1
