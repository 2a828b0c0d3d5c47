"""The scripted sessions of the conformance tests: every command and every shape of its answer.

A session is a function of a wire.Client that has logged in, and of an `aside`: what the script does by another
connection, which is never recorded. The same script runs directly and through ddltap.
"""

import struct
from dataclasses import dataclass, field

import recorder
from wire import *  # noqa: F403: the vocabulary of the protocol

BOTH = ("mariadb", "mysql")

TABLES = (
    "CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50), note LONGTEXT)",
    "INSERT INTO items VALUES (1, 'one', ''), (2, 'two', NULL), (3, '', 'three')",
    "CREATE TABLE kinds (i TINYINT, u BIGINT UNSIGNED, f FLOAT, d DOUBLE, m DECIMAL(10,3), s VARCHAR(20),"
    " b VARBINARY(20), t TIME(6), dt DATETIME(6), da DATE, y YEAR, e ENUM('a','b'), bi BIT(9), j JSON, g POINT)",
    "INSERT INTO kinds VALUES (-1, 18446744073709551615, 1.5, 2.25, 12.345, 'äß', x'00ff', '-12:34:56.789',"
    " '2026-11-22 10:15:00.5', '2026-11-22', 2026, 'b', b'100000001', '{\"a\": 1}', POINT(1, 2)),"
    " (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "CREATE PROCEDURE results() BEGIN SELECT 1; SELECT id, name FROM items; END",
    "CREATE PROCEDURE gives(IN a INT, OUT b INT, INOUT c VARCHAR(20))"
    " BEGIN SET b = a + 1; SET c = CONCAT(c, '!'); SELECT a; END",
    "CREATE TABLE scratch (id INT PRIMARY KEY AUTO_INCREMENT, v LONGBLOB, w VARCHAR(100))",
)

ACCOUNTS = (
    "DROP USER IF EXISTS nobody, secret, other",
    "CREATE USER nobody",
    "GRANT SELECT ON bankroll.* TO nobody",
    "CREATE USER secret IDENTIFIED BY 'Secret-1'",
    "GRANT ALL ON *.* TO secret",
)

# Options of the servers: what the sessions of a replica need.
BINARY_LOG = {
    "mariadb": ("--log-bin", "--server-id=1"),
    "mysql": ("--server-id=1", "--gtid-mode=ON", "--enforce-gtid-consistency"),
}


@dataclass
class Session:
    """One script. golden: it is kept in tests/golden (every reply is the same each time it is recorded)."""

    name: str
    run: object
    story: str
    servers: tuple = BOTH
    want: int = 0  # capabilities beyond PLAIN
    without: int = 0  # capabilities of PLAIN that are not wanted
    setup: tuple = ()
    masks: tuple = ()
    ddl: bool = False  # ddltap must have held something, and asked
    eof: tuple = (False, True)  # values of DEPRECATE_EOF
    golden: tuple = ()  # values of DEPRECATE_EOF
    login: dict = field(default_factory=dict)
    whole: bool = True  # the client reads all that the server sends


SESSIONS = []


def session(**options):
    def note(function):
        story = " ".join(function.__doc__.split())
        SESSIONS.append(Session(function.__name__, function, story, **options))
        return function

    return note


def number(value):
    return (LONGLONG, struct.pack("<q", value))


def string(value):
    return (VAR_STRING, text(value))


EMPTY_SCRATCH = ("TRUNCATE bankroll.scratch",)

# --- COM_QUERY ----------------------------------------------------------------------------------------------------


@session(golden=(False, True))
def query_rows(c, aside):
    """COM_QUERY: result sets: rows with NULL and empty values first, no rows, one column."""
    c.query("SELECT note, name, id FROM items ORDER BY id")
    c.query("SELECT id, name FROM items WHERE id > 100")
    c.query("SELECT ''")
    c.query("SELECT NULL, NULL")
    c.query("SELECT 1")


@session()
def query_kinds(c, aside):
    """COM_QUERY: text rows of every basic type."""
    c.query("SELECT * FROM kinds")


