"""Peers that lie, flood, stall and vanish: the proxy lives, its memory and descriptors stay within bounds, and an
ordinary session beside them goes on as before.

The proxy's upstream is a door to a real server; behind it a test may put a server of its own for the next session.
"""

import contextlib
import os
import random
import re
import socket
import struct
import threading
import time

import pytest

from proxy import ddltap, init, make_repository
from servers import Server
from test_clients import Relay
from test_drift import wait_for_line

MIB = 1 << 20
ASAN_FACTOR = 4  # what AddressSanitizer's quarantine and shadow may add to a bound
BESIDE_SECONDS = 30  # that a query may take beside a hostile session, on a machine that may pause

CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH = 0x200, 0x8000, 0x80000
CAPABILITIES = 1 | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH


def packet(payload, sequence=0):
    return struct.pack("<I", len(payload))[:3] + bytes([sequence]) + payload


GREETING = packet(
    b"\x0a8.4.3\0" + struct.pack("<I", 7) + b"ABCDEFGH\0" + struct.pack("<HBHH", CAPABILITIES & 0xFFFF, 45, 2, CAPABILITIES >> 16)
    + b"\x15" + bytes(10) + b"IJKLMNOPQRST\0mysql_native_password\0"
)
OK = b"\0\0\0\2\0\0\0"


def response(user=b"root"):
    return packet(
        struct.pack("<IIB", CAPABILITIES, 1 << 24, 45) + bytes(23) + user + b"\0\0mysql_native_password\0", 1
    )


class Door:
    """Listens as the upstream; each connection goes to the real server, or to `script` if one is set (once)."""

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.port = self.listener.getsockname()[1]
        self.script = None
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                one, _ = self.listener.accept()
                script, self.script = self.script, None
                if script:
                    threading.Thread(target=self.play, args=(script, one), daemon=True).start()
                    continue
                other = socket.create_connection((self.server.host, self.server.port))
                for pair in ((one, other), (other, one)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()

    @staticmethod
    def play(script, connection):
        with contextlib.suppress(OSError), connection:
            script(connection)

    @staticmethod
    def carry(source, destination):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                destination.sendall(data)
        with contextlib.suppress(OSError):
            destination.shutdown(socket.SHUT_WR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Beside:
    """An ordinary session that asks all the time; the longest answer must not have taken long."""

    def __init__(self, proxy):
        self.connection = proxy.connect()
        self.longest = self.count = 0
        self.over = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.ask)

    def ask(self):
        try:
            while self.count == 0 or not self.over.is_set():
                began = time.monotonic()
                with self.connection.cursor() as cursor:
                    cursor.execute("SELECT 42")
                    assert cursor.fetchone()[0] == 42
                self.longest = max(self.longest, time.monotonic() - began)
                self.count += 1
                time.sleep(0.01)
        except Exception as failure:  # told by the main thread
            self.failure = failure

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.connection.close()
        assert self.failure is None, self.failure
        assert self.longest < BESIDE_SECONDS, (self.count, self.longest)


def resident(proxy):
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def is_sanitized(proxy):
    with open(f"/proc/{proxy.process.pid}/maps", encoding="utf-8", errors="replace") as maps, open(
        f"/proc/{proxy.process.pid}/exe", "rb"
    ) as program:
        return "libasan" in maps.read() or b"__asan_init" in program.read()


def assert_within(proxy, before, bound):
    grown = resident(proxy) - before
    if is_sanitized(proxy):
        bound = bound * ASAN_FACTOR + 256 * MIB
    assert grown < bound, f"{grown >> 20} MiB more are resident, {bound >> 20} are allowed"


def descriptors(proxy):
    return len(os.listdir(f"/proc/{proxy.process.pid}/fd"))


def wait_for_descriptors(proxy, count, seconds=60):
    deadline = time.monotonic() + seconds
    while descriptors(proxy) > count and time.monotonic() < deadline:
        time.sleep(0.1)
    assert descriptors(proxy) <= count, f"{descriptors(proxy)} descriptors are open, {count} were before"


@pytest.fixture
def front(mariadb, proxy, tmp_path):
    """(proxy, door): a proxy whose upstream is a door to MariaDB, and that has done its look at the schema."""
    mariadb.fresh_database()
    door = Door(mariadb)
    repo = make_repository(tmp_path / "front")
    init(repo, f"mysql://root@127.0.0.1:{door.port}/bankroll")
    mariadb.execute("CREATE TABLE drifted (a INT)", "bankroll")
    through = proxy(mariadb, repo=repo)
    with contextlib.closing(through.connect()):
        pass
    wait_for_line(through, "changed outside of the proxy")
    yield through, door
    door.close()


def dial(proxy):
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=60)


def log_in_to(front, script):
    """A client in a session whose server plays `script` after the login."""
    through, door = front

    def server(connection):
        connection.sendall(GREETING)
        connection.recv(65536)
        connection.sendall(packet(OK, 2))
        script(connection)

    door.script = server
    client = dial(through)
    client.recv(65536)
    client.sendall(response())
    assert client.recv(65536)[4] == 0
    return client


