"""The simulated EDC in a thread, and the connectors to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from pydantic import SecretStr

from medicore.edc.dataset_json_api import DatasetJsonApi
from medicore.edc.http import EdcServer
from medicore.edc.rave import Rave
from medicore.edc.redcap import Redcap
from medicore.edc.simulated.faults import Faults
from medicore.edc.simulated.served import Deliveries, project_number
from medicore.edc.simulated.server import EdcSimulator
from medicore.ports.study import Edc
from medicore.records.protocol.source import DatasetJsonSource, RaveSource, RedcapSource

TOKEN = "A" * 32
IGNORED = ("projectid", "environmentName", "SubjectKey", "subjects_complete")
"""The columns of the systems' own that the simulator adds."""


@dataclass
class Interfaces:
    """A simulator's address, the study it serves, and every pause that a connector made."""

    address: str
    study: str
    pauses: list[float] = field(default_factory=list)
    seconds: float = 5.0
    token: str = TOKEN

    def server(self, address: str) -> EdcServer:
        """Return the way to an address, whose pauses are noted and not made."""
        return EdcServer(address, seconds=self.seconds, pause=self.pauses.append)

    def rave(self, *, odm: bool = False, audit: bool = False) -> Edc:
        """Return the connector to Rave."""
        address = f"{self.address}/RaveWebServices"
        source = RaveSource(
            system="rave", address=address, project=self.study, form="SUBJECTS", ignored=IGNORED,
            format="odm" if odm else "csv", audit=audit,
        )  # fmt: skip
        return Rave(source, self.server(address), lambda _: SecretStr(f"user:{self.token}"))

    def odm(self) -> Edc:
        """Return the connector to Rave that reads ODM and keeps the audit records."""
        return self.rave(odm=True, audit=True)

    def redcap(self, number: int | None = None) -> Edc:
        """Return the connector to REDCap; ``number`` is another project than the study's."""
        address = f"{self.address}/redcap/{self.study}/api/"
        source = RedcapSource(
            system="redcap", address=address, project=number or project_number(self.study), batch=400,
            ignored=IGNORED,
        )  # fmt: skip
        return Redcap(source, self.server(address), lambda _: SecretStr(self.token))

    def dataset_json(self) -> Edc:
        """Return the connector to the Dataset-JSON API."""
        address = f"{self.address}/dataset-json"
        source = DatasetJsonSource(
            system="dataset-json-api", address=address, project=self.study, dataset="SUBJECTS", page=400,
            ignored=IGNORED,
        )  # fmt: skip
        return DatasetJsonApi(source, self.server(address), lambda _: SecretStr(self.token))


Connect = Callable[[Interfaces], Edc]
CONNECTORS: dict[str, Connect] = {
    "rave": Interfaces.rave,
    "odm": Interfaces.odm,
    "redcap": Interfaces.redcap,
    "dataset-json-api": Interfaces.dataset_json,
}
"""Every interface by its name."""


@contextmanager
def simulated(inbox: Path, study: str, month: str, *faults: str) -> Iterator[Interfaces]:
    """Serve the month's deliveries in ``inbox`` while the context lasts."""
    deliveries = Deliveries(inbox, month, Faults.of(faults))
    with EdcSimulator.open(deliveries, TOKEN, 0) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Interfaces(server.address, study)
        finally:
            server.shutdown()
            thread.join()
