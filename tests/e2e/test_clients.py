"""Whatever a client does directly, it does through the proxy with equal results (but for connection ids).

Each test runs a client twice, directly and through the proxy, and compares the transcripts.
"""

import contextlib
import itertools
import os
import re
import socket
import struct
import threading
import time

import pymysql
import pytest

from clients import CLIENTS, NodeMySQL2Binary, PyMySQL, Target
from proxy import ddltap, init, make_repository

# The largest payload of one packet of the protocol; a longer one goes on in the next packet, and one that is a
# multiple of it ends with an empty packet.
MAX_PAYLOAD = 0xFFFFFF

TYPES = [
    """CREATE TABLE everything (
        id INT PRIMARY KEY AUTO_INCREMENT, a BIT(13), b TINYINT, c TINYINT UNSIGNED, d BOOL, e SMALLINT,
        f MEDIUMINT, g INT UNSIGNED ZEROFILL, h BIGINT, i BIGINT UNSIGNED, j DECIMAL(40,10), k FLOAT, l DOUBLE,
        m DATE, n DATETIME, o DATETIME(6), p TIMESTAMP(3) NULL, q TIME, r TIME(6), s YEAR, t CHAR(5),
        u VARCHAR(300) CHARACTER SET latin1, v BINARY(4), w VARBINARY(20), x TINYBLOB, y BLOB, z MEDIUMBLOB,
        aa LONGBLOB, bb TINYTEXT, cc TEXT, dd MEDIUMTEXT, ee LONGTEXT, ff ENUM('x','y','ü'), gg SET('p','q','r'),
        hh JSON, ii POINT, jj GEOMETRY, kk VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)""",
    "SET time_zone = '+00:00'",
    """INSERT INTO everything VALUES (1, b'1010101010101', -128, 255, TRUE, -32768, -8388608, 4294967295,
        -9223372036854775808, 18446744073709551615, 123456789012345678901234567890.0123456789, 1.5, -2.25e300,
        '2026-11-22', '1000-01-01 00:00:00', '9999-12-31 23:59:59.999999', '2026-11-22 10:15:00.123',
        '-838:59:59', '12:34:56.000001', 2155, 'abc', 'naïve', 'ab', x'00ff00', '', REPEAT('b', 300),
        x'0001', x'', 'tiny', REPEAT('text', 100), 'medium', 'long', 'ü', 'p,r', '{"a": [1, null, "ü"]}',
        ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('LINESTRING(0 0, 1 1, 2 2)'), '🐬 dolphin')""",
    "INSERT INTO everything (id) VALUES (2)",
    "INSERT INTO everything (b, c, e) VALUES (127, 0, 32767), (0, 1, 2)",
    "SELECT * FROM everything ORDER BY id",
    "SELECT NULL, 1, -1, 1.5, 1e10, 'x', x'ff', TRUE, DATE '2026-01-02', TIME '01:02:03', CAST(7 AS UNSIGNED)",
    "SELECT * FROM everything WHERE id > 100",
    "UPDATE everything SET b = b WHERE id = 3",
    "UPDATE everything SET b = 5 WHERE id IN (3, 4)",
    "SELECT 1/0, CAST('12abc' AS SIGNED)",
    "INSERT INTO everything (id) VALUES (1)",
    "SELECT nothing FROM everything",
    "SELEC 1",
    "DELETE FROM everything WHERE id = 4",
    "SHOW CREATE TABLE everything",
    "DROP TABLE everything",
]

PREPARED = [
    "CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(20), price DECIMAL(8,2))",
    "PREPARE add_item FROM 'INSERT INTO items VALUES (?, ?, ?)'",
    "SET @id = 1, @name = 'pen', @price = 1.25",
    "EXECUTE add_item USING @id, @name, @price",
    "EXECUTE add_item USING @id, @name, @price",
    "SET @id = 2, @name = NULL",
    "EXECUTE add_item USING @id, @name, @price",
    "PREPARE find_item FROM 'SELECT * FROM items WHERE id >= ? ORDER BY id'",
    "SET @id = 0",
    "EXECUTE find_item USING @id",
    "DEALLOCATE PREPARE find_item",
    "EXECUTE find_item USING @id",
    "PREPARE more FROM 'ALTER TABLE items ADD COLUMN note TEXT'",
    "EXECUTE more",
    "SELECT * FROM items ORDER BY id",
]