@session(golden=(False,), setup=EMPTY_SCRATCH)
def query_ok_and_error(c, aside):
    """COM_QUERY: OK with counts, an insert id, a message, warnings; errors of syntax and of names."""
    c.query("INSERT INTO scratch (w) VALUES ('a'), ('b')")
    c.query("UPDATE scratch SET w = 'c'")
    c.query("UPDATE scratch SET w = 'c'")
    c.query("DELETE FROM scratch")
    c.query("SELEC 1")
    c.query("SELECT * FROM missing")
    c.query("")
    c.query("DO 1/0")
    c.query("SELECT 1/0, CAST('x' AS SIGNED)")
    c.query("SHOW WARNINGS")


@session(golden=(False,))
def query_error_in_rows(c, aside):
    """COM_QUERY: an error after some rows, in place of the end of the result."""
    c.query("SELECT id, (SELECT id FROM items x WHERE x.id < y.id) AS one FROM items y ORDER BY id LIMIT 3")
    c.query("SELECT 1")


@session(golden=(False, True))
def query_many(c, aside):
    """COM_QUERY: several statements in one text: OK, rows, an error within; a procedure's results."""
    c.query("SELECT 1; DO 1; SELECT id FROM items; SET @a = 2")
    c.query("SELECT 1; SELECT * FROM missing; SELECT 2")
    c.query("DO 1; SELEC")
    c.query("CALL results()")
    c.query("SET @x = 'a'; CALL gives(1, @b, @x); SELECT @b, @x")


@session()
def query_wide(c, aside):
    """COM_QUERY: more than 250 columns (a column count of 3 bytes), more than 256 packets (the sequence wraps)."""
    c.query("SELECT " + ", ".join(str(i) for i in range(300)))
    sizes = " UNION ALL ".join(f"SELECT {i} AS i" for i in range(20))
    c.query(f"SELECT a.i, b.i FROM ({sizes}) a, ({sizes}) b ORDER BY 1, 2")
    c.query("SELECT 1")


@session()
def query_not_utf8(c, aside):
    """COM_QUERY: character sets of client and results, zero bytes."""
    c.query("SET NAMES latin1")
    c.query(b"SELECT '\xe4\xf6\xfc'")
    c.query("SET NAMES gbk")
    c.query(b"SELECT '\xd5\x5c', HEX('\xd5\x5c')")
    c.query("SET NAMES utf8mb4")
    c.query(b"SELECT 'a\0b'")


@session(golden=(False,), setup=EMPTY_SCRATCH)
def infile(c, aside):
    """LOCAL INFILE by COM_QUERY: a file in two packets, the empty file, one that the server's table refuses."""
    c.files = {b"two": [b"1\tone\n2\tt", b"wo\n", b""], b"empty": [b""], b"bad": [b"1\tone\n", b""]}
    c.query("LOAD DATA LOCAL INFILE 'two' INTO TABLE scratch (id, w)")
    c.query("LOAD DATA LOCAL INFILE 'empty' INTO TABLE scratch (id, w)")
    c.query("LOAD DATA LOCAL INFILE 'bad' INTO TABLE scratch (id, w)")
    c.query("LOAD DATA LOCAL INFILE 'two' INTO TABLE missing")
    c.query("SELECT id, w FROM scratch")
    c.query("DO 1; LOAD DATA LOCAL INFILE 'empty' INTO TABLE scratch (id, w); SELECT 2")


@session(without=LOCAL_FILES)
def infile_not_wanted(c, aside):
    """LOCAL INFILE by a client that has not offered it."""
    c.query("LOAD DATA LOCAL INFILE 'two' INTO TABLE scratch (id, w)")


# --- prepared statements ------------------------------------------------------------------------------------------


@session(golden=(False, True))
def prepare_shapes(c, aside):
    """COM_STMT_PREPARE: parameters and columns, either, neither, an error, two statements in one."""
    for sql in ("SELECT id, name FROM items WHERE id = ? AND name = ?", "SELECT 1", "DO ?", "DO 1", "SELEC", "DO 1; DO 2"):
        statement = c.prepare(sql)
        if statement is not None:
            c.command(COM_STMT_CLOSE, struct.pack("<I", statement))