def send_until_blocked(connection, data, limit):
    """Sends `data` again and again until nothing goes for a second, or the other side ends; gives the bytes sent."""
    sent = 0
    connection.settimeout(1)
    with contextlib.suppress(OSError):
        while sent < limit:
            sent += connection.send(data)
    return sent


def swallow(connection):
    with contextlib.suppress(OSError):
        while connection.recv(1 << 20):
            pass


ROWS = packet(b"\1", 1) + packet(b"\3def\0\0\0\1x\0\x0c\x2d\0\1\0\0\0\xfd\0\0\0\0\0", 2) + packet(b"\xfe\0\0\2\0", 3)


def test_a_server_that_floods_a_client_that_never_reads_is_stopped(front):
    flooded = []

    def flood(connection):
        connection.recv(65536)
        connection.sendall(ROWS)
        flooded.append(send_until_blocked(connection, packet(b"\xfd\xf0\xff\x00" + bytes(65520), 4), 400 * MIB))

    before = resident(front[0])
    with Beside(front[0]), log_in_to(front, flood) as client:
        client.sendall(packet(b"\3SELECT 1"))
        deadline = time.monotonic() + 90
        while not flooded and time.monotonic() < deadline:
            time.sleep(0.1)
        assert flooded and flooded[0] < 64 * MIB, flooded
        assert_within(front[0], before, 16 * MIB)


@pytest.mark.parametrize("text", [b"INSERT INTO t VALUES ('", b"CREATE TABLE t (a INT COMMENT '"])
def test_a_command_without_end_is_not_kept(front, text):
    before = resident(front[0])
    with Beside(front[0]), log_in_to(front, swallow) as client:
        chunk = b"\xff\xff\xff\0" + b"x" * 0xFFFFFF
        client.sendall(b"\xff\xff\xff\0\3" + text + b"x" * (0xFFFFFE - len(text)))
        for _ in range(16):  # 256 MiB, beyond capture.text_limit
            client.sendall(chunk)
        assert_within(front[0], before, 200 * MIB)


def test_commands_sent_ahead_stop_when_too_many_are_unanswered(front):
    over = threading.Event()
    before = resident(front[0])
    with Beside(front[0]), log_in_to(front, lambda _: over.wait(30)) as client:
        sent = send_until_blocked(client, packet(b"\x0e") * 10000, 50 * MIB)
        over.set()
        assert sent < 50 * MIB
        assert_within(front[0], before, 16 * MIB)


@pytest.mark.parametrize(
    "greeting",
    [
        b"\1\0\0\0\x0a",
        packet(b"\x0a" + b"9" * 100000),
        b"\xff\xff\xff\0\x0a" + b"9" * 0xFFFFFE,
        b"\0\0\0\0" * 1000,
        packet(b"\xff"),
        packet(b"\xff\x10\4Too many connections"),
        packet(OK),
    ],
    ids=["one byte", "no NUL", "16 MiB", "empty packets", "ERR of one byte", "ERR without SQLSTATE", "OK"],
)
def test_a_strange_greeting_does_no_harm(front, greeting):
    through, door = front
    before = resident(through)

    def server(connection):
        with contextlib.suppress(OSError):
            connection.sendall(greeting)
        connection.shutdown(socket.SHUT_WR)
        swallow(connection)

    with Beside(through):
        door.script = server
        with dial(through) as client:
            got = 0
            while data := client.recv(1 << 20):
                got += len(data)
            assert got == len(greeting)
    assert_within(through, before, 16 * MIB)


ANSWERS = {
    "columns of 2^64": packet(b"\xfe" + b"\xff" * 8, 1),
    "ERR of one byte": packet(b"\xff", 1),
    "OK that is cut short": packet(b"\0\xfe\xff", 1),
    "tracker lengths that lie": packet(b"\0\0\0\2\x40\0\0\xfe" + b"\xff" * 8, 1),
    "nothing in it": packet(b"", 1),
    "a file is wanted": packet(b"\xfb/etc/passwd", 1),
    "4096 columns and none": packet(b"\xfc\0\x10", 1) + packet(b"\xfe\0\0\2\0", 2),
    "rows before columns": packet(b"\5a row", 1) * 3,
    "twice": packet(OK, 1) * 2,
}


