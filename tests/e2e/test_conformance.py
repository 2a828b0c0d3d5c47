"""Byte identity: each script of sessions.py runs directly and through ddltap, which captures; compared are

    1. what the client saw in one run and in the other: every packet, its head too, in its order;
    2. what the client and the server saw of the run through ddltap: the bytes of each direction. Only ddltap's
       questions and their answers may be more, and only in sessions with DDL.

docs/conformance.md lists what may differ, and which session is about what.
"""

import contextlib
import struct

import pytest

from conftest import proxy_factory, stop_all
from proxy import init, make_repository
from recorder import Differs, Recorder, clear_in_greeting, compare_events, compare_raw, compare_sides
from run_session import Aside, masked, prepare_server, run_session
from servers import Server
from sessions import BINARY_LOG, LONGLONG, MARIADB_BULK, SESSIONS, bulk_payload
from wire import (
    COM_SHUTDOWN, COM_STMT_BULK_EXECUTE, COMPRESS, ERROR, EVERYTHING, PLAIN, Client, Closed, error_code,
)

# The bits that ddltap clears in the greeting and in the client's response: see docs/conformance.md.
CLEARED = 0
TEXT_LIMIT = 4 << 20  # capture.text_limit: longer DDL is relayed unseen
BY_NAME = {session.name: session for session in SESSIONS}


class Bench:
    """A server, ddltap in front of it, and the recorder between them."""

    def __init__(self, kind, directory):
        self.server = Server(kind, *BINARY_LOG[kind])
        prepare_server(self.server)
        self.recorder = Recorder(self.server.host, self.server.port)
        start, self.started = proxy_factory(directory)
        repo = make_repository(directory / "project")
        init(repo, f"mysql://root@127.0.0.1:{self.recorder.port}/bankroll")
        with (repo / "ddltap" / "config.ini").open("a") as config:
            config.write(f"\n[capture]\ntext_limit = {TEXT_LIMIT}\n")
        self.proxy = start(self.server, repo=repo)

    def close(self):
        stop_all(self.started)
        self.recorder.close()
        self.server.stop()

    def runs(self, session):
        return self.server.kind.partition("-")[0] in session.servers

    def sides(self, client):
        """Compares both sides of a session through ddltap; gives the questions."""
        return compare_sides(client.events, self.recorder.find(client.connection_id), CLEARED)

    def compare(self, session, eof, more=0):
        """more: capabilities beyond those that the session wants."""
        if not self.runs(session):
            return
        directly = run_session(session, self.server, self.server, eof, more)
        directly.close()
        client = run_session(session, self.server, self.proxy, eof, more)
        with contextlib.closing(client):
            expected = clear_in_greeting(masked(session, directly), CLEARED)
            compare_events(expected, masked(session, client), ("directly", "by ddltap"))
            if client.tls:
                return  # the recorder cannot read it
            if not client.compressed:
                questions = self.sides(client)
                assert session.ddl is None or bool(questions) == session.ddl, questions
            elif session.ddl is False:
                compare_raw(client, self.recorder.find(client.connection_id))
        self.recorder.forget()


@pytest.fixture(scope="module", params=sorted(BINARY_LOG))
def bench(request, tmp_path_factory):
    made = Bench(request.param, tmp_path_factory.mktemp("conformance"))
    yield made
    made.close()


@pytest.mark.parametrize(
    "session, eof",
    [
        pytest.param(session, eof, id=f"{session.name}-{'deprecate_eof' if eof else 'eof'}")
        for session in SESSIONS
        for eof in session.eof
    ],
)
def test_both_sides_see_the_same_as_directly(bench, session, eof):
    bench.compare(session, eof)


# Sessions about the shapes of answers, which the other capabilities of a client may change.
ABOUT_SHAPES = ("query_", "prepare_", "execute_", "cursor_", "out_", "infile", "field_", "ok_", "ddl", "bulk_")
SHAPES = [
    session
    for session in SESSIONS
    if session.name.startswith(ABOUT_SHAPES)
    and session.name not in ("ddl_too_long", "infile_many_packets", "infile_not_wanted", "execute_known_types")
]


