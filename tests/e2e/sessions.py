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
    "DROP USER IF EXISTS nobody, secret, expired, only_tls",
    "CREATE USER nobody",
    "GRANT SELECT ON bankroll.* TO nobody",
    "CREATE USER secret IDENTIFIED BY 'Secret-1'",
    "GRANT ALL ON *.* TO secret",
    "CREATE USER expired IDENTIFIED BY 'Secret-1' PASSWORD EXPIRE",
    "CREATE USER only_tls REQUIRE SSL",
)

# Options of the servers: what the sessions of a replica need.
BINARY_LOG = {
    "mariadb": ("--log-bin", "--server-id=1"),
    "mariadb-11.8": ("--log-bin", "--server-id=1"),
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
    logins: tuple = ()  # aside, before it: (user, password), which MySQL keeps in its cache
    masks: tuple = ()
    ddl: object = False  # ddltap must have held something, and asked; None: it may
    eof: tuple = (False, True)  # values of DEPRECATE_EOF
    golden: tuple = ()  # values of DEPRECATE_EOF
    golden_on: tuple = ()  # where it is recorded, if not on all servers
    login: dict = field(default_factory=dict)


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


NO_STATEMENT = 7777777  # no server has prepared as many; MariaDB counts them over all sessions
EMPTY_SCRATCH = ("TRUNCATE bankroll.scratch",)

# --- COM_QUERY ----------------------------------------------------------------------------------------------------


@session(golden=(False,))
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


@session(golden=(False,), setup=EMPTY_SCRATCH)
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
    c.execute(NO_STATEMENT, [])
    c.command(COM_STMT_RESET, struct.pack("<I", NO_STATEMENT))
    c.command(COM_STMT_CLOSE, struct.pack("<I", NO_STATEMENT))
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
    c.command(COM_STMT_FETCH, struct.pack("<II", NO_STATEMENT, 1))
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
    c.send_only(COM_STMT_SEND_LONG_DATA, struct.pack("<IH", NO_STATEMENT, 0) + b"abc")
    c.query("SELECT v FROM scratch ORDER BY id")


@session(golden=(False, True))
def out_parameters(c, aside):
    """OUT and INOUT parameters of a prepared CALL: a result set of their own, marked PS_OUT_PARAMS."""
    statement = c.prepare("CALL gives(?, ?, ?)")
    answer = c.execute(statement, [number(1), (LONGLONG, None), string(b"hey")])
    assert sum(len(payload) < 3 for payload in answer) == 2  # column counts: of the SELECT, of the parameters
    c.execute(c.prepare("CALL results()"))
    c.query("SELECT 1")


@session(setup=EMPTY_SCRATCH)
def infile_binary(c, aside):
    """LOCAL INFILE by COM_STMT_EXECUTE, where the server prepares it at all."""
    c.files = {b"two": [b"1\tone\n2\t", b"two\n", b""], b"empty": [b""]}
    for name in ("two", "empty", "two"):
        statement = c.prepare(f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE scratch (id, w)")
        assert (statement is not None) == c.mariadb
        if statement is not None:
            assert c.execute(statement)[0][0] == INFILE
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


@session(golden=(False, True), golden_on=("mariadb", "mariadb-11.8"), want=MARIADB_BULK | MARIADB_UNIT_RESULTS, setup=EMPTY_SCRATCH)
def bulk_execute(c, aside):
    """COM_STMT_BULK_EXECUTE: rows with NULL, an error within, RETURNING; a server without it says so."""
    statement = c.prepare("INSERT INTO scratch (id, w) VALUES (?, ?)")
    rows = [(struct.pack("<q", 1), text(b"a")), (struct.pack("<q", 2), None), (struct.pack("<q", 3), text(b"c"))]
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), rows))
    if not c.mariadb:
        return
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), rows[2:]))
    # Unit results are wanted by a flag, which servers before 11.5 do not know: a row for each row.
    more = [(struct.pack("<q", 10 + i), text(b"m")) for i in range(3)]
    answer = c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), more, 128 | 64))
    assert answer[0][0] == (2 if c.has(MARIADB_UNIT_RESULTS) else ERROR), answer
    c.command(COM_STMT_BULK_EXECUTE, bulk_payload(statement, (LONGLONG, VAR_STRING), more, 128 | 64))
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
    c.salted.append(bytes([COM_PROCESS_KILL]) + struct.pack("<I", other.connection_id))
    if c.command(COM_PROCESS_KILL, c.salted[-1][1:])[0][0] == OK:
        other.read_until_closed()
    other.close()
    c.salted.append(bytes([COM_PROCESS_KILL]) + struct.pack("<I", c.connection_id))
    if c.command(COM_PROCESS_KILL, c.salted[-1][1:])[0][0] == OK:
        c.read_until_closed()


