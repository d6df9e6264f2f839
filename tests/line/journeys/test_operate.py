"""``docs/operate.md`` followed to the letter: each command that it prints is started as it stands, one after the other."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from flows.serving.server import free_port
from tests import postgres as database
from tests.conftest import ROOT, Project, found_project
from tests.line.worker import Server, tree
from tests.postgres import LOOPBACK
from tests.whole_house.prepared_study import MONTH, PreparedStudy, prepare

STUDY, SECOND = "TEST-OPERATED", "TEST-OPERATED2"
RUN = f"{STUDY}/{MONTH}/1"
AGAIN = 'medicore request REF-NHEFS 2025-03 --reason "Rerun after a query"'
SQL = ("CREATE ROLE", "GRANT USAGE", "GRANT SELECT")
WORD = "operators:a word of the operators"

LEFT_OUT = {
    "python3.11 -m venv .venv": "`make setup`, with which these tests were installed, does the same",
    ".venv/bin/pip install": "the same; the lock files are held against what is installed by `medicore doctor`",
    "medicore init": "the same with the ledger's address before it is followed",
    "aws s3api": "a program of Amazon's; tests/s3.py makes the same bucket by the same calls",
    "MEDICORE_ARCHIVE=": "tests/line/keeping/test_archive_s3.py",
    "medicore people add ben": "the company's own certificate: tests/cases/people/test_authority.py",
    "export PREFECT_API_AUTH_STRING=$(cat": "the service of one machine: tests/line/failures/test_served.py",
    "make wheel": "tests/test_workspace.py",
    "podman build": "no container daemon; tests/line/journeys/test_container.py starts its command",
    "medicore fleet setup --type kubernetes": "needs prefect-kubernetes; tests/flows/serving/kubernetes holds the template to its schema",
    "prefect worker start --pool medicore --type kubernetes": "needs a cluster",
}
"""Beginnings of commands that are not started here, and what else shows them."""
ELSEWHERE = {
    "REF-NHEFS/2025-03/1": RUN,
    "REF-NHEFS 2025-03": f"{SECOND} {MONTH}",
    "portfolio 2025-03": f"portfolio {MONTH} {STUDY} {SECOND}",
    "MED-2024-0147": STUDY,
    "v2026.11": "HEAD",
    "operators:…": f"'{WORD}'",
    "commit=…": "commit=$(git rev-parse HEAD)",
    " [--json]": "",
    " [STUDY]": f" {STUDY}",
    "RUN | --all": RUN,
    " RUN ": f" {RUN} ",
    "FOLDER": "$NEW/restored",
}
"""What stands for something else in the page, and what it is here."""


def commands() -> list[str]:
    """Return the commands that the page prints, each on one line, without the remark behind it."""
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^ {4,6}\S.*\n(?: {5,}\S.*\n)*)+", text, re.M)
    known = (
        r"(?:export |[A-Z_]+=\S+ |python|medicore|prefect|createdb|CREATE|GRANT|aws|curl|make|podman|\.venv)"
    )
    joined = (re.sub(r" \\\n\s*|(?<=\|)\n\s*", " ", block) for block in blocks)
    lines = [line.strip() for block in joined for line in block.splitlines()]
    return [re.sub(r"\s{2,}# .*|\s+# of .*", "", line) for line in lines if re.match(known, line)]


@dataclass
class Terminal:
    """A shell that stays open, as the operator's does: what one command exports, the next one has."""

    project: Project
    new: Path
    exports: list[str] = field(default_factory=list)

    def line(self, beginning: str) -> str:
        """Return the page's one command that begins so, with what it stands for here."""
        lines = dict.fromkeys(commands())
        found = [beginning] if beginning in lines else [line for line in lines if line.startswith(beginning)]
        assert len(found) == 1, (beginning, found)
        text = f"{found[0]} "
        for name, here in ELSEWHERE.items():
            text = text.replace(name, here)
        return text.strip()

    def follow(self, beginning: str, expected: int = 0, **more: str) -> str:
        """Start the command, and return what it prints; its exit code must be the expected one."""
        line = self.line(beginning)
        if line.startswith("export "):
            self.exports.append(line)
            return ""
        for name, here in more.items():
            line = line.replace(name, here)
        done = subprocess.run(
            ["bash", "-c", "; ".join((*self.exports, line))],
            cwd=self.project.root, env=self.around, check=False, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == expected, (line, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, (line, done.stderr)
        return done.stdout

    @contextmanager
    def background(self, beginning: str, log: Path, **more: str) -> Iterator[None]:
        """Start a command that runs until it is stopped."""
        line = self.line(beginning)
        for name, here in more.items():
            line = line.replace(name, here)
        with (
            log.open("ab") as output,
            subprocess.Popen(
                ["bash", "-c", "; ".join((*self.exports, line))],
                cwd=self.project.root, env=self.around, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            ) as process,
        ):  # fmt: skip
            try:
                yield
            finally:
                subprocess.run(
                    ["kill", "-KILL", *map(str, tree(process.pid))], check=False, capture_output=True
                )

    @property
    def around(self) -> dict[str, str]:
        """The environment of the operator's commands: the programs of the checkout's environment come first."""
        return {
            **self.project.surroundings(),
            "PATH": f"{self.new / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": str(self.project.root),
            "NEW": str(self.new),
        }


def test_every_command_of_the_page_is_followed_or_named() -> None:
    """A command that joins the page joins the script below, or the list of what is not started, with its reason."""
    text = Path(__file__).read_text(encoding="utf-8")
    started = {AGAIN, *re.findall(r'\.(?:follow|background|line)\(\s*"([^"]+)"', text), *SQL}
    for line in commands():
        ways = [word for word in (*started, *LEFT_OUT) if line.startswith(word)]
        assert len(ways) >= 1, line
    for word in (*started, *LEFT_OUT):
        assert any(line.startswith(word) for line in commands()), f"the page has no longer: {word}"


@pytest.mark.deep
def test_the_page_is_followed_to_the_letter(
    tmp_path: Path, prefect_url: str, postgres: database.Server
) -> None:
    """From an empty database to a fleet, a month, its archive and its people: each command does what the page says."""
    new = tmp_path / "new"
    (new / "bin").mkdir(parents=True)
    for program in ("createdb", "psql"):
        (new / "bin" / program).symlink_to(postgres.programs / program)
    project = found_project(tmp_path / "operated", prefect_url)
    shutil.rmtree(project.home)
    own = {name: text for name, text in project.environment.items() if not name.startswith("PREFECT_API")}
    own |= {
        "PGHOST": LOOPBACK, "PGPORT": str(postgres.port), "PGUSER": "keeper", "PGPASSWORD": database.PASSWORD,
        "MEDICORE_PASSPHRASE_RITA": "correct rita", "MEDICORE_PASSPHRASE_IVAN": "correct ivan",
        "MEDICORE_PASSPHRASE_QUINN": "correct quinn", "MEDICORE_PERSON": "analyst",
    }  # fmt: skip
    project = Project(project.root, project.home, own)
    terminal, port = Terminal(project, new), free_port()
    here = {"db.example": f"{LOOPBACK}:{postgres.port}", "…": f"'{database.PASSWORD}'"}
    terminal.follow("createdb --encoding")
    terminal.follow("MEDICORE_LEDGER=", **here)
    prepare(project, PreparedStudy(STUDY), PreparedStudy(SECOND))
    for statement in SQL:
        postgres.sql(terminal.line(statement).replace("…", database.PASSWORD.replace("'", "''")), "ledger")
    settings = project.home / "medicore.toml"
    assert "keeper@" in settings.read_text()
    settings.write_text(settings.read_text().replace("keeper@", "medicore_writer@"))
    terminal.follow("medicore people add rita")
    terminal.follow("medicore people add ivan")
    quinn = ("people", "add", "quinn", "--role", "quality", "--name", "Quinn Quality", "--as", "operator")
    project.command(*quinn, "--reason", "Joins")
    assert "Dr Rita Reviewer" in terminal.follow("medicore people list")
    with ExitStack() as stack:
        terminal.follow("createdb prefect")
        terminal.follow("export PREFECT_SERVER_CONCURRENCY")
        terminal.follow("export PREFECT_SERVER_API_AUTH_STRING")
        terminal.follow("export PREFECT_API_AUTH_STRING=operators")
        terminal.follow("export PREFECT_API_URL")
        terminal.exports[-1] = terminal.exports[-1].replace("4200", str(port))
        address = f"keeper:{database.PASSWORD}@{LOOPBACK}:{postgres.port}"
        stack.enter_context(
            terminal.background(
                "PREFECT_SERVER_DATABASE_CONNECTION_URL",
                tmp_path / "server.log",
                **{"prefect@db.example": _quoted(address), "--host": f"--port {port} --host"},
            )
        )
        server = Server(f"http://{LOOPBACK}:{port}/api", WORD, 0)
        assert server.ask("health") is True
        terminal.follow("medicore fleet setup --limit 8")
        terminal.follow("prefect deploy --all")
        stack.enter_context(terminal.background("python -m flows.serving.worker", tmp_path / "worker.log"))
        assert terminal.follow("curl -s -u").startswith("[{")
        month = terminal.follow("medicore portfolio 2025-03")
        _require_completed(server, month, 2)

        _require_completed(server, terminal.follow(AGAIN), 1)
        _require_completed(
            server, terminal.follow(f"{AGAIN} --print |", ID=server.deployment("analysis/study")), 1
        )
        _require_completed(server, terminal.follow("medicore request REF-NHEFS 2025-03 --commit"), 1)
        _require_completed(server, terminal.follow("prefect deployment run replay/commit"), 1)
        terminal.follow("medicore fleet template kubernetes")
    _archived(terminal)


def _archived(terminal: Terminal) -> None:
    """Approve the run, and follow what the page says of archive, ledger and people."""
    project = terminal.project
    project.command(
        "sign", RUN, "--meaning", "approve", "--as", "reviewer", "--reason", "Looked at it and found it so"
    )
    assert RUN in terminal.follow("medicore archive list")
    terminal.follow("medicore archive verify")
    terminal.follow("medicore archive extend")
    terminal.follow("medicore archive hold")
    terminal.follow("medicore archive lift")
    terminal.follow("medicore archive restore")
    terminal.follow("medicore archive surveil")
    assert "report.pdf" in terminal.follow("medicore reproduce RUN --from")
    assert "intact" in terminal.follow("medicore ledger verify")
    terminal.follow("medicore ledger clock", expected=7)
    for _ in range(5):
        project.command(
            "archive", "restore", RUN, str(terminal.new / "again"), "--as", "rita", expected=7, MEDICORE_PASSPHRASE_RITA="no"
        )  # fmt: skip
    terminal.follow("medicore people unlock rita")
    terminal.follow("medicore people renew rita")
    terminal.follow("medicore people revoke rita")


def _require_completed(server: Server, printed: str, runs: int) -> None:
    """Assert that the flow runs which a command's answer names have completed."""
    found = dict.fromkeys(re.findall(r"(?:flow run |^{\"id\":\"|flow-run/)([0-9a-f-]{36})", printed))
    assert len(found) == runs, printed
    for flow_run in found:
        assert server.ended(flow_run)["type"] == "COMPLETED", (
            printed,
            server.ask(f"flow_runs/{flow_run}")["state"],
        )


def _quoted(address: str) -> str:
    return address.replace(database.PASSWORD, quote(database.PASSWORD, safe=""))
