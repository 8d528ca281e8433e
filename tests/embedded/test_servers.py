"""The embedded servers: start, adopt, die with their owner, recover from kill -9."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import sys
from pathlib import Path

import psycopg2
import pytest
import redis

from dispatch.embedded.binaries import open_to_others
from dispatch.embedded.layout import layout, local_secrets
from dispatch.embedded.process import LauncherError, free_port
from dispatch.embedded.servers import running
from dispatch.embedded.valkey import Valkey
from tests.embedded.conftest import Launch, eventually, processes_of


@pytest.fixture(autouse=True)
def _no_given_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "IDENTITY_KEYS"):
        monkeypatch.delenv(name, raising=False)


def execute(url: str, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []


def urls(data: Path) -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads((data / "servers.json").read_text()))
    return {}


def test_a_second_start_keeps_the_data_and_a_stop_leaves_no_process(data: Path) -> None:
    with running(data) as first:
        execute(first["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS n")
        with redis.Redis.from_url(first["REDIS_URL"]) as client:
            client.set("kept", "yes")
    assert processes_of(data) == []
    with running(data) as second:
        assert execute(second["DATABASE_URL"], "SELECT n FROM kept") == [(42,)]
        with redis.Redis.from_url(second["REDIS_URL"]) as client:
            assert client.get("kept") == b"yes"
        assert second == first


def test_the_servers_are_what_the_product_needs(data: Path) -> None:
    with running(data) as env:
        assert execute(env["DATABASE_URL"], "SHOW listen_addresses") == [("127.0.0.1",)]
        assert execute(env["DATABASE_URL"], "SHOW server_encoding") == [("UTF8",)]
        execute(env["DATABASE_URL"], "CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gist")
        assert execute(
            env["DATABASE_URL"], "SELECT count(*) FROM pg_extension WHERE extname IN ('pg_trgm', 'btree_gist')"
        ) == [(2,)]
        stranger = env["DATABASE_URL"].replace("dispatch:", "dispatch:x", 1)
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(stranger)
        bare = redis.Redis(port=int(env["REDIS_URL"].split(":")[-1].split("/")[0]))
        with bare, pytest.raises(redis.AuthenticationError):
            bare.ping()


def test_another_process_adopts_the_running_servers(data: Path, launch: Launch) -> None:
    with running(data) as env:
        child = launch("run", "--", sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])")
        out, _ = child.communicate(timeout=60)
        assert (child.returncode, out.strip()) == (0, env["DATABASE_URL"])
        assert execute(env["DATABASE_URL"], "SELECT 1") == [(1,)]


def test_run_passes_the_exit_code_on(launch: Launch) -> None:
    child = launch("run", "--", "sh", "-c", "exit 7")
    assert child.wait(60) == 7


def test_killing_the_owner_ends_the_servers_and_loses_nothing(data: Path, launch: Launch) -> None:
    owner = launch("up")
    eventually(lambda: urls(data), seconds=60)
    url = urls(data)["DATABASE_URL"]
    execute(url, "CREATE TABLE said (n int)")
    for n in range(50):
        execute(url, f"INSERT INTO said VALUES ({n})")
    owner.kill()
    owner.wait()
    with running(data) as env:  # at once: what is left over is stopped, not fallen over
        assert execute(env["DATABASE_URL"], "SELECT count(*) FROM said") == [(50,)]
    eventually(lambda: not processes_of(data))


def test_a_killed_server_is_brought_back(data: Path, launch: Launch) -> None:
    launch("up")
    eventually(lambda: urls(data), seconds=60)
    url = urls(data)["DATABASE_URL"]
    execute(url, "CREATE TABLE said AS SELECT 1 AS n")
    postmaster = layout(data).servers / "postgres" / "postmaster.pid"
    os.kill(int(postmaster.read_text().splitlines()[0]), signal.SIGKILL)
    os.kill(int((data / "valkey.pid").read_text()), signal.SIGKILL)

    def back() -> bool:
        with (
            contextlib.suppress(psycopg2.Error, redis.RedisError),
            redis.Redis.from_url(urls(data)["REDIS_URL"]) as client,
        ):
            return bool(client.ping()) and execute(url, "SELECT n FROM said") == [(1,)]
        return False

    eventually(back, seconds=40)


def test_an_interrupted_first_start_is_begun_anew(data: Path) -> None:
    place = layout(data)
    half_made = place.servers / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with running(data) as env:
        assert execute(env["DATABASE_URL"], "SELECT 1") == [(1,)]
    assert not half_made.exists()


def test_data_of_another_version_is_one_sentence(data: Path) -> None:
    folder = layout(data).servers / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(LauncherError, match="made by PostgreSQL 12"), running(data):
        pass


def test_secrets_are_made_once_and_private(data: Path) -> None:
    place = layout(data)
    made = local_secrets(place)
    assert local_secrets(place) == made
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600
    assert len(set(made.values())) == len(made)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account for the servers")
def test_a_folder_closed_to_the_servers_account_moves_their_files(data: Path) -> None:
    data.mkdir()
    data.parent.chmod(0o700)
    assert not open_to_others(data)
    place = layout(data)
    assert place.moved
    with running(data) as env:
        assert execute(env["DATABASE_URL"], "SHOW data_directory") == [(str(place.servers / "postgres"),)]


def test_a_taken_port_is_left_alone(data: Path) -> None:
    place = layout(data)
    first = Valkey(place, free_port(), "secret")
    first.start()
    try:
        assert free_port(first.port) != first.port
    finally:
        first.stop()