@session()
def unused_commands(c, aside):
    """Commands that servers know by name alone: each is answered by an error."""
    for code in (COM_SLEEP, COM_CONNECT, COM_TIME, COM_DELAYED_INSERT, COM_DAEMON):
        c.command(code)
    c.query("SELECT 1")


@session(eof=(True,))
def empty_packet(c, aside):
    """A command of no bytes at all."""
    c.send(b"")
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


@session(eof=(True,), masks=(recorder.mask_process_info,), login={"user": b"nobody"})
def shutdown_refused(c, aside):
    """COM_SHUTDOWN and COM_DEBUG of an account that may not."""
    c.command(COM_SHUTDOWN, b"\0")
    c.command(COM_DEBUG)
    c.command(COM_PROCESS_INFO)
    c.command(COM_PING)




@session(eof=(True,))
def quit(c, aside):
    """COM_QUIT: no answer, the server closes."""
    c.command(COM_PING)
    c.command(COM_QUIT)


# --- DDL, which is held and asked about ---------------------------------------------------------------------------

NOTHING_MADE = ("DROP TABLE IF EXISTS bankroll.made, bankroll.again", "DROP VIEW IF EXISTS bankroll.seen")


@session(ddl=True, setup=NOTHING_MADE)
def ddl(c, aside):
    """DDL by COM_QUERY: OK, warnings, errors, several in a text with rows between, an error within."""
    c.query("CREATE TABLE made (id INT PRIMARY KEY, name VARCHAR(10))")
    c.query("CREATE TABLE IF NOT EXISTS made (id INT)")
    c.query("SHOW WARNINGS")
    c.query("ALTER TABLE made ADD COLUMN n INT, ALGORITHM=COPY")
    c.query("CREATE TABLE made (id INT)")
    c.query("ALTER TABLE made ADD")
    c.query("SELECT 1; ALTER TABLE made ADD m INT; SELECT id FROM items; CREATE VIEW seen AS SELECT 1; SELECT 2")
    c.query("DROP VIEW seen; DROP VIEW seen; DROP TABLE made")
    c.query("DROP TABLE made, missing")
    c.query("CREATE TABLE made AS SELECT id, name FROM items")
    c.query("RENAME TABLE made TO again")
    c.query("DROP TABLE IF EXISTS made, again")
    c.query("SHOW WARNINGS")
    c.query("SELECT 1")


@session(ddl=True, setup=NOTHING_MADE)
def ddl_prepared(c, aside):
    """DDL by COM_STMT_EXECUTE, by PREPARE and EXECUTE in text."""
    create, drop = c.prepare("CREATE TABLE made (id INT)"), c.prepare("DROP TABLE made")
    for statement in (create, create, drop, drop):
        c.execute(statement)
    c.query("PREPARE p FROM 'CREATE TABLE made (id INT)'")
    c.query("EXECUTE p")
    c.query("EXECUTE p")
    c.query("DROP TABLE made; DEALLOCATE PREPARE p; EXECUTE p")


@session(ddl=True, setup=(*NOTHING_MADE, "DROP PROCEDURE IF EXISTS bankroll.maker"))
def ddl_in_routines(c, aside):
    """DDL of routines, and a CALL that runs some."""
    c.query("CREATE PROCEDURE maker() BEGIN SELECT 1; CREATE TABLE made (id INT); SELECT 2; END")
    c.query("CALL maker()")
    c.query("CALL maker()")
    c.query("DROP PROCEDURE maker")
    c.query("DROP TABLE made")


