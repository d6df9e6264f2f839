"""The trace table of results: that of their outcome, if it has its own, before that of all others."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from medicore.records.results import survival_trace, trace
from medicore.records.results.origin import Origin
from medicore.records.results.outcomes import counted_trace, ordinal_trace

OWN: Mapping[str, tuple[str, tuple[Origin, ...]]] = MappingProxyType(
    {
        survival_trace.SECTION: ("survival_trace.py", survival_trace.ORIGINS),
        counted_trace.SECTION: ("counted_trace.py", counted_trace.ORIGINS),
        ordinal_trace.SECTION: ("ordinal_trace.py", ordinal_trace.ORIGINS),
    }
)
"""The part of the results that those of an outcome have alone, the file of its trace table, and the table."""


def origins_of(sections: Iterable[str]) -> tuple[Origin, ...]:
    """Return the table by which results with these sections, or paths, are traced."""
    parts = {section.split(".")[0] for section in sections}
    own = (table for part, (_, table) in OWN.items() if part in parts)
    return (*(origin for table in own for origin in table), *trace.ORIGINS)


def trace_files(sections: Iterable[str]) -> tuple[str, ...]:
    """Return the files of the trace tables of results with these sections, in order."""
    parts = set(sections)
    return (*(file for part, (file, _) in OWN.items() if part in parts), "trace.py")