@session(golden=(False, True), setup=EMPTY_SCRATCH)
def execute_shapes(c, aside):
    """COM_STMT_EXECUTE: rows, OK, NULL parameters, types told once, errors; COM_STMT_RESET."""
    statement = c.prepare("INSERT INTO scratch (id, w) VALUES (?, ?)")
    c.execute(statement, [number(1), string(b"one")])
    c.execute(statement, [number(2), (VAR_STRING, None)])
    c.execute(statement, [number(2), string(b"again")])
    c.command(COM_STMT_RESET, struct.pack("<I", statement))
    c.execute(statement, [number(3), string(b"x" * 300)])
    select = c.prepare("SELECT id, w FROM scratch WHERE id < ?")
    c.execute(select, [number(3)])
    c.execute(select, [number(0)])
    c.execute(77, [])
    c.command(COM_STMT_RESET, struct.pack("<I", 77))
    c.command(COM_STMT_CLOSE, struct.pack("<I", 77))
    c.command(COM_STMT_CLOSE, struct.pack("<I", select))
    c.execute(select, [number(3)])


@session(without=QUERY_ATTRIBUTES)
def execute_known_types(c, aside):
    """COM_STMT_EXECUTE whose types an earlier one has told."""
    statement = c.prepare("SELECT ?, ?")
    c.execute(statement, [number(1), string(b"one")])
    c.execute(statement, [number(2), string(b"two")], known=True)


@session()
def execute_kinds(c, aside):
    """COM_STMT_EXECUTE: binary rows of every basic type."""
    c.execute(c.prepare("SELECT * FROM kinds"))


@session(golden=(False, True))
def cursor_and_fetch(c, aside):
    """A cursor: COM_STMT_EXECUTE gives definitions alone, COM_STMT_FETCH rows, the last, and errors."""
    statement = c.prepare("SELECT id, name FROM items ORDER BY id")
    name = struct.pack("<I", statement)
    c.execute(statement, flags=READ_ONLY_CURSOR)
    for count in (1, 1, 10, 1):
        c.command(COM_STMT_FETCH, name + struct.pack("<I", count))
    c.execute(statement, flags=READ_ONLY_CURSOR)
    c.query("SELECT 1")
    c.command(COM_STMT_FETCH, name + struct.pack("<I", 2))
    c.command(COM_STMT_RESET, name)
    c.command(COM_STMT_FETCH, name + struct.pack("<I", 2))
    c.command(COM_STMT_FETCH, struct.pack("<II", 99, 1))
    c.execute(c.prepare("DO 1"), flags=READ_ONLY_CURSOR)
    c.execute(c.prepare("SELECT * FROM items WHERE id > 100"), flags=READ_ONLY_CURSOR)


@session(golden=(False,), setup=EMPTY_SCRATCH)
def long_data(c, aside):
    """COM_STMT_SEND_LONG_DATA has no answer: in two pieces, before an execution; for a parameter that is none."""
    statement = c.prepare("INSERT INTO scratch (v) VALUES (?)")
    piece = struct.pack("<IH", statement, 0)
    c.send_only(COM_STMT_SEND_LONG_DATA, piece + b"abc")
    c.send_only(COM_STMT_SEND_LONG_DATA, piece + b"def")
    c.execute(statement, [(BLOB, b"")])
    c.send_only(COM_STMT_SEND_LONG_DATA, struct.pack("<IH", statement, 5) + b"abc")
    c.execute(statement, [(BLOB, text(b"x"))])
    c.send_only(COM_STMT_SEND_LONG_DATA, struct.pack("<IH", 99, 0) + b"abc")
    c.query("SELECT v FROM scratch ORDER BY id")


@session(golden=(False, True))
def out_parameters(c, aside):
    """OUT and INOUT parameters of a prepared CALL: a result set of their own, marked PS_OUT_PARAMS."""
    statement = c.prepare("CALL gives(?, ?, ?)")
    c.execute(statement, [number(1), (LONGLONG, None), string(b"hey")])
    c.execute(c.prepare("CALL results()"))
    c.query("SELECT 1")