@session(ddl=True, setup=NOTHING_MADE + EMPTY_SCRATCH)
def ddl_in_transaction(c, aside):
    """DDL in an open transaction, under LOCK TABLES, with rows counted, after a one-shot setting; temporary tables."""
    c.query("BEGIN")
    c.query("INSERT INTO scratch (w) VALUES ('a')")
    c.query("CREATE TABLE made (id INT)")
    c.query("ROLLBACK")
    c.query("BEGIN")
    c.query("ALTER TABLE made ADD")
    c.query("ALTER TABLE missing ADD x INT")
    c.query("ROLLBACK")
    c.query("LOCK TABLES made WRITE")
    c.query("ALTER TABLE made ADD x INT")
    c.query("UNLOCK TABLES")
    c.query("SELECT SQL_CALC_FOUND_ROWS id FROM items LIMIT 1")
    c.query("ALTER TABLE made ADD y INT")
    c.query("SELECT FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID()")
    c.query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    c.query("DROP TABLE made")
    c.query("CREATE TEMPORARY TABLE made (id INT)")
    c.query("BEGIN")
    c.query("DROP TEMPORARY TABLE made")
    c.query("DROP TABLE missing")
    c.query("COMMIT")
    c.query("DROP TABLE missing")
    c.query("SHOW WARNINGS")


@session(ddl=True, setup=NOTHING_MADE, eof=(True,))
def ddl_long(c, aside):
    """DDL whose text is longer than any buffer, and is held."""
    c.query(b"CREATE TABLE made (id INT) /*" + b"x" * 300000 + b"*/")
    c.query("DROP TABLE made")


@session(setup=NOTHING_MADE, eof=(True,))
def ddl_too_long(c, aside):
    """DDL that is longer than capture.text_limit and takes two packets: relayed, not captured."""
    c.query(b"CREATE TABLE made (id INT) /*" + b"x" * CHUNK_MAX + b"*/")
    c.query("SHOW TABLES LIKE 'made'")


# --- what single capabilities change ------------------------------------------------------------------------------


@session(golden=(False, True), servers=("mysql",), want=OPTIONAL_METADATA)
def optional_metadata(c, aside):
    """CLIENT_OPTIONAL_RESULTSET_METADATA: resultset_metadata FULL and NONE, for text, PREPARE, EXECUTE, cursors."""
    for wanted in ("FULL", "NONE"):
        c.query(f"SET resultset_metadata = {wanted}")
        assert c.query("SELECT id, name FROM items")[0] == (b"\x02\x01" if wanted == "FULL" else b"\x02\x00")
        c.query("SELECT 1; SELECT id FROM items WHERE id > 100")
        statement = c.prepare("SELECT id, name FROM items WHERE id < ?")
        c.execute(statement, [number(3)])
        c.execute(statement, [number(3)], flags=READ_ONLY_CURSOR)
        c.command(COM_STMT_FETCH, struct.pack("<II", statement, 5))
        c.query("CALL results()")
        c.execute(c.prepare("CALL gives(?, ?, ?)"), [number(1), (LONGLONG, None), string(b"hey")])
        c.command(COM_FIELD_LIST, b"items\0")


@session(golden=(False, True), servers=("mariadb",), want=MARIADB_CACHE_METADATA)
def cached_metadata(c, aside):
    """MARIADB_CLIENT_CACHE_METADATA: definitions are left out when a statement is executed again, and told again when
    they have changed."""
    statement = c.prepare("SELECT id, name FROM items WHERE id < ?")
    told = [c.execute(statement, [number(count)])[0] for count in (3, 2)]
    assert told[1] == b"\x02\x00", told
    c.execute(statement, [number(3)], flags=READ_ONLY_CURSOR)
    c.command(COM_STMT_FETCH, struct.pack("<II", statement, 5))
    c.query("SELECT id FROM items")
    changes = c.prepare("SELECT * FROM (SELECT ? AS a) t")
    c.execute(changes, [number(3)])
    c.execute(changes, [string(b"x")])
    call = c.prepare("CALL results()")
    c.execute(call)
    c.execute(call)


@session(golden=(False,), servers=("mariadb",), want=MARIADB_EXTENDED_METADATA)
def extended_metadata(c, aside):
    """MARIADB_CLIENT_EXTENDED_METADATA: a field more in definitions: JSON, geometry, UUID, INET6."""
    c.query("SELECT j, g, i FROM kinds WHERE 0")
    c.query("SELECT CAST('::1' AS INET6), CAST('123e4567-e89b-12d3-a456-426655440000' AS UUID)")
    c.execute(c.prepare("SELECT j, g, i FROM kinds WHERE 0"))


