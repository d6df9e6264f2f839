"""Provenance: the inputs of the report, its requester, its software, and how anyone can verify it."""

from collections.abc import Mapping, Sequence
from typing import Any

from presentation.writing.exhibits import Column, Row, facts, table
from presentation.writing.inputs import Report
from presentation.writing.numbers import size
from presentation.writing.typst import Code, block, call, joined, literal, mono


def identity(report: Report) -> str:
    """Return Table 16.1: the run, its code, its record, its place in the ledger."""
    run, head = report.run, report.run["ledger_head"]
    pairs: tuple[tuple[str, str | Code], ...] = (
        ("Run", mono(run["id"])),
        ("Record tag", mono(run["record_tag"])),
        ("Code commit", mono(run["code_commit"])),
        ("Protocol digest", mono(run["protocol_digest"])),
        ("Environment digest", mono(str(run.get("environment_digest", "none")))),
        *_authority(run),
        ("Ledger head", joined(f"event {head['sequence']}, ", mono(str(head["digest"])))),
        ("Requested", f"by {run['requested_by']} at {run['requested_at']}: {run['reason']}"),
        ("Seed", str(run["seed"])),
        ("Renderer", ", ".join(f"{name} {value}" for name, value in sorted(run["renderer"].items()))),
    )
    return block(facts("16.1", "Identity of the run", pairs, note="Digests are SHA-256; commits are git's."))


def _authority(run: Mapping[str, Any]) -> tuple[tuple[str, Code], ...]:
    """Return the authority's fingerprint; nothing for a run of an earlier version, which did not record it."""
    return (("Authority fingerprint", mono(str(run["authority"]))),) if "authority" in run else ()


def files(report: Report) -> str:
    """Return Table 16.2: every input file of the report, with its digests."""
    columns = (
        Column(("File",), "left", "1fr"),
        Column(("Size", "bytes")),
        Column(("DVC MD5 and SHA-256",), "left"),
    )
    rows = [
        Row((entry["name"], size(entry["size"]), _digests(entry)), "loose") for entry in report.run["files"]
    ]
    return block(table("16.2", "Files", columns, rows))


def _digests(entry: Mapping[str, Any]) -> Code:
    texts = (entry["md5"] or "not in DVC", entry["sha256"])
    return call("digests", *(literal(text, breakable=False) for text in texts))


def libraries(report: Report) -> str:
    """Return Table 16.3: the versions of the libraries behind the numbers and the report."""
    columns = (Column(("Library",), "left", "1fr"), Column(("Version",), "left", "1fr"))
    rows = [Row((name, version)) for name, version in sorted(report.run["libraries"].items())]
    return block(table("16.3", "Libraries", columns, rows))


_BESIDE = 76
"""The most characters of two paths that stand beside each other on a page, neither of them broken."""


def references(report: Report, name: str = "results.json") -> str:
    """Return Table 16.4: every reference, those too that no other page prints, and its path in the file of that ``name``."""
    paths = dict(enumerate(report.results["references"], start=1))
    entries = [(call("reference", number), mono(path)) for number, path in paths.items()]
    half, lengths = (len(entries) + 1) // 2, [len(path) for path in paths.values()]
    head, title = Column(("Ref.",), "left"), f"References to {name}"
    if max(lengths[:half], default=0) + max(lengths[half:], default=0) > _BESIDE:
        return block(
            table("16.4", title, (head, Column(("Path",), "left", "1fr")), [Row(one) for one in entries])
        )
    left, right = entries[:half], [*entries[half:], ("", mono(""))]
    columns = (head, Column(("Path",), "left"), head, Column(("Path",), "left", "1fr"))
    rows = [Row((*first, *second)) for first, second in zip(left, right, strict=False)]
    return block(table("16.4", title, columns, rows))


def commands(report: Report) -> str:
    """Return the commands that verify the record, with MediCore, and with only git and DVC."""
    run = report.run
    own = (
        f"medicore verify {run['id']}",
        f"medicore reproduce {run['id']}",
        f"medicore explain {run['id']} primary.estimate",
        f"medicore explain {run['id']} R{report.results['references'].index('primary.estimate') + 1}",
    )
    return to_verify(own, "dvc pull && dvc repro", report)


def to_verify(own: Sequence[str], with_dvc: str, report: Report) -> str:
    """Return MediCore's ``own`` commands, and those with git and DVC alone, of which the second is ``with_dvc``."""
    others = (f"git checkout {report.run['record_tag']}", with_dvc)
    return block(
        call(
            "together",
            call("command", *map(_line, own)),
            call("para", "With git and DVC alone, from a clone of the record repository:"),
            call("command", *map(_line, others)),
        )
    )


def _line(text: str) -> Code:
    return literal(text, breakable=False)