@session(setup=EMPTY_SCRATCH)
def infile_binary(c, aside):
    """LOCAL INFILE by COM_STMT_EXECUTE, where the server prepares it at all."""
    c.files = {b"two": [b"1\tone\n2\t", b"two\n", b""], b"empty": [b""]}
    for name in ("two", "empty", "two"):
        statement = c.prepare(f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE scratch (id, w)")
        if statement is not None:
            c.execute(statement)
    c.query("SELECT id, w FROM scratch")


@session(golden=(False,), servers=("mariadb",), want=MARIADB_BULK, setup=EMPTY_SCRATCH)
def execute_last(c, aside):
    """COM_STMT_EXECUTE of 0xFFFFFFFF, the statement prepared last, in one write with its PREPARE."""
    run = bytes([COM_STMT_EXECUTE]) + c.execute_payload(0xFFFFFFFF)
    for sql in ("SELECT id, name FROM items", "INSERT INTO scratch (w) VALUES ('x')", "SELEC"):
        c.send_bytes(*packets(bytes([COM_STMT_PREPARE]) + sql.encode()), *packets(run))
        c.answer(COM_STMT_PREPARE)
        c.answer(COM_STMT_EXECUTE)


@session(ddl=True, servers=("mariadb",), want=MARIADB_BULK, setup=("DROP TABLE IF EXISTS bankroll.made",))
def execute_last_ddl(c, aside):
    """The same for DDL, which is held and asked about."""
    run = bytes([COM_STMT_EXECUTE]) + c.execute_payload(0xFFFFFFFF)
    for sql in ("CREATE TABLE made (id INT)", "CREATE TABLE made (id INT)", "DROP TABLE made"):
        c.send_bytes(*packets(bytes([COM_STMT_PREPARE]) + sql.encode()), *packets(run))
        c.answer(COM_STMT_PREPARE)
        c.answer(COM_STMT_EXECUTE)


def bulk_payload(statement, kinds, rows, flags=128):
    """COM_STMT_BULK_EXECUTE: kinds of the columns; rows of encoded values, None is NULL."""
    types = b"".join(struct.pack("<H", kind) for kind in kinds)
    values = b"".join(b"\x01" if value is None else b"\0" + value for row in rows for value in row)
    return struct.pack("<IH", statement, flags) + types + values


@session(golden=(False,), want=MARIADB_BULK | MARIADB_UNIT_RESULTS, setup=EMPTY_SCRATCH)
def bulk_execute(c, aside):
    """COM_STMT_BULK_EXECUTE: rows with NULL, an error within, RETURNING; a server without it says so."""
    statement = c.prepare("INSERT INTO scratch (id, w) VALUES (?, ?)")
    rows = [(struct.pack("<q", 1), text(b"a")), (struct.pack("<q", 2), None), (struct.pack("<q", 3), text(b"c"))]
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), rows))
    if not c.mariadb:
        return
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), rows[2:]))
    # Unit results are wanted by a flag; servers before 11.5 do not know it.
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), rows[2:], 128 | 64))
    returning = c.prepare("INSERT INTO scratch (w) VALUES (?) RETURNING id, w")
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(returning, (VAR_STRING,), [(text(b"x"),), (text(b"y"),)]))
    c.query("SELECT id, w FROM scratch ORDER BY id")


@session(servers=("mariadb",), want=MARIADB_BULK, setup=("DROP TABLE IF EXISTS bankroll.made",))
def bulk_execute_ddl(c, aside):
    """COM_STMT_BULK_EXECUTE of what has no parameters, DDL too."""
    for sql in ("CREATE TABLE made (id INT)", "DO 1", "SELECT 1"):
        statement = c.prepare(sql)
        c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (), []))
    statement = c.prepare("SELECT ?")
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG,), [(struct.pack("<q", 1),)]))
    c.query("SHOW TABLES LIKE 'made'")


# --- other commands -----------------------------------------------------------------------------------------------


@session(golden=(False,))
def field_list(c, aside):
    """COM_FIELD_LIST: definitions with defaults, a pattern, no such table."""
    c.command(COM_FIELD_LIST, b"items\0")
    c.command(COM_FIELD_LIST, b"items\0na%")
    c.command(COM_FIELD_LIST, b"items\0nothing")
    c.command(COM_FIELD_LIST, b"missing\0")
    c.command(COM_FIELD_LIST, b"no nul")
    c.query("SELECT 1")