ATTRIBUTES = (
    (b"name", VAR_STRING, text(b"value")),
    (b"number", LONGLONG, struct.pack("<q", 7)),
    (b"", DOUBLE, struct.pack("<d", 1.5)),
    (b"when", DATETIME, b"\x07\xea\x07\x0b\x16\x0a\x0f\x00"),
    (b"none", VAR_STRING, None),
    (b"long", VAR_STRING, text(b"l" * 300)),
)


@session(
    golden=(True,),
    ddl=True,
    servers=("mysql",),
    want=QUERY_ATTRIBUTES,
    setup=NOTHING_MADE,
)
def query_attributes(c, aside):
    """CLIENT_QUERY_ATTRIBUTES with attributes of every kind: COM_QUERY, COM_STMT_EXECUTE, DDL; and malformed ones."""
    read = "SELECT mysql_query_attribute_string('name'), mysql_query_attribute_string('number')"
    c.query(read)
    c.query(read, ATTRIBUTES)
    statement = c.prepare(read + ", ?")
    c.execute(statement, [number(1)])
    c.execute(statement, [number(1)], attributes=ATTRIBUTES, flags=COUNT_IS_SENT)
    c.execute(c.prepare(read), attributes=ATTRIBUTES, flags=COUNT_IS_SENT)
    assert c.query(read, ATTRIBUTES)[-2] == b"\x05value\x017"
    c.query("CREATE TABLE made (id INT)", ATTRIBUTES)
    c.query("SELECT 1; DROP TABLE made; SELECT mysql_query_attribute_string('name')", ATTRIBUTES)
    create = c.prepare("CREATE TABLE made (id INT)")
    c.execute(create, attributes=ATTRIBUTES, flags=COUNT_IS_SENT)
    c.command(COM_QUERY, b"\x05\x01\x00\x01\xfd\x00")
    c.query("SELECT 1")


SLOW = (
    "DROP TABLE IF EXISTS bankroll.made",
    "CREATE TABLE bankroll.made (id INT PRIMARY KEY) AS SELECT seq AS id FROM seq_1_to_30",
)
SLOW_ALTER = "ALTER TABLE made ADD d BIGINT AS (CRC32(REPEAT(MD5(id), 4000000))) PERSISTENT, ALGORITHM=COPY"


@session(servers=("mariadb",), want=MARIADB_PROGRESS, ddl=True, setup=SLOW, masks=(recorder.mask_progress,), eof=(False,))
def progress(c, aside):
    """Progress reports during ALTER, any number of them, each like an error packet with code 0xFFFF."""
    c.query("SET progress_report_time = 1")
    answer = c.query(SLOW_ALTER)
    reports = [payload for payload in answer if payload[:3] == b"\xff\xff\xff"]
    assert reports and len(answer) == len(reports) + 1, answer
    c.query("SELECT COUNT(*) FROM made")


# --- session state ------------------------------------------------------------------------------------------------


@session(golden=(False, True), ddl=None, setup=NOTHING_MADE, masks=(recorder.mask_counters,))
def trackers(c, aside):
    """Session state in OK packets, of all kinds: variables, schema, state change, GTID, transaction; and with DDL."""
    c.query("SET SESSION session_track_system_variables = '*'")
    c.query("SET SESSION session_track_state_change = ON, session_track_schema = ON")
    c.query("SET SESSION session_track_transaction_info = 'CHARACTERISTICS'")
    if not c.mariadb:
        c.query("SET SESSION session_track_gtids = 'OWN_GTID'")
    c.query("SET sql_mode = 'ANSI_QUOTES', time_zone = '+01:00'")
    c.query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
    c.query("USE mysql")
    c.query("USE bankroll")
    c.query("CREATE TABLE made (id INT)")
    c.query("SET autocommit = 0")
    c.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE")
    c.query("SELECT id FROM items")
    c.query("INSERT INTO made VALUES (1)")
    c.query("DO 1")
    c.query("COMMIT")
    c.query("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY")
    c.query("DROP TABLE made")
    c.query("SET @a = 1; SET NAMES latin1; SELECT 1")
    c.command(COM_INIT_DB, b"mysql")
    c.command(COM_RESET_CONNECTION)
    c.query("SELECT 1")


