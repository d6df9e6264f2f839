"""Assets: what each step made and from which sources, as events of Prefect with digests and commits, never data.

The lineage of a run leads from the EDC through its steps and its sealed record to the archive. The record and the
ledger are the evidence; the assets show it to people who use Prefect.
"""

from collections.abc import Mapping
from typing import Any

from prefect.assets import Asset
from prefect.cache_policies import NO_CACHE
from prefect.tasks import MaterializingTask

from medicore.cases.run.runs import ActiveRun
from medicore.records.delivery.transfer import parse_manifest
from medicore.records.identifiers import RunId
from medicore.steps.way import STEP_NAMES, STEPS, digests, step_named

_MADE_BY = {output: step.name for step in STEPS for output in step.outputs}


def of_source(run: RunId) -> Asset:
    """Return the asset of a study's EDC for a month."""
    return Asset(key=f"medicore://edc/{run.study}/{run.month}")


def of_step(run: RunId, step: str) -> Asset:
    """Return the asset that a step of a run makes."""
    return Asset(key=f"medicore://runs/{run}/{step}")


def of_record(run: RunId) -> Asset:
    """Return the asset that is the sealed record of a run."""
    return Asset(key=f"medicore://records/{run}")


def of_archive(run: RunId) -> Asset:
    """Return the asset that is the archived record of a run."""
    return Asset(key=f"medicore://archive/{run}")


def sources_of(run: RunId, step: str) -> list[Asset]:
    """Return the assets that a step uses: those of the steps whose files it reads; the first step uses that of the EDC."""
    if step == STEP_NAMES[0]:
        return [of_source(run)]
    inputs = step_named(step).inputs
    # The first step freezes the lock.
    before = {STEP_NAMES[0] if name == "lock" else _MADE_BY[name] for name in inputs}
    return [of_step(run, name) for name in STEP_NAMES if name in before]


def made_by(active: ActiveRun) -> list[Asset]:
    """Return the assets that a run's steps have made so far, or that of its EDC when there are none."""
    done = [step.name for step in STEPS if all(active.files.exists(name) for name in step.outputs)]
    return [of_step(active.id, name) for name in done] or [of_source(active.id)]


def facts_of(active: ActiveRun, step: str) -> dict[str, Any]:
    """Return the metadata of a step's asset: code commit, the source's version of the data, SHA-256 by file."""
    manifest = parse_manifest(active.files.read("lock/transfer.json"), "lock/transfer.json")
    return {
        "code_commit": active.identity["code_commit"],
        "protocol_digest": active.identity["protocol_digest"],
        "data_version": manifest.version,
        "exported_at": manifest.exported_at,
        "sha256": digests(active.files, step_named(step).outputs),
    }


def materialise(name: str, asset: Asset, sources: list[Asset], facts: Mapping[str, Any]) -> None:
    """Tell Prefect, by a task of that name, that an asset was made from its sources."""

    def tell() -> None:
        asset.add_metadata(dict(facts))

    MaterializingTask(
        tell,
        assets=[asset],
        asset_deps=list(sources),
        name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
    )()
