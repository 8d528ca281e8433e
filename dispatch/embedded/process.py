"""Child processes that never outlive their parent, and processes of an earlier run that did."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class LauncherError(Exception):
    """Something a person has to mend; its text is the one sentence they read."""


@dataclass(frozen=True)
class Account:
    """The operating-system user a server runs as."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The account for servers when we are root (PostgreSQL refuses root); None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(name, found.pw_uid, found.pw_gid)
    raise LauncherError("Running as root needs an account postgres or nobody for the database; there is none.")


def die_with_parent(sig: int, *, parent: int | None = None) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel sends ``sig`` to the child when its parent dies, however it dies."""
    parent = parent or os.getpid()

    def arm() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0)
            if os.getppid() != parent:  # the parent died between fork and prctl: nobody would signal us
                os._exit(0)

    return arm


def spawn(
    command: Sequence[str],
    *,
    log: Path | None = None,
    orphan_signal: int = signal.SIGTERM,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    pass_fds: Collection[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own (a terminal's Ctrl-C reaches only us) that dies with us."""
    output = log.open("ab") if log else None
    try:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
            # setuid clears the death signal; Popen changes the user before preexec_fn runs, so it stays.
            preexec_fn=die_with_parent(orphan_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    finally:
        if output:
            output.close()
    if stdin is not None and child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(stdin)
            child.stdin.close()
    return child


def command_of(pid: int) -> str:
    """The command line of a live process, '' when it is gone or a zombie."""
    try:
        if Path("/proc").exists():
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        found = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return found.stdout.strip()
    except OSError:
        return ""


def stop_pid(pid: int, *, mark: str, first: int, last: int, patience: float = 15.0) -> None:
    """End a left-over process whose command line contains ``mark``: ``first``, then ``last`` if it won't."""
    for sig, wait in ((first, patience), (last, 5.0)):
        if mark not in command_of(pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if mark not in command_of(pid):
                return
            time.sleep(0.02)


def stop_child(child: subprocess.Popen[bytes], sig: int, *, patience: float = 20.0) -> None:
    """Ask a child to end, insist when it does not, and reap it."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(sig)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def free_port(preferred: int | None = None) -> int:
    """``preferred`` when nobody listens there, else any free port of the loopback."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise LauncherError("No free port on 127.0.0.1.")


def tail(path: Path, lines: int = 4) -> str:
    """The last lines of a log, for an error sentence."""
    try:
        return " / ".join(path.read_text(errors="replace").strip().splitlines()[-lines:])
    except OSError:
        return "no log"
