"""profiling: the profile of the one table of a delivery."""

from medicore.records.delivery.delivered import delivered_tables, the_only
from medicore.records.delivery.transfer import Transfer, manifest_of
from medicore.steps.preview.profile import TableProfile, profile


def profile_of(transfer: Transfer) -> TableProfile:
    """Return the profile of a delivery's table; raise DataError when it has several tables, or none can be read."""
    data = {file.name: file.data for file in transfer.files}
    delivered = delivered_tables(manifest_of(transfer).files, lambda file: data[file.name], "raw")
    return profile(the_only(delivered, None).table)
