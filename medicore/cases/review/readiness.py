"""readiness: clock, service key and archive are tested before the passphrase for a decision is asked for."""

from medicore.cases.people.clock import require_clock
from medicore.cases.people.logged import SERVICE
from medicore.cases.people.signers import people
from medicore.cases.run.histories import history_of
from medicore.errors import ConfigurationError, IntegrityError, ProtocolError, ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import GENESIS
from medicore.records.ledger.states import RunState
from medicore.records.people.decision import Meaning


def require_ready(house: House, run: RunId, meaning: str) -> None:
    """Raise when a decision on a waiting run could be signed but not carried out.

    Every decision needs the clock and the service's key; an approval also needs the archive. A run that does not wait
    is not tested: its decision is refused later, and that refusal is recorded.

    Raises
    ------
    ConfigurationError
        When the ledger does not accept the present time, the service's key cannot sign, or the archive cannot be
        written. Nothing is left of the attempt.
    ArchiveError
        When the server of the archive does not answer.
    """
    try:
        waits = history_of(house, run).state in {RunState.HALTED, RunState.SEALED}
    except ProtocolError:
        return
    if not waits:
        return
    require_clock(house)
    require_service_key(house)
    if meaning == Meaning.APPROVE:
        house.archive.probe()


def require_service_key(house: House) -> None:
    """Raise ConfigurationError unless the service's key opens and is the one in the ledger."""
    try:
        service = people(house).get(SERVICE)
        if service is None:
            raise ReviewError("the ledger knows no service")  # noqa: TRY301 - one message for all faults
        house.seals.verify_attestation(house.seals.attest(0, GENESIS), service)
    except (ConfigurationError, IntegrityError, ReviewError) as error:
        raise ConfigurationError(
            f"the key of the service cannot sign: {error}; expected {SERVICE}.p12 and {SERVICE}.passphrase in the folder "
            f"'people'; restore them from a backup, or have new ones made with 'medicore people renew {SERVICE}'"
        ) from error