@session(ddl=None, setup=EMPTY_SCRATCH)
def trackers_of_failed_ddl(c, aside):
    """DDL that fails before its implicit commit, in a transaction that is tracked."""
    c.query("SET SESSION session_track_transaction_info = 'STATE'")
    c.query("BEGIN")
    c.query("INSERT INTO scratch (w) VALUES ('a')")
    c.query("ALTER TABLE scratch ADD")
    c.query("DO 1")
    c.query("SELECT 1")
    c.query("ROLLBACK")


@session(ddl=None, setup=(*NOTHING_MADE, "DROP PROCEDURE IF EXISTS bankroll.setter"))
def trackers_pending(c, aside):
    """Changes of session state by a statement that fails: an error carries none, so the next OK tells of them, be it
    that of DDL."""
    c.query("CREATE PROCEDURE setter() BEGIN SET time_zone = '+01:00'; SIGNAL SQLSTATE '45000'; END")
    c.query("CALL setter()")
    c.query("CREATE TABLE made (id INT)")
    c.query("DO 1")
    c.query("SET time_zone = '+02:00'")
    c.query("CALL setter()")
    c.query("DO 1")
    c.query("DROP TABLE made; CALL setter()")
    c.query("DROP PROCEDURE setter")
    c.query("DO 1")


@session(ddl=None, masks=(recorder.mask_counters,))
def database_dropped(c, aside):
    """The default schema is dropped under the session; the status and what follows says so."""
    c.query("CREATE DATABASE conformance_made")
    c.query("USE conformance_made")
    c.query("DROP DATABASE conformance_made")
    c.query("SELECT DATABASE()")
    c.query("CREATE TABLE made (id INT)")
    c.command(COM_INIT_DB, b"bankroll")


# --- logins and other users ---------------------------------------------------------------------------------------


def just_ping(c, aside):
    if not c.refused:
        c.command(COM_PING)
        c.query("SELECT CURRENT_USER(), DATABASE()")


def login_session(name, story, golden=(), run=just_ping, **options):
    known = ("servers", "setup", "logins", "want", "without", "masks", "eof")
    about = {key: options.pop(key) for key in known if key in options}
    SESSIONS.append(Session(f"login_{name}", run, story, golden=golden, login=options, **({"eof": (True,)} | about)))


# Those before it may have put it there.
COLD_CACHE = ("FLUSH PRIVILEGES",)

login_session("password", "A password, of the default plugin, not yet in the cache of MySQL: RSA.", (True,), user=b"secret", password=b"Secret-1", setup=COLD_CACHE)
login_session("cached", "The same, in the cache.", user=b"secret", password=b"Secret-1", logins=((b"secret", b"Secret-1"),))
login_session("tls", "TLS, without a password.", tls=True)
login_session("tls_password", "TLS, and a password that is not in the cache.", user=b"secret", password=b"Secret-1", tls=True, setup=COLD_CACHE)
login_session("wrong_password", "A wrong password.", user=b"secret", password=b"wrong", setup=COLD_CACHE)
login_session("no_such_user", "A user that does not exist.", user=b"unknown", password=b"x")
login_session("no_such_database", "A database that does not exist.", database=b"missing")
login_session("no_database", "Neither a database nor its bit.", without=CONNECT_WITH_DB)
login_session("empty_database", "The bit of a database, and an empty name.", database=b"")
login_session("other_plugin", "A client that begins with another plugin: the server switches.", (True,), plugin=b"mysql_clear_password", user=b"secret", password=b"Secret-1", setup=COLD_CACHE)
login_session("no_plugins", "Without CLIENT_PLUGIN_AUTH.", without=PLUGIN_AUTH)
login_session("no_plugins_password", "Without CLIENT_PLUGIN_AUTH, with a password.", without=PLUGIN_AUTH, user=b"secret", password=b"Secret-1", setup=COLD_CACHE)
login_session("no_attributes", "Without connection attributes, and a short length of the scramble.", without=CONNECT_ATTRS | LENENC_AUTH)
login_session("attributes", "Connection attributes of several thousand bytes.", attributes=((b"program_name", b"x"), (b"long", b"y" * 3000), (b"", b"")))
login_session("unoffered_bits", "A client that sets bits that the server has not offered.", exact=True, want=MARIADB_UNIT_RESULTS | bit(38) | bit(63) | bit(28), eof=(False,))
login_session("expired", "An account whose password has expired.", user=b"expired", password=b"Secret-1", want=bit(22), setup=COLD_CACHE)
login_session("expired_refused", "The same with a client that cannot handle it.", user=b"expired", password=b"Secret-1", setup=COLD_CACHE)
login_session("require_tls", "An account that wants TLS, without it.", user=b"only_tls")
login_session("require_tls_given", "An account that wants TLS, with it.", user=b"only_tls", tls=True)