# With parameters: for a client that speaks the binary protocol.
PARAMETERS = [
    "CREATE TABLE parameters (id INT PRIMARY KEY, a VARCHAR(20), b DOUBLE, c LONGBLOB, d DATETIME(6), e BIGINT)",
    ["INSERT INTO parameters VALUES (?, ?, ?, ?, ?, ?)", 1, "ü", 1.5, "x" * 70000, "2026-11-22 10:15:00.5", 7],
    ["INSERT INTO parameters VALUES (?, ?, ?, ?, ?, ?)", 2, None, None, None, None, None],
    ["INSERT INTO parameters VALUES (?, ?, ?, ?, ?, ?)", 2, None, None, None, None, None],
    ["SELECT * FROM parameters WHERE id >= ? ORDER BY id", 1],
    ["SELECT * FROM parameters WHERE id >= ? ORDER BY id", 2],
    ["SELECT ?, ?, ?", 1, "two", None],
    ["UPDATE parameters SET b = b + ? WHERE id = ?", 2, 1],
    ["SELECT b FROM parameters WHERE id = ?", 1],
    ["INSERT INTO parameters (id, c) VALUES (?, ?)", 3, "y" * (17 << 20)],
    ["SELECT id, c FROM parameters WHERE id = ?", 3],
    ["ALTER TABLE parameters ADD COLUMN f INT"],
    ["SELECT * FROM parameters WHERE id = ?", 2],
]

MULTIPLE_RESULTS = [
    "CREATE TABLE numbers (n INT PRIMARY KEY)",
    "INSERT INTO numbers VALUES (1), (2), (3)",
    """CREATE PROCEDURE several(IN least INT, OUT total INT)
    BEGIN
        SELECT n FROM numbers WHERE n >= least ORDER BY n;
        SELECT 'second', COUNT(*) FROM numbers;
        INSERT INTO numbers VALUES (least + 100);
        SELECT SUM(n) INTO total FROM numbers;
    END""",
    "CALL several(2, @total)",
    "SELECT @total",
    "SELECT 1; SELECT 'two' AS second, 2; INSERT INTO numbers VALUES (50), (51); SELECT COUNT(*) FROM numbers",
    "INSERT INTO numbers VALUES (60); SELECT bogus; INSERT INTO numbers VALUES (61)",
    "CALL several(3, @total); SELECT n FROM numbers ORDER BY n",
    "CREATE PROCEDURE fails() BEGIN SELECT 1; SELECT bogus; END",
    "CALL fails()",
    "CREATE TABLE later (id INT); INSERT INTO later VALUES (1); SELECT * FROM later; DROP TABLE later",
    "SELECT n FROM numbers ORDER BY n",
]

TRANSACTIONS = [
    "CREATE TABLE accounts (id INT PRIMARY KEY, balance INT NOT NULL)",
    "START TRANSACTION",
    "INSERT INTO accounts VALUES (1, 100)",
    "ROLLBACK",
    "SELECT * FROM accounts",
    "BEGIN",
    "INSERT INTO accounts VALUES (1, 100), (2, 0)",
    "SAVEPOINT first",
    "UPDATE accounts SET balance = balance - 10 WHERE id = 1",
    "ROLLBACK TO SAVEPOINT first",
    "UPDATE accounts SET balance = balance + 1",
    "COMMIT",
    "SELECT * FROM accounts ORDER BY id",
    "SET autocommit = 0",
    "DELETE FROM accounts",
    "ROLLBACK",
    "SET autocommit = 1",
    "START TRANSACTION READ ONLY",
    "INSERT INTO accounts VALUES (3, 3)",
    "COMMIT",
    "BEGIN",
    "INSERT INTO accounts VALUES (4, 4)",
    "CREATE TABLE commits_implicitly (id INT)",
    "ROLLBACK",
    "SELECT * FROM accounts ORDER BY id",
]

