"""Foreign parts of a record repository: files that are neither object, tag nor code, and that git would obey.

MediCore calls git so that none of them takes effect (see ``calling``). For an inspector who clones the repository
they do take effect, and they show that somebody wrote into the folder.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from medicore.errors import IntegrityError

_ALTERING = {
    "info/grafts": "gives commits other parents",
    "shallow": "hides the history of commits",
    "objects/info/alternates": "takes objects from elsewhere",
    "objects/info/http-alternates": "takes objects from elsewhere",
    "commondir": "takes everything from elsewhere",
    "gitdir": "belongs to a linked checkout",
    "worktrees": "belongs to a linked checkout",
    "index": "belongs to a checkout",
    "modules": "belongs to a checkout",
    "config.worktree": "is the configuration of a checkout",
    "info/attributes": "changes files while they are written",
    "info/sparse-checkout": "hides files",
    "remotes": "names other repositories",
    "branches": "names other repositories",
}
_REPLACED = "refs/replace/"
_SECTION = re.compile(r"\[\s*(?P<name>[A-Za-z]+)\s*\]")
_SETTING = re.compile(r"(?P<key>[A-Za-z]+)\s*=\s*(?P<value>[A-Za-z0-9]+)")
_HARMLESS = frozenset(
    {
        "core.bare",
        "core.compression",
        "core.filemode",
        "core.ignorecase",
        "core.logallrefupdates",
        "core.precomposeunicode",
        "core.repositoryformatversion",
        "core.sharedrepository",
        "core.symlinks",
        "gc.auto",
        "receive.denydeletes",
        "receive.denynonfastforwards",
        "receive.fsckobjects",
        "transfer.fsckobjects",
    }
)
"""Settings that git itself writes into a bare repository, and settings that only make it stricter or share it."""


def require_plain(folder: Path) -> None:
    """Raise IntegrityError, which names every foreign part, unless the repository contains only objects, tags and code.

    Only files are read; git is not started.
    """
    found = [*_files(folder), *_replaced(folder), *_configuration(folder)]
    if found:
        raise IntegrityError(
            f"{'; '.join(found)}; expected only objects, tags and code; MediCore does not obey it, but git elsewhere "
            "does: keep a copy as evidence, remove it, and find out who wrote it"
        )


def _files(folder: Path) -> Iterator[str]:
    for name, effect in _ALTERING.items():
        path = folder / name
        if _holds_something(path):
            yield f"{name} {effect}"
    hooks = folder / "hooks"
    for path in sorted(hooks.iterdir()) if hooks.is_dir() else ():
        if path.suffix != ".sample":
            yield f"hooks/{path.name} is a program for git to run"
    packs = folder / "objects" / "pack"
    for path in sorted(packs.glob("*.promisor")) if packs.is_dir() else ():
        yield f"objects/pack/{path.name} refers to objects that are elsewhere"


def _holds_something(path: Path) -> bool:
    """Return whether there is a file, or a folder that is not empty: git's templates make empty folders."""
    return (
        any(path.iterdir()) if path.is_dir() and not path.is_symlink() else path.exists() or path.is_symlink()
    )


def _replaced(folder: Path) -> Iterator[str]:
    """Yield each ref, loose or packed, that replaces an object by another."""
    loose = (
        path.relative_to(folder).as_posix() for path in (folder / _REPLACED).rglob("*") if path.is_file()
    )
    packed = folder / "packed-refs"
    lines = packed.read_text("utf-8", errors="replace").splitlines() if packed.is_file() else []
    listed = (line.partition(" ")[2] for line in lines)
    for name in sorted({*loose, *(name for name in listed if name.startswith(_REPLACED))}):
        yield f"{name[:60]} replaces that object by another"


def _configuration(folder: Path) -> Iterator[str]:
    """Yield each line of the configuration that is not on the list; a setting in an unusual spelling is not on it."""
    path = folder / "config"
    if path.is_symlink() or not path.is_file():
        yield "config is not a file of the repository"
        return
    section = ""
    for number, text in enumerate(path.read_text("utf-8", errors="replace").split("\n"), 1):
        line = text.strip()
        if not line or line[0] in "#;":
            continue
        head, setting = _SECTION.fullmatch(line), _SETTING.fullmatch(line)
        if head is not None:
            section = head["name"].lower()
        elif setting is None or f"{section}.{setting['key'].lower()}" not in _HARMLESS:
            yield f"config, line {number}, has a setting that is not MediCore's: {_shown(section, line)}"


def _shown(section: str, line: str) -> str:
    """Return the name of a setting without its value, which may be an address with a password in it."""
    return f"{section}.{line.partition('=')[0].strip()}"[:60] if not line.startswith("[") else line[:60]