def old_response(c, aside):
    """A client of the protocol before 4.1."""
    c.send(struct.pack("<H", 0x2405)[:2] + b"\0\0\1" + b"root\0" + b"\0", 1)
    try:
        c.read()
        c.command(COM_PING)
    except Closed:
        pass


login_session("before_41", "The response of a client of before 4.1.", run=old_response, login=False)


def garbage_response(c, aside):
    """A response that is none."""
    c.send(b"\x05\xa2\x0f", 1)
    c.read_until_closed()


login_session("garbage", "A response of three bytes.", run=garbage_response, login=False)


@session(golden=(False,), ddl=True, setup=(*COLD_CACHE, *NOTHING_MADE))
def change_user(c, aside):
    """COM_CHANGE_USER: to an account with a password (full authentication, then from the cache), without one, with
    another plugin first; what was prepared is gone; DDL after it."""
    statement = c.prepare("SELECT 1")
    c.change_user(b"secret", b"Secret-1")
    c.execute(statement)
    c.query("SELECT CURRENT_USER(), DATABASE()")
    c.query("CREATE TABLE made (id INT)")
    c.change_user(b"nobody", b"", b"")
    c.query("SELECT CURRENT_USER(), DATABASE()")
    c.change_user(b"secret", b"Secret-1", plugin=b"mysql_clear_password")
    c.query("DROP TABLE bankroll.made")


def refused_change(name, story, **arguments):
    def run(c, aside):
        c.query("SELECT 1")
        c.change_user(**arguments)
        try:
            c.query("SELECT CURRENT_USER()")
            c.command(COM_PING)
        except Closed:
            pass

    SESSIONS.append(Session(f"change_user_{name}", run, story, setup=COLD_CACHE))


refused_change("refused", "COM_CHANGE_USER with a wrong password, and what the server does then.", user=b"secret", password=b"wrong")
refused_change("no_database", "COM_CHANGE_USER to a database that does not exist.", user=b"root", database=b"missing")


@session(eof=(True,))
def change_user_garbage(c, aside):
    """COM_CHANGE_USER without anything."""
    c.send(bytes([COM_CHANGE_USER]))
    try:
        if c.read()[0] != ERROR:
            c.send(b"", c.sequence)
            c.read()
        c.command(COM_PING)
    except Closed:
        pass


@session(golden=(False,))
def reset_and_names(c, aside):
    """COM_RESET_CONNECTION and SET NAMES in one write."""
    statement = c.prepare("SELECT 1")
    for _ in range(3):
        c.send_bytes(*packets(bytes([COM_RESET_CONNECTION])), *packets(b"\x03" + c.query_payload("SET NAMES utf8mb4")))
        c.answer(COM_RESET_CONNECTION)
        c.answer(COM_QUERY)
    c.execute(statement)


# --- clients that do not wait -------------------------------------------------------------------------------------


def pipeline(c, *commands):
    """All in one write; then the answers."""
    c.send_bytes(*(packet for command in commands for packet in packets(command)))
    for command in commands:
        c.answer(command[0])


@session(golden=(False,))
def pipelined(c, aside):
    """Many commands of all kinds in one write."""
    query = lambda sql: b"\x03" + c.query_payload(sql)
    statement = c.prepare("SELECT id, name FROM items")
    name = struct.pack("<I", statement)
    execute = bytes([COM_STMT_EXECUTE]) + c.execute_payload(statement)
    pipeline(c, b"\x0e", query("SELECT 1"), execute, query("SELEC"), b"\x19" + name, query("SELECT 1; SELECT 2"), b"\x16SELECT ?", b"\x02bankroll", b"\x0e")
    c.query("SELECT 1")


@session(eof=(True,))
def pipelined_deeply(c, aside):
    """More commands in one write than ddltap keeps answers in mind for."""
    pipeline(c, *[b"\x03" + c.query_payload(f"SELECT {i}") for i in range(3000)])
    c.command(COM_PING)


