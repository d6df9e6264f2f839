"""Legal holds of S3: what is held cannot be deleted, whether or not its retention has ended."""

from collections.abc import Mapping
from typing import Any

from medicore.stores.s3.client import trouble

_NEVER_HELD = {"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"}


def is_held(client: Any, place: Mapping[str, str]) -> bool:  # noqa: ANN401 - a boto3 client
    """Say whether a version, named by bucket, key and identifier, is under a legal hold.

    It is asked for by itself: what a server tells of an object's head leaves the hold out for whoever may not see it.

    Raises
    ------
    botocore.exceptions.ClientError
        When the server refuses.
    """
    from botocore.exceptions import ClientError

    try:
        found = client.get_object_legal_hold(**place)
    except ClientError as error:
        if trouble(error) in _NEVER_HELD:
            return False
        raise
    return bool(found.get("LegalHold", {}).get("Status") == "ON")


def set_hold(client: Any, place: Mapping[str, str], *, on: bool) -> bool:  # noqa: ANN401 - a boto3 client
    """Put the hold on a version, or take it off, and return whether the server then says that it is held.

    What is as it shall be is not asked for again.

    Raises
    ------
    botocore.exceptions.ClientError
        When the server refuses.
    """
    if is_held(client, place) is not on:
        client.put_object_legal_hold(**place, LegalHold={"Status": "ON" if on else "OFF"})
    return is_held(client, place)