LARGE = [
    "CREATE TABLE large (id INT PRIMARY KEY, content LONGTEXT)",
    "INSERT INTO large VALUES (1, '" + "a" * (17 << 20) + "')",
    "SELECT id, LENGTH(content), content FROM large",
    # A row's one column has a prefix of 4 bytes: its packet is one short of the limit, on it, and one beyond.
    *[f"SELECT REPEAT('b', {MAX_PAYLOAD - 4 + more})" for more in (-1, 0, 1)],
    f"SELECT REPEAT('c', {2 * MAX_PAYLOAD - 9})",  # twice the limit, with its prefix of 9 bytes
    "INSERT INTO large SELECT seq.n, REPEAT(CHAR(96 + seq.n), 1000000) FROM "
    "(SELECT 2 AS n UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) AS seq",
    "SELECT content FROM large WHERE id > 1 ORDER BY id",
    "DROP TABLE large",
]

TOPICS = {
    "types": TYPES,
    "prepared": PREPARED,
    "multiple results": MULTIPLE_RESULTS,
    "transactions": TRANSACTIONS,
    "large rows": LARGE,
}


@pytest.fixture(params=["plain", "tls"])
def tls(request):
    return request.param == "tls"


@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request):
    return request.param


def addresses(server, proxy):
    """Where to connect: to the server itself, and to the proxy."""
    return [(server.host, server.port), (proxy.host, proxy.port)]


def transcripts(client, server, proxy, statements, **options):
    """What the client was told directly, and through the proxy; each beginning with an empty database."""
    told = []
    for host, port in addresses(server, proxy):
        server.fresh_database()
        told.append(client.run(Target(host, port, **options), statements))
    return told


def assert_equal(direct, proxied):
    for position, (one, other) in enumerate(zip(direct, proxied)):
        assert one == other, f"differs at {position}"
    assert direct == proxied


@pytest.mark.parametrize("topic", TOPICS)
def test_a_client_is_told_the_same_through_the_proxy(server, shared_proxy, client, tls, topic):
    direct, proxied = transcripts(client, server, shared_proxy, TOPICS[topic], tls=tls)
    assert len(direct) >= len(TOPICS[topic])
    assert_equal(direct, proxied)


def test_prepared_statements_with_parameters_are_told_the_same(server, shared_proxy, tls):
    direct, proxied = transcripts(NodeMySQL2Binary(), server, shared_proxy, PARAMETERS, tls=tls)
    assert sum("error" in entry for entry in direct) == 1  # the duplicate key
    assert_equal(direct, proxied)


@pytest.mark.parametrize("client", CLIENTS[:4], ids=lambda client: client.name)  # the binary protocol has none
def test_local_infile_is_told_the_same(server, shared_proxy, client, tls, tmp_path):
    few = tmp_path / "few.tsv"
    few.write_text("1\tone\n2\ttwo\n3\t\\N\nx\tbad\n")
    many = tmp_path / "many.tsv"
    many.write_text("".join(f"{n}\t{'m' * (n % 97)}\n" for n in range(10, 200000)))
    empty = tmp_path / "empty.tsv"
    empty.touch()
    statements = [
        "CREATE TABLE loaded (id INT, name VARCHAR(100))",
        f"LOAD DATA LOCAL INFILE '{few}' INTO TABLE loaded",
        f"LOAD DATA LOCAL INFILE '{many}' INTO TABLE loaded",
        f"LOAD DATA LOCAL INFILE '{empty}' INTO TABLE loaded",
        "SELECT COUNT(*), SUM(id), SUM(LENGTH(name)) FROM loaded",
        f"LOAD DATA LOCAL INFILE '{few}' INTO TABLE no_such_table",
        "SELECT 'still here'",
    ]
    direct, proxied = transcripts(client, server, shared_proxy, statements, tls=tls)
    assert "199994" in str(direct)
    assert_equal(direct, proxied)


def test_local_infile_of_a_missing_file_is_told_the_same(server, shared_proxy):
    statements = [
        "CREATE TABLE loaded (id INT)",
        "LOAD DATA LOCAL INFILE '/no/such/file' INTO TABLE loaded",
        "SELECT COUNT(*) FROM loaded",
    ]
    for client in CLIENTS[:2]:
        assert_equal(*transcripts(client, server, shared_proxy, statements))


