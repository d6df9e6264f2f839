"""Legal holds of S3: an object under a hold cannot be deleted, even after its retention has ended."""

from collections.abc import Mapping
from typing import Any

from medicore.stores.s3.client import trouble

_NEVER_HELD = {"NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError"}


def is_held(client: Any, place: Mapping[str, str]) -> bool:  # noqa: ANN401 - a boto3 client
    """Return whether a version, named by bucket, key and identifier, is under a legal hold.

    This is a request of its own: a server leaves the hold out of an object's head if the caller may not see it.

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
    """Set or lift the hold of a version, and return whether the server then reports a hold.

    Nothing is sent when the hold is already as wanted.

    Raises
    ------
    botocore.exceptions.ClientError
        When the server refuses.
    """
    if is_held(client, place) is not on:
        client.put_object_legal_hold(**place, LegalHold={"Status": "ON" if on else "OFF"})
    return is_held(client, place)
