"""Configuration and variables of a person who uses git, DVC and Prefect for other work, as badly as it can come."""

import shutil
import subprocess
from pathlib import Path

_GIT = """
[core]
    autocrlf = true
    eol = crlf
    hooksPath = {folder}/hooks
    attributesFile = {folder}/attributes
    excludesFile = {folder}/excludes
    quotePath = true
    fsmonitor = {folder}/hooks/pre-commit
[commit]
    gpgSign = true
[tag]
    gpgSign = true
    forceSignAnnotated = true
[gpg]
    program = /bin/false
[init]
    templateDir = {folder}/template
    defaultBranch = trunk
[push]
    default = nothing
    gpgSign = true
[url "ssh://nowhere.invalid/"]
    pushInsteadOf = /
[user]
    useConfigOnly = true
"""
_DVC = """
[core]
    remote = other
    autostage = true
    site_cache_dir = {folder}/site
[cache]
    type = symlink
    dir = {folder}/cache
['remote "records"']
    url = {folder}/other
    verify = true
[unknown]
    a = b
"""
_PROFILES = """
active = "other"
[profiles.other]
PREFECT_API_URL = "https://prefect.invalid/api"
PREFECT_API_KEY = "pnu_other"
PREFECT_SERVER_DATABASE_CONNECTION_URL = "sqlite+aiosqlite:///{folder}/other.db"
"""
_DOTENV = """
PREFECT_API_DATABASE_CONNECTION_URL=sqlite+aiosqlite:///{folder}/other.db
PREFECT_PROFILES_PATH={folder}/profiles.toml
PREFECT_LOCAL_STORAGE_PATH={folder}/storage
"""
_TOML = """
[server.database]
connection_url = "sqlite+aiosqlite:///{folder}/other.db"
[api]
key = "pnu_other"
"""


def turkish(folder: Path) -> dict[str, str]:
    """Return the variables of the Turkish locale, where i is no I and 3.5 is 3,5; it is made where the system can make it."""
    given = {"LANG": "tr_TR.UTF-8"}
    if shutil.which("localedef") and Path("/usr/share/i18n/locales/tr_TR").exists():
        folder.mkdir(parents=True)
        subprocess.run(["localedef", "-i", "tr_TR", "-f", "UTF-8", folder / "tr_TR.UTF-8"], check=True)
        given["LOCPATH"] = str(folder)
    return given


def hostile_git(folder: Path) -> dict[str, str]:
    """Write a user's configuration of git with its programs into a folder, and return the variables that lead there.

    A program that is run leaves the file ``ran`` in the folder.
    """
    for place in ("hooks", "template/hooks"):
        (folder / place).mkdir(parents=True, exist_ok=True)
        for hook in ("pre-commit", "post-checkout", "pre-push", "reference-transaction"):
            (folder / place / hook).write_text(f"#!/bin/sh\ntouch '{folder}/ran'\nexit 1\n")
            (folder / place / hook).chmod(0o755)
    (folder / "attributes").write_text("* text eol=crlf\n")
    (folder / "excludes").write_text("*.json\n*.yaml\n")
    (folder / "gitconfig").write_text(_GIT.format(folder=folder))
    places = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
    return {
        **dict.fromkeys(places, "/nowhere"),
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.autocrlf",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_TEMPLATE_DIR": str(folder / "template"),
        "GIT_AUTHOR_NAME": "Mallory",
        "GIT_COMMITTER_DATE": "1999-01-01T00:00:00Z",
    }


def hostile_dvc(folder: Path) -> dict[str, str]:
    """Write a user's configuration of DVC into a folder, and return the variables that lead there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config").write_text(_DVC.format(folder=folder))
    return {
        "DVC_GLOBAL_CONFIG_DIR": str(folder),
        "DVC_SYSTEM_CONFIG_DIR": str(folder),
        "DVC_SITE_CACHE_DIR": str(folder / "site"),
        "DVC_ROOT": str(folder),
    }


def hostile_prefect(folder: Path) -> dict[str, str]:
    """Write Prefect's settings of other work into a folder, a working directory too, and return its variables."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"profiles.toml": _PROFILES, ".env": _DOTENV, "prefect.toml": _TOML}.items():
        (folder / name).write_text(text.format(folder=folder))
    return {
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_PROFILE": "other",
        "PREFECT_API_KEY": "pnu_other",
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder}/other.db",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "prefect_server_api_base_path": "/other",
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(folder / "storage"),
        "PREFECT_MEMO_STORE_PATH": str(folder / "memo.toml"),
    }