def session_waiting(server, marker, gone=None):
    """The id of the session that waits in a statement with this text in it; a killed one may linger."""
    query = "SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND COMMAND <> 'Prepare'"
    query += f" AND INFO LIKE '%{marker}%'"
    if gone is not None:
        query += f" AND ID <> {gone}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        rows = server.execute(query)
        if rows:
            return rows[0][0]
        time.sleep(0.02)
    raise AssertionError(f"no session waits in {marker}")


@contextlib.contextmanager
def locked_row(server):
    """A row of table held, locked by a session of its own."""
    server.execute("CREATE TABLE held (id INT PRIMARY KEY, n INT); INSERT INTO held VALUES (1, 1)", "bankroll")
    with contextlib.closing(server.connect(database="bankroll")) as connection:
        connection.query("BEGIN")
        connection.query("SELECT * FROM held FOR UPDATE")
        yield


rounds = itertools.count(1)


@pytest.mark.parametrize("kill", ["KILL QUERY", "KILL CONNECTION"])
def test_a_second_connection_kills(server, shared_proxy, client, tls, kill):
    marker = f"killed {next(rounds)}"  # sessions killed by the tests before may linger, too
    waits = f"UPDATE held SET n = 2 WHERE id = 1 AND 'to be' <> '{marker}'"
    told = []
    killed = None
    for host, port in addresses(server, shared_proxy):
        target = Target(host, port, tls=tls)
        server.fresh_database()
        victim = []
        with locked_row(server):
            thread = threading.Thread(
                target=lambda: victim.extend(client.run(target, ["SELECT 1", waits, "SELECT 2"]))
            )
            thread.start()
            killed = session_waiting(server, f"UPDATE held SET%{marker}_", gone=killed)
            killer = client.run(target, [f"{kill} {killed}"])
            thread.join(60)
            assert not thread.is_alive(), killer
        told.append([str([victim, killer]).replace(f"{kill} {killed}", f"{kill} ID")])
    assert re.search("interrupted|[Ll]ost connection|gone away|ECONNRESET|closed", told[0][0]), told[0][0]
    assert_equal(*told)


def test_tls_is_used_through_the_proxy_where_the_client_asks_for_it(server, shared_proxy, client, tls):
    target = Target(shared_proxy.host, shared_proxy.port, tls=tls)
    transcript = str(client.run(target, ["SHOW SESSION STATUS LIKE 'Ssl_version'"]))
    assert ("TLSv1" in transcript) == tls


def test_a_wrong_password_is_told_the_same(server, shared_proxy, client, tls):
    server.execute("DROP USER IF EXISTS 'guest'@'%'; CREATE USER 'guest'@'%' IDENTIFIED BY 'right'")
    direct, proxied = transcripts(
        client, server, shared_proxy, ["SELECT 1"], tls=tls, user="guest", password="wrong"
    )
    assert "1045" in str(direct) and "Access denied" in str(direct)
    assert_equal(direct, proxied)


def test_an_unknown_database_is_told_the_same(server, shared_proxy, client):
    direct, proxied = transcripts(client, server, shared_proxy, ["SELECT 1"], database="no_such_database")
    assert "1049" in str(direct)
    assert_equal(direct, proxied)


def test_caching_sha2_password_with_a_cold_and_a_warm_cache(mysql, proxy, client, tls):
    mysql.fresh_database()
    mysql.execute(
        "DROP USER IF EXISTS 'sha2'@'%'; CREATE USER 'sha2'@'%' IDENTIFIED WITH caching_sha2_password"
        " BY 'secret pass'; GRANT ALL ON bankroll.* TO 'sha2'@'%'"
    )
    through = proxy(mysql)
    for host, port in addresses(mysql, through):
        target = Target(host, port, tls=tls, user="sha2", password="secret pass")
        mysql.execute("FLUSH PRIVILEGES")  # empties the cache
        cold = client.run(target, ["SELECT CURRENT_USER()"])
        warm = client.run(target, ["SELECT CURRENT_USER()"])
        assert "sha2@%" in str(cold)
        assert_equal(cold, warm)


