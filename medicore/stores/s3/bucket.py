"""Buckets: their addresses, and whether a bucket can be an archive that keeps its objects."""

import re
from typing import Any

from medicore.errors import ConfigurationError
from medicore.records.export.archived import is_key
from medicore.records.protocol.retention import SHORTEST_YEARS
from medicore.stores.s3.client import S3Access, trouble

_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<prefix>.*?))?/?", re.ASCII)
_SHORTEST_DAYS = 366 * 4 + 365 * 11
"""Fifteen years with four leap days, for a default rule that counts days."""


def place_of(address: str, setting: str) -> tuple[str, str]:
    """Return bucket and prefix of ``s3://bucket/prefix``; otherwise raise ConfigurationError, which names the setting."""
    found = _ADDRESS.fullmatch(address)
    if found is None or (found["prefix"] and not is_key(found["prefix"])):
        raise ConfigurationError(
            f"the {setting.replace('_', ' ')}'s address is malformed; expected s3://bucket/prefix; correct "
            f"{setting!r} in medicore.toml or MEDICORE_{setting.upper()}"
        )
    return found["bucket"], found["prefix"] or ""


def require_locked(access: S3Access, client: Any, bucket: str) -> str:  # noqa: ANN401 - a boto3 client
    """Return the default rule by which a bucket locks its objects, such as ``COMPLIANCE for 15 years``.

    Raises
    ------
    ConfigurationError
        When the bucket is missing or these keys may not use it, or it lacks versioning, Object Lock, or a default
        rule in COMPLIANCE mode of at least fifteen years.
    ArchiveError
        When the server does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    name = f"bucket {bucket}"
    try:
        versioning = access.ask(name, lambda: client.get_bucket_versioning(Bucket=bucket))
        found = access.ask(name, lambda: client.get_object_lock_configuration(Bucket=bucket))
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(
            f"{name} cannot be an archive ({trouble(error)}); expected a bucket made with Object Lock, and the right "
            "to read its configuration; see docs/operate.md"
        ) from error
    lock = found.get("ObjectLockConfiguration", {})
    rule = lock.get("Rule", {}).get("DefaultRetention", {})
    years, days = int(rule.get("Years") or 0), int(rule.get("Days") or 0)
    wrong = {
        "no versioning": versioning.get("Status") != "Enabled",
        "no Object Lock": lock.get("ObjectLockEnabled") != "Enabled",
        "no default rule in COMPLIANCE mode": rule.get("Mode") != "COMPLIANCE",
        f"a default rule of less than {SHORTEST_YEARS} years": years < SHORTEST_YEARS
        and days < _SHORTEST_DAYS,
    }
    for what, is_so in wrong.items():
        if is_so:
            raise ConfigurationError(
                f"{name} has {what}; expected versioning, and Object Lock with a default rule of COMPLIANCE for at "
                f"least {SHORTEST_YEARS} years; set it, or name another bucket; see docs/operate.md"
            )
    return f"COMPLIANCE for {f'{years} years' if years else f'{days} days'}"
