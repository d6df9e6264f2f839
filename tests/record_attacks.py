"""What somebody can write into a git repository so that git runs a program or reads other bytes, and its undoing."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.conftest import git

HOOKS = (
    "reference-transaction", "post-checkout", "pre-receive", "update", "post-receive", "post-update", "pre-auto-gc",
    "post-index-change", "fsmonitor-watchman",
)  # fmt: skip


class Ground(NamedTuple):
    """Where an attack happens: a bare repository, a record's commit, a file of its tree, and a file that must not appear."""

    repository: Path
    commit: str
    file: str
    mark: Path

    def program(self, last: str = "cat") -> Path:
        """Return a program that leaves its environment in the mark, and what it reads as it is."""
        path = self.mark.with_name("program.sh")
        path.write_text(f"#!/bin/sh\nenv > '{self.mark}'\n{last}\n")
        path.chmod(0o755)
        return path

    def write(self, name: str, text: str) -> None:
        """Write a file into the repository."""
        path = self.repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def configure(self, *settings: str) -> None:
        """Add settings to the repository's own configuration, each as section and line."""
        with (self.repository / "config").open("a") as config:
            config.writelines(f"{setting}\n" for setting in settings)


def hooks(ground: Ground) -> None:
    """Put a program in the place of each hook."""
    for name in HOOKS:
        ground.write(f"hooks/{name}", "")
        shutil.copy(ground.program(), ground.repository / "hooks" / name)


def smudge(ground: Ground) -> None:
    """Let a filter write every file."""
    ground.write("info/attributes", "* filter=evil export-subst\n")
    ground.configure(
        '[filter "evil"]', f"smudge = {ground.program()}", f"clean = {ground.program()}", "required"
    )


def replacement(ground: Ground) -> None:
    """Put other code in the place of a file's, which leaves the mark when it is run."""
    original = git("rev-parse", f"{ground.commit}:{ground.file}", folder=ground.repository)
    text = git("cat-file", "blob", original, folder=ground.repository)
    altered = ground.mark.with_name("altered.py")
    altered.write_text(f"{text}\nopen({str(ground.mark)!r}, 'w').close()\n")
    made = git("hash-object", "-w", str(altered), folder=ground.repository)
    git("replace", original, made, folder=ground.repository)


def packed_replacement(ground: Ground) -> None:
    """Do the same, the ref packed with the others."""
    replacement(ground)
    git("pack-refs", "--all", folder=ground.repository)


def graft(ground: Ground) -> None:
    """Take the parents away from a record's commit."""
    ground.write("info/grafts", f"{ground.commit}\n")


def shallow(ground: Ground) -> None:
    """Let the history end at a record's commit."""
    ground.write("shallow", f"{ground.commit}\n")


def alternate(ground: Ground) -> None:
    """Let objects come from elsewhere, by a file that is no address of one's own."""
    other = ground.mark.with_name("other.git")
    git("init", "--quiet", "--bare", str(other), folder=ground.repository)
    ground.write("objects/info/alternates", f"{other}/objects\n")


def programs(ground: Ground) -> None:
    """Configure each program that git calls by itself."""
    program = ground.program()
    folder = ground.mark.with_name("hooks-elsewhere")
    folder.mkdir(exist_ok=True)
    for name in HOOKS:
        shutil.copy(program, folder / name)
    ground.configure(
        "[core]", f"fsmonitor = {program}", f"hooksPath = {folder}", f"sshCommand = {program}", f"pager = {program}",
        f"alternateRefsCommand = {program}", f"editor = {program}", f"askPass = {program}",
        "[gpg]", f"program = {program}", "[credential]", f"helper = !{program}",
        "[uploadpack]", f"packObjectsHook = {program}", "[diff]", f"external = {program}",
    )  # fmt: skip


def inclusion(ground: Ground) -> None:
    """Configure a program in a file that the configuration includes."""
    ground.mark.with_name("included").write_text(f"[core]\nfsmonitor = {ground.program()}\n")
    ground.configure("[include]", f"path = {ground.mark.with_name('included')}")


def promise(ground: Ground) -> None:
    """Promise missing objects from a remote that is a program."""
    ground.write("objects/pack/pack-1.promisor", "")
    ground.configure(
        '[remote "evil"]', "promisor = true", f"url = ext::{ground.program('exit 1')}", "[protocol]", "allow = always",
        "[extensions]", "partialClone = evil",
    )  # fmt: skip


ATTACKS: Mapping[str, tuple[Callable[[Ground], None], str]] = {
    "hooks": (hooks, "hooks/reference-transaction is a program for git to run"),
    "smudge": (smudge, "info/attributes changes files while they are written"),
    "replacement": (replacement, "refs/replace/"),
    "packed replacement": (packed_replacement, "refs/replace/"),
    "graft": (graft, "info/grafts gives commits other parents"),
    "shallow": (shallow, "shallow hides the history of commits"),
    "alternate": (alternate, "objects/info/alternates takes objects from elsewhere"),
    "programs": (programs, "has a setting that is not MediCore's: core.sshCommand"),
    "inclusion": (inclusion, "has a setting that is not MediCore's: include.path"),
    "promise": (promise, "objects/pack/pack-1.promisor refers to objects that are elsewhere"),
}
"""By name: what is done, and the words by which it is named."""


@contextmanager
def attacked(ground: Ground, *names: str) -> Iterator[None]:
    """Do what the attacks of these names do, and put the whole repository back at the end."""
    kept = ground.repository.with_name("before.git")
    shutil.copytree(ground.repository, kept)
    for name in names:
        ATTACKS[name][0](ground)
    try:
        yield
    finally:
        shutil.rmtree(ground.repository)
        kept.rename(ground.repository)
