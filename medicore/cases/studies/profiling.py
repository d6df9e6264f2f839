"""profiling: the tables of a delivery, and the profile of the only one."""

from collections.abc import Mapping

from medicore.records.delivery.delivered import Delivered, delivered_tables, the_only
from medicore.records.delivery.transfer import Transfer, manifest_of
from medicore.steps.preview.profile import TableProfile, profile


def profile_of(transfer: Transfer) -> TableProfile:
    """Return the profile of a delivery's table; raise DataError when it has several tables, or none can be read."""
    return profile(the_only(tables_of(transfer), None).table)


def tables_of(transfer: Transfer) -> Mapping[str, Delivered]:
    """Return each table of a delivery by its name; raise DataError when a file cannot be read."""
    data = {file.name: file.data for file in transfer.files}
    return delivered_tables(manifest_of(transfer).files, lambda file: data[file.name], "raw")
