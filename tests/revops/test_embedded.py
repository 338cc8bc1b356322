"""The embedded PostgreSQL, with real processes in a folder of the test's own."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from revops import embedded
from revops.embedded import keeper, location
from revops.embedded import server as servers

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from revops import embedded
with embedded.running(embedded.place(Path({folder!r})), notice=print, is_durable=False):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def place(tmp_path_factory):
    # pytest's own folders are closed to other accounts; the server's account must get through.
    folder = Path("/tmp") / f"accord-test-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    yield embedded.place(folder)
    shutil.rmtree(folder)


def connect(place):
    address = place.address(user=embedded.ADMIN, database="postgres")
    return psycopg.connect(
        host=address["HOST"],
        user=address["USER"],
        password=address["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    )


def server_pid(place):
    return int((place.data / "postmaster.pid").read_text().splitlines()[0])


def wait_for(question, *, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a container without init keeps the dead as zombies
    return not (state.exists() and ") Z " in state.read_text())


def answers(place):
    try:
        connect(place).close()
    except psycopg.OperationalError:
        return False
    return True


def test_server_runs_inside_the_block_and_stops_after_it(place):
    with embedded.running(place, notice=print, is_durable=False):
        pid = server_pid(place)
        with connect(place) as connection:
            (version, encoding, locale) = connection.execute(
                "SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding),"
                " datlocprovider::text || ':' || datlocale FROM pg_database"
                " WHERE datname = 'postgres'"
            ).fetchone()

    assert version >= 180000
    assert (encoding, locale) == ("UTF8", "b:C.UTF-8")
    assert not is_alive(pid)


def test_server_listens_on_no_network_port_and_wants_its_password(place):
    with embedded.running(place, notice=print, is_durable=False):
        with connect(place) as connection:
            (addresses,) = connection.execute("SHOW listen_addresses").fetchone()
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host=str(place.sockets), user=embedded.ADMIN, password="guess", dbname="postgres"
            )

    assert addresses == ""
    assert place.sockets.stat().st_mode & 0o077 == 0
    assert (place.data_dir / "database_password").stat().st_mode & 0o077 == 0


def test_second_process_attaches_and_the_last_one_stops_the_server(place):
    code = HOLD.format(root=str(ROOT), folder=str(place.data_dir))
    first = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline().strip() == "up"
    pid = server_pid(place)

    with embedded.running(place, notice=print, is_durable=False):
        assert server_pid(place) == pid
        first.kill()
        first.wait()
        first.stdout.close()
        time.sleep(3 * keeper.POLL_SECONDS)
        assert answers(place)

    assert wait_for(lambda: not is_alive(pid))


def test_server_does_not_outlive_a_killed_parent(place):
    code = HOLD.format(root=str(ROOT), folder=str(place.data_dir))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout.readline().strip() == "up"
        pid = server_pid(place)
        user.kill()

    assert wait_for(lambda: not is_alive(pid))


def test_supervisor_starts_a_killed_server_again_with_its_rows(place):
    with embedded.running(place, notice=print):
        with connect(place) as connection:
            connection.execute("CREATE TABLE note (words text)")
            connection.execute("INSERT INTO note VALUES ('kept')")
        pid = server_pid(place)
        os.kill(pid, signal.SIGKILL)

        assert wait_for(lambda: answers(place) and server_pid(place) != pid)
        with connect(place) as connection:
            assert connection.execute("SELECT words FROM note").fetchone() == ("kept",)


def test_server_left_behind_by_a_killed_keeper_is_replaced(place):
    with embedded.running(place, notice=print, is_durable=False):
        pid = server_pid(place)
        os.kill(int((place.folder / "keeper.lock").read_text()), signal.SIGKILL)
        assert wait_for(lambda: not servers.is_kept(place))

    with embedded.running(place, notice=print, is_durable=False):
        assert answers(place)
        assert server_pid(place) != pid
        assert not is_alive(pid)


def test_second_serve_on_the_same_data_is_refused(place):
    with embedded.claim_serving(place, name="accord"):
        with pytest.raises(embedded.EmbeddedServerError, match="already serves"):
            embedded.claim_serving(place, name="accord")
        embedded.claim_serving(place, name="sample").close()

    embedded.claim_serving(place, name="accord").close()


def test_half_made_data_folder_is_made_again(place):
    servers.prepare_folders(place)
    (place.folder / "data.new").mkdir()
    (place.folder / "data.new" / "PG_VERSION").write_text("18")

    with embedded.running(place, notice=print, is_durable=False):
        assert answers(place)


def test_start_that_fails_shows_the_log(place):
    with embedded.running(place, notice=print, is_durable=False):
        pass
    (place.data / "PG_VERSION").write_text("9\n")

    with (
        pytest.raises(embedded.EmbeddedServerError, match="did not start"),
        embedded.running(place, notice=print),
    ):
        pass


def test_folder_of_somebody_else_is_refused(place):
    place.folder.mkdir(mode=0o755)
    place.folder.chmod(0o755)

    with pytest.raises(embedded.EmbeddedServerError, match="closed to others"):
        servers.prepare_folders(place)

    assert place.folder.stat().st_mode & 0o777 == 0o755


def test_long_path_gets_a_short_socket_folder():
    folder = Path("/srv") / ("a" * 90)
    place = embedded.Place(data_dir=folder, folder=folder / "postgres", account=None)

    assert len(str(place.sockets)) < location.LONGEST_SOCKET_FOLDER
    assert (
        place.sockets
        == embedded.Place(data_dir=folder, folder=folder / "postgres", account=None).sockets
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
def test_data_leave_a_home_the_account_cannot_enter(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    own = Path("/tmp") / f"accord-own-{os.getpid()}"
    monkeypatch.setattr(location, "OWN_FOLDER", own)
    monkeypatch.setattr(servers, "OWN_FOLDER", own)
    notices = []
    place = embedded.place(home / "var")

    with embedded.running(place, notice=notices.append, is_durable=False):
        assert answers(place)

    assert place.folder.parent == own
    assert len(notices) == 1
    assert notices[0].count("\n") == 1
    assert str(place.folder) in notices[0]
    assert home.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
def test_programs_in_a_closed_folder_are_copied(place, tmp_path, monkeypatch):
    package = location.wheel_folder().parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / package.name).symlink_to(package)
    (closed / f"{package.name}.libs").symlink_to(f"{package}.libs")
    own = Path("/tmp") / f"accord-own-{os.getpid()}"
    monkeypatch.setattr(servers, "OWN_FOLDER", own)
    monkeypatch.setattr(servers, "wheel_folder", lambda: closed / package.name / "pginstall18")

    with embedded.running(place, notice=print, is_durable=False):
        assert answers(place)

    assert [path.name.startswith("server-") for path in own.iterdir()] == [True]
    shutil.rmtree(own)


def test_shared_lock_keeps_the_keeper_waiting(place):
    servers.prepare_folders(place)
    path = place.folder / "users.lock"

    with path.open("a") as ours, path.open("a") as theirs:
        fcntl.flock(ours, fcntl.LOCK_SH)
        assert not keeper.is_unused(theirs.fileno())
        fcntl.flock(ours, fcntl.LOCK_UN)
        assert keeper.is_unused(theirs.fileno())