@session(masks=(recorder.mask_numbers,))
def statistics(c, aside):
    """COM_STATISTICS: one packet of bare text, again behind another command."""
    c.command(COM_STATISTICS)
    c.command(COM_PING)
    c.command(COM_STATISTICS)


@session(masks=(recorder.mask_process_info,))
def process_info(c, aside):
    """COM_PROCESS_INFO: a result set, or an error where it is gone."""
    c.command(COM_PROCESS_INFO)
    c.command(COM_PING)


@session(golden=(False,), setup=("DROP DATABASE IF EXISTS conformance_made",))
def ok_commands(c, aside):
    """PING, INIT_DB, CREATE_DB, DROP_DB, REFRESH, RESET_CONNECTION, DEBUG, SET_OPTION: OK, EOF or an error."""
    c.command(COM_PING)
    c.command(COM_INIT_DB, b"mysql")
    c.command(COM_INIT_DB, b"missing")
    c.command(COM_INIT_DB, b"bankroll")
    c.command(COM_CREATE_DB, b"conformance_made")
    c.command(COM_CREATE_DB, b"conformance_made")
    c.command(COM_DROP_DB, b"conformance_made")
    c.command(COM_DROP_DB, b"conformance_made")
    c.command(COM_REFRESH, b"\x01")
    c.command(COM_DEBUG)
    c.command(COM_RESET_CONNECTION)
    c.query("SELECT DATABASE()")
    c.command(COM_SET_OPTION, b"\1\0")
    c.query("SELECT 1; SELECT 2")
    c.command(COM_SET_OPTION, b"\0\0")
    c.query("SELECT 1; SELECT 2")
    c.command(COM_SET_OPTION, b"\x63\0")
    c.command(COM_SET_OPTION, b"\0")


@session()
def process_kill(c, aside):
    """COM_PROCESS_KILL: of nobody, of another session, of this one."""
    c.command(COM_PROCESS_KILL, struct.pack("<I", 0x7FFFFFFF))
    other = aside.connect()
    c.salted.append(struct.pack("<I", other.connection_id))
    if c.command(COM_PROCESS_KILL, c.salted[-1])[0][0] == OK:
        other.read_until_closed()
    other.close()
    c.salted.append(struct.pack("<I", c.connection_id))
    if c.command(COM_PROCESS_KILL, c.salted[-1])[0][0] == OK:
        c.read_until_closed()


@session(golden=(False,))
def unused_commands(c, aside):
    """Commands that servers know by name alone: each is answered by an error."""
    for code in (COM_SLEEP, COM_CONNECT, COM_TIME, COM_DELAYED_INSERT, COM_DAEMON):
        c.command(code)
    c.send(b"")  # an empty packet
    c.read()
    c.query("SELECT 1")


def raw(code, payload=b""):
    """A session that ddltap can but relay from this command on; the server goes on to understand it."""

    def run(c, aside):
        c.command(COM_PING)
        try:
            c.command(code, payload)
            c.query("SELECT id, name FROM items")
            c.command(COM_PING)
            c.query("SELECT 1; SELECT 2")
        except Closed:
            pass  # noted as an event: there are servers that close

    return run


for code in (
    COM_TABLE_DUMP,
    COM_CONNECT_OUT,
    COM_SUBSCRIBE_GROUP_REPLICATION_STREAM,
    0x22,
    0x40,
    0x7F,
    0x80,
    0xC8,
    0xF0,
    0xFF,
):
    SESSIONS.append(
        Session(f"unknown_{code:02x}", raw(code), f"A command byte {code:#04x} that is unknown or never sent by clients.", eof=(True,))
    )


@session(eof=(True,))
def shutdown_refused(c, aside):
    """COM_SHUTDOWN and COM_DEBUG of an account that may not."""
    c.command(COM_SHUTDOWN, b"\0")
    c.command(COM_DEBUG)
    c.command(COM_PROCESS_INFO)
    c.command(COM_PING)


SESSIONS[-1].login = {"user": b"nobody", "password": b""}


@session(eof=(True,))
def quit(c, aside):
    """COM_QUIT: no answer, the server closes."""
    c.command(COM_PING)
    c.command(COM_QUIT)