@pytest.mark.parametrize("client", [CLIENTS[0], PyMySQL()], ids=lambda client: client.name)
def test_ed25519_authentication(mariadb, proxy, client, tls):
    mariadb.fresh_database()
    mariadb.execute(
        "CREATE OR REPLACE USER 'edward'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('secret');"
        " GRANT ALL ON bankroll.* TO 'edward'@'%'"
    )
    through = proxy(mariadb)
    for password, expected in (("secret", "edward@%"), ("wrong", "1045")):
        direct, proxied = transcripts(
            client,
            mariadb,
            through,
            ["SELECT CURRENT_USER()"],
            tls=tls,
            user="edward",
            password=password,
        )
        assert expected in str(direct)
        assert_equal(direct, proxied)


def test_the_connection_id_is_that_of_the_server(server, shared_proxy):
    with contextlib.closing(shared_proxy.connect()) as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT CONNECTION_ID()")
            assert cursor.fetchone() == (connection.thread_id(),)
            with contextlib.closing(server.connect()) as direct:
                assert connection.get_server_info() == direct.get_server_info()


def test_unix_sockets_on_either_side(server, proxy, client):
    server.fresh_database()
    # Not in tmp_path: the name of a socket may have no more than 107 bytes.
    listener = server.directory / f"{client.name}.socket"
    through = proxy(
        server,
        url=f"mysql://root@localhost/bankroll?unix_socket={server.socket}",
        options=("--listen", f"unix:{listener}"),
    )
    assert through.socket == str(listener)
    statements = ["CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1), (2)", "SELECT * FROM t", "DROP TABLE t"]
    direct = client.run(Target(socket=server.socket), statements)
    proxied = client.run(Target(socket=through.socket), statements)
    assert_equal(direct, proxied)


def write_local(repo, settings):
    (repo / "ddltap" / "local.ini").write_text(settings)


def test_each_client_reaches_the_server_by_its_own_kind_of_connection(server, proxy, client, tmp_path):
    server.fresh_database()
    listener = server.directory / f"{client.name}.kind.socket"
    repo = make_repository(tmp_path / "kinds")
    init(repo, server.url())
    write_local(repo, f"[proxy]\nupstream_socket = unix:{server.socket}\n")
    through = proxy(server, repo=repo, options=("--listen", f"127.0.0.1:0,unix:{listener}"))
    server.execute("DROP USER IF EXISTS 'kind'@'%'; CREATE USER 'kind'@'%' IDENTIFIED BY 'a'")
    server.execute("GRANT ALL ON bankroll.* TO 'kind'@'%'")
    # A client of a socket is "localhost" to the server, one of TCP a host with a port.
    ask = (
        "SELECT IF(HOST LIKE '%:%', 'by TCP', 'by a socket') AS kind FROM information_schema.PROCESSLIST"
        " WHERE ID = CONNECTION_ID()"
    )
    places = [
        (dict(socket=server.socket), dict(socket=str(listener)), "by a socket"),
        (dict(host=server.host, port=server.port), dict(host="127.0.0.1", port=through.port), "by TCP"),
    ]
    for *both, kind in places:
        direct, proxied = (Target(**place, user="kind", password="a") for place in both)
        server.execute("FLUSH PRIVILEGES")  # MySQL forgets who has logged in: the whole exchange is needed
        said = client.run(proxied, [ask])
        assert kind in str(said)
        assert_equal(client.run(direct, [ask]), said)


def test_an_upstream_socket_is_a_socket(server, tmp_path):
    server.fresh_database()
    repo = make_repository(tmp_path / "wrong")
    init(repo, server.url())
    write_local(repo, "[proxy]\nupstream_socket = 127.0.0.1:3306\n")
    done = ddltap(repo, "proxy")
    assert done.returncode == 2, done
    assert 'proxy.upstream_socket is "127.0.0.1:3306", which is no Unix socket. Set it to unix:/' in done.stderr


def has_ipv6_loopback():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def test_an_ipv6_listener(server, proxy, client):
    if not has_ipv6_loopback():
        pytest.skip("this machine has no ::1")
    server.fresh_database()
    through = proxy(server, options=("--listen", "[::1]:0"))
    assert through.host == "::1"
    statements = ["SELECT 1", "CREATE TABLE t (id INT)", "SELECT * FROM t"]
    direct = client.run(Target(server.host, server.port), statements)
    server.fresh_database()
    proxied = client.run(Target(through.host, through.port), statements)
    assert_equal(direct, proxied)