@session(ddl=True, setup=NOTHING_MADE)
def pipelined_ddl(c, aside):
    """DDL in the middle of a pipeline, twice, and what is behind it."""
    query = lambda sql: b"\x03" + c.query_payload(sql)
    pipeline(
        c,
        query("SELECT 1"),
        query("CREATE TABLE made (id INT)"),
        query("INSERT INTO made VALUES (1)"),
        b"\x0e",
        query("SELECT 1; DROP TABLE made; SELECT 2"),
        query("DROP TABLE made"),
        b"\x16SELECT 1",
        query("SELECT id FROM items"),
    )


@session()
def wrong_sequence(c, aside):
    """Commands that begin with a sequence other than 0, and what the servers say to it."""
    c.send(b"\x0e", 1)
    try:
        if c.read()[0] == OK:
            c.command(COM_PING)
        else:
            c.read_until_closed()
    except Closed:
        pass


@session(setup=EMPTY_SCRATCH, eof=(True,))
def infile_many_packets(c, aside):
    """LOCAL INFILE in more than 256 packets: the client's sequence wraps."""
    c.files = {b"many": [b"%d\tx\n" % i for i in range(1, 701)] + [b""]}
    c.query("LOAD DATA LOCAL INFILE 'many' INTO TABLE scratch (id, w)")
    c.query("SELECT COUNT(*), SUM(id) FROM scratch")


# --- long packets -------------------------------------------------------------------------------------------------

SIZES = (CHUNK_MAX - 1, CHUNK_MAX, CHUNK_MAX + 1, 2 * CHUNK_MAX)


def long_session(name, story):
    def note(function):
        for size in SIZES:
            run = lambda c, aside, size=size: function(c, size)
            SESSIONS.append(Session(f"long_{name}_{size:x}", run, f"{story}: {size:#x} bytes.", setup=EMPTY_SCRATCH, eof=(True,)))

    return note


@long_session("query", "COM_QUERY with a payload of")
def long_query(c, size):
    start, end = b"SELECT LENGTH('", b"')"
    used = 1 + len(c.query_payload(start + end))
    c.query(start + b"a" * (size - used) + end)
    c.command(COM_PING)


@long_session("row", "A text row with a payload of")
def long_row(c, size):
    head = 4 if size - 4 < 1 << 24 else 9  # of a length-encoded string
    answer = c.query(f"SELECT REPEAT('a', {size - head})")
    assert len(answer[-2]) == size
    c.command(COM_PING)


@long_session("binary_row", "A binary row with a payload of")
def long_binary_row(c, size):
    head = 2 + (4 if size - 6 < 1 << 24 else 9)
    answer = c.execute(c.prepare("SELECT REPEAT('a', ?)"), [number(size - head)])
    assert len(answer[-2]) == size


@long_session("parameter", "COM_STMT_EXECUTE with a payload of")
def long_parameter(c, size):
    statement = c.prepare("SELECT LENGTH(?), LEFT(?, 10)")
    head = 1 + len(c.execute_payload(statement, [(BLOB, b""), string(b"x")]))
    value = size - head - (4 if size - head < 1 << 24 else 9)
    c.execute(statement, [(BLOB, text(b"b" * value)), string(b"x")])
    c.command(COM_PING)


@long_session("long_data", "COM_STMT_SEND_LONG_DATA with a payload of")
def long_long_data(c, size):
    statement = c.prepare("SELECT LENGTH(?)")
    c.send_only(COM_STMT_SEND_LONG_DATA, struct.pack("<IH", statement, 0) + b"c" * (size - 7))
    c.execute(statement, [(BLOB, b"")])


@long_session("infile", "A packet of LOCAL INFILE with a payload of")
def long_infile(c, size):
    c.files = {b"long": [b"d" * size, b""]}  # all of it is the one line to be ignored
    c.query("LOAD DATA LOCAL INFILE 'long' INTO TABLE scratch IGNORE 1 LINES (id, w)")
    c.command(COM_PING)


@session(eof=(True,), without=MULTI_STATEMENTS, setup=("SET GLOBAL max_allowed_packet = 1048576",))
def too_long(c, aside):
    """The head of a packet beyond max_allowed_packet: the server answers at once, and closes. (Without
    CLIENT_MULTI_STATEMENTS: with it, ddltap takes in a text as a whole before it sends it on.)"""
    aside.execute("SET GLOBAL max_allowed_packet = 268435456")  # what the session has, it keeps
    c.query("SELECT @@max_allowed_packet")
    c.send_bytes(b"\0\0\x20\0\x03SELECT '")
    c.read_until_closed()


