"""Parts of a protocol that gained keys: a key that came later is left out of the JSON while it has its default."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class GrowingPart(BaseModel):
    """A part of a protocol with the names of its ``later`` keys.

    The digest of a protocol that uses none of them is the one that it had before they existed, so that a record of an
    earlier version is compared with it as before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    later: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_later(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields = type(self).model_fields
        unused = {
            key
            for key in self.later
            if getattr(self, key) == fields[key].get_default(call_default_factory=True)
        }
        return {key: value for key, value in write(self).items() if key not in unused}
