"""arriving: a signed request is recorded when it arrives, and may wait for a worker."""

import base64
from collections.abc import Mapping
from typing import Any

from medicore.cases.people.logged import log
from medicore.cases.people.signers import require_standing
from medicore.cases.run.recorded import ADMITTED, SUBJECT, is_recorded
from medicore.cases.run.requesting import Request, require_asked
from medicore.errors import MediCoreError
from medicore.ports.house import House
from medicore.records.moment import timestamp
from medicore.records.people.act import ENVELOPE
from medicore.records.people.people import Permission


def record_arrival(house: House, asked: Mapping[str, Any]) -> bool:
    """Record that the signed request of a flow run arrived, and return whether that was done now.

    ``asked`` are the flow run's own parameters, for one study or for several. What has no valid signature of the last hour, or
    was recorded before, is left alone: the flow refuses what may not begin, and says why.
    """
    try:
        envelope = base64.b64decode(str(asked.get("signature", "")), validate=True)
        if not envelope or is_recorded(house, envelope):
            return False
        requester = str(asked["requester"])
        person = require_standing(house, requester, Permission.REQUEST)
        act = house.certifier.verify(envelope, person, timestamp(house.clock.now()))
        study = str(asked.get("study") or act.details["studies"][0])
        wanted = Request(
            study,
            str(asked["month"]),
            requester,
            str(asked["reason"]),
            bool(asked.get("exploratory", False)),
            commit=str(asked.get("commit", "")),
        )
        require_asked(act, wanted)
    except (LookupError, TypeError, ValueError, MediCoreError):
        return False
    told = {**act.details, ENVELOPE: str(asked["signature"])}
    log(house, requester, ADMITTED, SUBJECT, act.reason, told)
    return True