# --- replication and clone: raw relays ----------------------------------------------------------------------------


def replica(c):
    c.query("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'")
    c.command(COM_REGISTER_SLAVE, struct.pack("<I", 77) + b"\0\0\0" + struct.pack("<HII", 3306, 0, 0))


def dump_until_end(c):
    """Events until the server says that there are no more, or closes."""
    try:
        while True:
            payload = c.read()
            if payload[:1] in (b"\xfe", b"\xff") and len(payload) < 200:
                return
    except Closed:
        pass


def first_log(aside):
    client = aside.connect()
    row = client.query("SHOW BINARY LOGS")[-2]
    client.close()
    return row[1 : 1 + row[0]]


NON_BLOCKING = 1


@session(eof=(True,), setup=NOTHING_MADE, masks=(recorder.mask_binlog,))
def binlog_dump(c, aside):
    """COM_REGISTER_SLAVE and COM_BINLOG_DUMP until the end of the log."""
    replica(c)
    c.send(bytes([COM_BINLOG_DUMP]) + struct.pack("<IHI", 4, NON_BLOCKING, 77) + first_log(aside))
    dump_until_end(c)


@session(eof=(True,), setup=NOTHING_MADE, masks=(recorder.mask_binlog,))
def binlog_dump_gtid(c, aside):
    """COM_BINLOG_DUMP_GTID with an empty set of GTIDs, until the end of the log; MariaDB does not know it."""
    replica(c)
    log = first_log(aside)
    body = struct.pack("<HII", NON_BLOCKING | 4, 77, len(log)) + log + struct.pack("<QI", 4, 8) + struct.pack("<Q", 0)
    c.send(bytes([COM_BINLOG_DUMP_GTID]) + body)
    dump_until_end(c)


@session(eof=(True,))
def binlog_dump_refused(c, aside):
    """COM_BINLOG_DUMP of a log that does not exist; the session goes on."""
    replica(c)
    c.send(bytes([COM_BINLOG_DUMP]) + struct.pack("<IHI", 4, NON_BLOCKING, 77) + b"missing.000001")
    dump_until_end(c)


@session(eof=(True,))
def clone(c, aside):
    """COM_CLONE: the server's plugin is there on MySQL, and asked for its version; an error on MariaDB."""
    try:
        c.send(bytes([COM_CLONE]))
        accepted = c.read()[:1] == b"\x00"
        assert accepted != c.mariadb
        if accepted:
            c.send(b"\x01" + struct.pack("<I", 0x0101), 0)  # INIT with a protocol version and no more
            c.read()
            c.read()
    except Closed:
        pass


# --- the server speaks out of turn --------------------------------------------------------------------------------


@session(eof=(False,))
def idle_timeout(c, aside):
    """The server ends a session that says nothing for wait_timeout: by error 4031, or by closing."""
    c.query("SET wait_timeout = 1")
    c.read_until_closed()


@session(eof=(False,))
def killed(c, aside):
    """The session is killed by another connection while it waits."""
    c.query("SELECT 1")
    aside.execute(f"KILL {c.connection_id}")
    c.read_until_closed()


@session(eof=(False,))
def killed_while_asleep(c, aside):
    """The session is killed while a statement runs."""
    c.send(b"\x03" + c.query_payload("SELECT SLEEP(20)"))
    aside.wait_for(f"SELECT 1 FROM information_schema.processlist WHERE id = {c.connection_id} AND info LIKE '%SLEEP%'")
    aside.execute(f"KILL {c.connection_id}")
    c.read_until_closed()


@session(eof=(False,))
def query_killed(c, aside):
    """KILL QUERY while a statement runs: it alone ends, with an error or early."""
    c.send(b"\x03" + c.query_payload("SELECT id, SLEEP(20) FROM items"))
    aside.wait_for(f"SELECT 1 FROM information_schema.processlist WHERE id = {c.connection_id} AND state = 'User sleep'")
    aside.execute(f"KILL QUERY {c.connection_id}")
    c.answer(COM_QUERY)
    c.query("SELECT 1")