@pytest.mark.parametrize("text", [b"SELECT 1", b"CREATE TABLE t (a INT)"], ids=["passing", "held"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_strange_answer_does_no_harm(front, answer, text):
    """The held command's first questions are answered so, too."""
    through = front[0]
    before = resident(through)

    def server(connection):
        for _ in range(20):
            if not connection.recv(65536):
                return
            connection.sendall(answer)

    with Beside(through), log_in_to(front, server) as client:
        client.settimeout(2)
        client.sendall(packet(b"\3" + text))
        with contextlib.suppress(OSError):
            client.recv(65536)
    assert_within(through, before, 32 * MIB)


def test_clients_that_vanish_in_every_phase_leave_no_descriptor(front):
    through, _ = front
    dice = random.Random(20261122)
    phases = [[], [b""], [response()[:20]], [response()], [response(), packet(b"\3SELECT SLEEP(0.01)")]]
    phases += [[response(), packet(b"\3CREATE TABLE gone (a INT)")[:-5]], [b"GET / HTTP/1.1\r\n\r\n"], [dice.randbytes(500)]]
    with Beside(through):
        before = descriptors(through)
        memory = resident(through)
        for round_number in range(400):
            with dial(through) as client:
                for part in phases[round_number % len(phases)]:
                    with contextlib.suppress(OSError):
                        client.recv(65536)
                        client.sendall(part)
        wait_for_descriptors(through, before)
        assert_within(through, memory, 32 * MIB)


def test_logins_that_stall_end_by_the_servers_timeout(front):
    through, door = front
    stalled = []
    try:
        with Beside(through):
            before = descriptors(through)
            door.server.execute("SET GLOBAL connect_timeout = 2")
            for _ in range(50):
                stalled.append(dial(through))
                stalled[-1].sendall(response()[:7])
            wait_for_descriptors(through, before)
    finally:
        door.server.execute("SET GLOBAL connect_timeout = 10")
        for client in stalled:
            client.close()


class Scissors(Relay):
    """Ends the connection with the n-th packet of a client, and lets nobody in any more."""

    left = None

    def carry(self, source, destination):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.left is not None and destination.getpeername()[1] == self.server.port:
                    self.left -= 1
                    if self.left <= 0:
                        break
                destination.sendall(data)
        for one in (source, destination):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("command", ["status", "scan"])
def test_a_command_whose_connection_ends_at_any_question_ends_well(command, server, tmp_path):
    server.fresh_database()
    server.execute("CREATE TABLE t (a INT); CREATE VIEW v AS SELECT a FROM t", "bankroll")
    with Scissors(server) as relay:
        repo = make_repository(tmp_path / "app")
        init(repo, f"mysql://root@127.0.0.1:{relay.port}/bankroll")
        unsaid = []
        for cut in range(1, 100):
            relay.left = cut
            done = ddltap(repo, command)  # a leak fails
            if relay.left > 0:
                break
            assert done.returncode in (0, 3), (cut, done)
            if f"127.0.0.1:{relay.port} as user root: " not in done.stdout + done.stderr:
                unsaid.append(cut)
    assert 10 < cut < 99 and done.returncode == 0, (cut, done)
    assert unsaid in ([], [cut - 1])  # its good-bye


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"dialog"])
def test_no_server_is_told_ddltaps_own_password_as_it_is(plugin, tmp_path):
    """Nor the person at the terminal asked for it."""
    heard = []

    def ask(connection):
        connection.sendall(GREETING)
        heard.append(connection.recv(65536))
        connection.sendall(packet(b"\xfe" + plugin + b"\0\4Password: \0", 2))
        heard.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    Door.play(ask, listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        url = f"mysql://root:far-away@127.0.0.1:{listener.getsockname()[1]}/bankroll"
        done = ddltap(make_repository(tmp_path / "app"), "init", "--url", url)
        listener.shutdown(socket.SHUT_RDWR)
    assert re.search(r"could not be asked: .* that is not answered|plugin.* cannot be loaded", done.stdout), done
    assert b"root" in heard[0] and b"far-away" not in b"".join(heard), heard


@pytest.mark.parametrize("kind, option", [("mariadb", "--skip-ssl"), ("mysql", "--tls-version=")])
def test_a_url_that_asks_for_tls_is_not_content_without(kind, option, tmp_path):
    server = Server(kind, option)
    try:
        server.fresh_database()
        done = ddltap(make_repository(tmp_path / "app"), "init", "--url", server.url("bankroll") + "?ssl-mode=REQUIRED")
        assert re.search(r"could not be asked: .*(SSL|TLS)", done.stdout), done
        plain = ddltap(make_repository(tmp_path / "plain"), "init", "--url", server.url("bankroll"))
        assert "could not be asked" not in plain.stdout, plain
    finally:
        server.stop()


def test_clients_that_vanish_within_the_authentication_do_not_burn_max_connect_errors(server, proxy):
    """The server asks for another plugin; the client hears it and is gone."""
    server.fresh_database()
    server.execute("CREATE USER IF NOT EXISTS 'far'@'%' IDENTIFIED BY 'away'; GRANT ALL ON *.* TO 'far'@'%'")
    server.execute(
        "SET GLOBAL max_connect_errors = 10; FLUSH HOSTS"
        if server.is_mariadb
        else "SET GLOBAL max_connect_errors = 10; TRUNCATE performance_schema.host_cache"
    )
    # From 127.0.0.2, since 127.0.0.1 is an address that servers never block.
    with Relay(server, source="127.0.0.2") as relay:
        through = proxy(server, url=f"mysql://far:away@127.0.0.1:{relay.port}/bankroll")
        asked = 0
        for _ in range(30):
            with dial(through) as client:
                client.recv(65536)
                client.sendall(response(b"far").replace(b"mysql_native_password", b"mysql_clear_password\0"))
                asked += client.recv(65536)[4:5] == b"\xfe"
        assert asked == 30
        with contextlib.closing(through.connect("far", "away")) as connection:
            connection.ping(reconnect=False)
    server.execute("SET GLOBAL max_connect_errors = 100")