def test_an_upstream_that_is_away_is_named_in_the_error(server, proxy, client):
    # A proxy in front of a server, behind a relay that we can take away.
    server.fresh_database()
    with Relay(server) as relay:
        through = proxy(server, url=f"mysql://root@127.0.0.1:{relay.port}/bankroll")
        assert "error" not in str(client.run(Target(through.host, through.port), ["SELECT 1"])).lower()
    transcript = str(client.run(Target(through.host, through.port), ["SELECT 1"]))
    assert f"127.0.0.1:{relay.port}" in transcript, transcript
    assert re.search(r"\b1\d\d\d\b", transcript), transcript  # of a server: 2000 and more are of clients


class Relay:
    """Carries connections to a server, seen by it to come from an address of our choice."""

    def __init__(self, server, source="127.0.0.1"):
        self.server = server
        self.source = source
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        self.sockets = []

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # shutdown() wakes the thread in accept(); close() alone would leave the port open.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                upstream = socket.create_connection(
                    (self.server.host, self.server.port), source_address=(self.source, 0)
                )
                self.sockets += [client, upstream]
                for one, other in ((client, upstream), (upstream, client)):
                    threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(source, destination):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                destination.sendall(data)
        with contextlib.suppress(OSError):
            destination.shutdown(socket.SHUT_WR)


def open_and_close(port, times):
    """One after the other: of those that are under way while the machine pauses, the server may count a few."""
    for _ in range(times):
        with socket.create_connection(("127.0.0.1", port)):
            pass
        time.sleep(0.05)


def test_an_early_client_abort_does_not_burn_max_connect_errors(server, proxy):
    server.fresh_database()
    server.execute(
        "SET GLOBAL max_connect_errors = 10; FLUSH HOSTS"
        if server.is_mariadb
        else "SET GLOBAL max_connect_errors = 10; TRUNCATE performance_schema.host_cache"
    )
    server.execute("CREATE USER IF NOT EXISTS 'far'@'%' IDENTIFIED BY 'away'; GRANT ALL ON *.* TO 'far'@'%'")
    # From 127.0.0.2, since 127.0.0.1 is an address that servers never block.
    with Relay(server, source="127.0.0.2") as relay:
        through = proxy(server, url=f"mysql://far:away@127.0.0.1:{relay.port}/bankroll")
        open_and_close(through.port, 40)
        with contextlib.closing(through.connect("far", "away")) as connection:
            connection.ping(reconnect=False)
    server.execute("SET GLOBAL max_connect_errors = 100")


def packet(payload, sequence=0):
    return struct.pack("<I", len(payload))[:3] + bytes([sequence]) + payload


COM_QUERY = b"\x03"

PIPELINED = [
    "INSERT INTO t VALUES (1)",
    "SELECT * FROM t",
    "ALTER TABLE t ADD COLUMN late INT",
    "SELECT * FROM t",
    "SELECT bogus",
    "CREATE TABLE u (id INT)",
    "DROP TABLE u",
    "SELECT REPEAT('x', 100000)",
    "SELECT 'last'",
]


def pipeline(connection, statements):
    """Sends all statements at once, then reads all answers."""
    connection.query("CREATE TABLE t (id INT)")
    connection._sock.sendall(b"".join(packet(COM_QUERY + text.encode()) for text in statements))
    told = []
    for _ in statements:
        connection._next_seq_id = 1
        try:
            connection._read_query_result()
            told.append(PyMySQL.result(connection))
        except pymysql.MySQLError as error:
            told.append(("error", *error.args))
    return told


def test_pipelined_commands_are_answered_in_order(server, proxy, tls):
    server.fresh_database()
    through = proxy(server)
    told = []
    for host, port in addresses(server, through):
        server.fresh_database()
        with contextlib.closing(PyMySQL().connect(Target(host, port, tls=tls))) as connection:
            told.append(pipeline(connection, PIPELINED))
    assert "last" in str(told[0][-1])
    assert_equal(*told)
    assert len(through.wait_for_drafts(4)) == 4  # CREATE t, ALTER t, CREATE u, DROP u
