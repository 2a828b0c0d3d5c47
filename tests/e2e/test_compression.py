"""Compressed sessions, zlib and zstd: clients are told the same through the proxy, stay compressed on both legs, and
their schema changes are captured."""

import re
import sqlite3

import pytest

from clients import MariaDBClient, MySQLClient, NodeMySQL2, NodeMySQL2Binary, Target
from test_clients import LARGE, MULTIPLE_RESULTS, PARAMETERS, TRANSACTIONS, TYPES, assert_equal, transcripts

# Who can compress, and how; MariaDB has no zstd.
WAYS = [
    (MariaDBClient(), "zlib"),
    (MySQLClient(), "zlib"),
    (MySQLClient(), "zstd"),
    (NodeMySQL2(), "zlib"),
]
COMPRESSED = "SHOW STATUS LIKE 'Compression'"
TOPICS = {
    "types": TYPES,
    "multiple results": MULTIPLE_RESULTS,
    "transactions": TRANSACTIONS,
    "large rows": LARGE,
}


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0].name}-{way[1]}")
def way(request, server):
    client, compression = request.param
    if compression == "zstd" and server.kind == "mariadb":
        return MySQLClient(), "zlib,zstd"  # MariaDB takes what it knows
    return client, compression


@pytest.fixture(params=["plain", "tls"])
def tls(request):
    return request.param == "tls"


def assert_compressed(told):
    """The answer to COMPRESSED is among what was told."""
    assert re.search(r"Compression\W+ON\b", str(told)), told


def assert_not_raw(proxy):
    assert "relayed raw" not in proxy.said()


@pytest.mark.parametrize("topic", TOPICS)
def test_a_compressed_client_is_told_the_same(server, shared_proxy, way, tls, topic):
    client, compression = way
    statements = [COMPRESSED, *TOPICS[topic]]
    direct, proxied = transcripts(client, server, shared_proxy, statements, tls=tls, compression=compression)
    assert_equal(direct, proxied)
    assert_compressed(proxied)
    assert_not_raw(shared_proxy)


def test_compressed_prepared_statements_are_told_the_same(server, shared_proxy, tls):
    client = NodeMySQL2Binary()
    direct, proxied = transcripts(client, server, shared_proxy, PARAMETERS, tls=tls, compression="zlib")
    assert_equal(direct, proxied)
    assert_not_raw(shared_proxy)


def test_compressed_local_infile_is_told_the_same(server, shared_proxy, way, tmp_path):
    client, compression = way
    many = tmp_path / "many.tsv"
    many.write_text("".join(f"{n}\t{'m' * (n % 97)}\n" for n in range(30000)))
    empty = tmp_path / "empty.tsv"
    empty.touch()
    statements = [
        "CREATE TABLE loaded (id INT, name VARCHAR(100))",
        f"LOAD DATA LOCAL INFILE '{many}' INTO TABLE loaded",
        f"LOAD DATA LOCAL INFILE '{empty}' INTO TABLE loaded",
        f"LOAD DATA LOCAL INFILE '{many}' INTO TABLE no_such_table",
        "SELECT COUNT(*), SUM(id), SUM(LENGTH(name)) FROM loaded",
        "SELECT 'still here'",
    ]
    direct, proxied = transcripts(client, server, shared_proxy, statements, compression=compression)
    assert "30000" in str(direct)
    assert_equal(direct, proxied)
    assert_not_raw(shared_proxy)


def test_ddl_of_a_compressed_session_is_captured(server, proxy, way, tls):
    client, compression = way
    server.fresh_database()
    running = proxy(server)
    long_comment = "/* " + "x" * 300000 + " */"
    told = client.run(
        Target(running.host, running.port, tls=tls, compression=compression),
        [
            COMPRESSED,
            "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(20))",
            "INSERT INTO users VALUES (1, 'anna'); ALTER TABLE users ADD COLUMN age INT; SELECT * FROM users",
            "ALTER TABLE users ADD COLUMN age INT",  # fails: no draft
            f"ALTER TABLE users {long_comment} DROP COLUMN age",
            "SELECT 'still here' FROM users",
        ],
    )
    assert_compressed(told)
    assert "still here" in str(told)
    drafts = running.wait_for_drafts(3, seconds=90)
    for draft, piece in zip(drafts, ["CREATE TABLE users", "ADD COLUMN age", "DROP COLUMN age"]):
        assert piece in draft.path.read_text()
    assert_not_raw(running)


def test_a_refusal_is_read_as_the_error_it_is(server, proxy, way):
    client, compression = way
    server.fresh_database()
    running = proxy(server)
    journal = sqlite3.connect(running.repo / "ddltap/state/journal.sqlite", isolation_level=None)
    journal.execute("BEGIN IMMEDIATE")  # nobody else can write to it
    told = client.run(
        Target(running.host, running.port, compression=compression),
        [COMPRESSED, "CREATE TABLE users (id INT PRIMARY KEY)", "SELECT 'still here'"],
    )
    journal.execute("ROLLBACK")
    journal.close()
    assert_compressed(told)
    assert "ddltap" in str(told) and "still here" in str(told), told
    assert server.execute("SHOW TABLES FROM bankroll") == ()