@pytest.mark.parametrize("eof", [False, True], ids=["eof", "deprecate_eof"])
@pytest.mark.parametrize("session", SHAPES, ids=lambda session: session.name)
def test_with_every_capability_that_the_server_offers(bench, session, eof):
    bench.compare(session, eof, EVERYTHING)


@pytest.mark.parametrize("session", SHAPES, ids=lambda session: session.name)
def test_compressed(bench, session):
    """zlib; Python has no zstd. LOCAL INFILE: see test_clients.py."""
    if not session.name.startswith("infile"):
        bench.compare(session, True, COMPRESS)


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE made (id INT)", "CREATE TABLE made AS SELECT ? AS id", "ALTER TABLE items ADD COLUMN made INT",
            "DROP TABLE items", "CALL none_such(?)"]
)
def test_no_server_takes_ddl_in_bulk(bench, sql):
    """So ddltap does not look for any in COM_STMT_BULK_EXECUTE."""
    client = Client(bench.server.host, bench.server.port, PLAIN | MARIADB_BULK, b"root", database=b"bankroll")
    with contextlib.closing(client):
        statement = client.prepare(sql) or 0
        client.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG,), [(struct.pack("<q", 1),)]))
        assert error_code(client.events[-1][1][4:]) == (1295 if client.mariadb else 1047)


def test_the_server_has_no_room(bench):
    """The first packet is an error, without SQLSTATE."""
    aside = Aside(bench.server)
    holder, crowd = aside.connect(), []
    limit = holder.query("SELECT @@max_connections")[-2][1:]
    holder.query("SET GLOBAL max_connections = 10")
    try:
        while not crowd or not crowd[-1].refused:
            crowd.append(aside.connect())
        refused = crowd[-1]
        client = Client(bench.proxy.host, bench.proxy.port)
        while not client.refused:  # a session that was just leaving made room
            crowd.append(client)
            client = Client(bench.proxy.host, bench.proxy.port)
        with contextlib.closing(client):
            compare_events(refused.events, client.events, ("directly", "by ddltap"))
            assert client.read_until_closed() == []
    finally:
        holder.query(b"SET GLOBAL max_connections = " + limit)
        for other in (holder, *crowd):
            other.close()


# --- that the comparison can fail ---------------------------------------------------------------------------------

PING = b"\x09\x00\x00\x00\x03SELECT 1"


@pytest.mark.parametrize(
    "way, old, new",
    [
        pytest.param("S", b"three", b"thrEe", id="row"),
        pytest.param("S", b"\x05\x00\x00\x05\xfe", b"\x05\x00\x00\x06\xfe", id="sequence of an answer"),
        pytest.param("S", b"\x05\x00\x00\x05\xfe\x00\x00\x02", b"\x05\x00\x00\x05\xfe\x01\x00\x02", id="warnings"),
        pytest.param("C", b"SELECT note", b"SELECT NOTE", id="text of a command"),
        pytest.param("C", PING, b"\x05\x00\x00\x00\x03DO 1" + PING, id="a command more"),
    ],
)
def test_a_changed_byte_is_found(bench, way, old, new):
    changed = []

    def tamper(direction, data):
        if direction == way and old in data:
            changed.append(data)
            return data.replace(old, new)
        return data

    bench.recorder.tamper = tamper
    try:
        client = run_session(BY_NAME["query_rows"], bench.server, bench.proxy, False)
    finally:
        bench.recorder.tamper = None
    with contextlib.closing(client):
        assert changed
        with pytest.raises(Differs):
            bench.sides(client)


# --- the end, of which there is one for each server ---------------------------------------------------------------


def test_the_server_is_shut_down(bench):
    """By COM_SHUTDOWN where that still is a command. Sessions that wait, directly and through ddltap, are told alike."""
    directly = Client(bench.server.host, bench.server.port)
    waiting = Client(bench.proxy.host, bench.proxy.port)
    last = Client(bench.proxy.host, bench.proxy.port)
    if last.command(COM_SHUTDOWN, b"\0")[0][0] == ERROR:
        last.query("SHUTDOWN")
    for client in (last, waiting, directly):
        client.read_until_closed()
    session = BY_NAME["killed"]
    compare_events(masked(session, directly), masked(session, waiting), ("directly", "by ddltap"))
    for client in (waiting, last):
        assert bench.sides(client) == []
