"""The data set of the results as Dataset-JSON 1.1 (CDISC)."""

from importlib.metadata import version

from medicore.records.canonical import document
from medicore.records.handover.dataset import LABEL, NAME, Dataset, Variable
from medicore.records.handover.source import Source

GROUP = f"IG.{NAME}"
"""The identifier of the data set in Define-XML."""

_TYPES = {"text": "string", "integer": "integer", "float": "double"}


def item(variable: Variable) -> str:
    """Return the identifier of a variable in Define-XML."""
    return f"IT.{NAME}.{variable.name}"


def dataset_json(source: Source, dataset: Dataset, description: str) -> bytes:
    """Return ``dataset`` as Dataset-JSON 1.1; ``description`` is the name of the Define-XML file beside it.

    The moment of creation is that of the sealing, so the same record gives the same bytes.
    """
    return document(
        {
            "datasetJSONCreationDateTime": source.sealed_at,
            "datasetJSONVersion": "1.1.0",
            "fileOID": f"{source.run}/{NAME}/{source.results_sha256}",
            "originator": "MediCore",
            "sourceSystem": {"name": "MediCore", "version": version("medicore")},
            "studyOID": f"STUDY.{source.study}",
            "metaDataVersionOID": f"MDV.{source.study}",
            "metaDataRef": description,
            "itemGroupOID": GROUP,
            "records": len(dataset.rows),
            "name": NAME,
            "label": LABEL,
            "columns": [_column(dataset, place) for place in range(len(dataset.variables))],
            "rows": [list(row) for row in dataset.rows],
        }
    )


def _column(dataset: Dataset, place: int) -> dict[str, str | int]:
    variable = dataset.variables[place]
    made: dict[str, str | int] = {
        "itemOID": item(variable),
        "name": variable.name,
        "label": variable.label,
        "dataType": _TYPES[variable.kind],
    }
    if variable.kind == "text":
        made["length"] = dataset.width(place)
    if variable.key:
        made["keySequence"] = variable.key
    return made
