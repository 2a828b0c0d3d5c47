"""Questions stay invisible: what a session sees after a schema change is, packet by packet, what it would have seen
without ddltap, in whatever state the session is when the change comes; and the change is captured all the same.

Each case brings a fresh session into a state, sends one DDL statement and then observes all that a client can ask
for. It runs twice, directly on the server and through ddltap; the packets of the whole session must be the same.

    reset, connect, PROLOGUE, the state's steps, the DDL statement, observers --> packets    directly
                                                                              --> packets    through ddltap
                                                                                  compared; then the drafts
"""

import struct
import threading
import time
import uuid
from dataclasses import dataclass, field

import pymysql
import pytest

from drafts import draft_order, parse_draft
from servers import Server
from wire import (
    COM_QUERY, COM_STMT_EXECUTE, COM_STMT_FETCH, COM_STMT_PREPARE, COMPRESS, CONNECT_WITH_DB, DEPRECATE_EOF, ERROR,
    EXPIRED_PASSWORDS, MULTI_STATEMENTS, PLAIN, QUERY_ATTRIBUTES, SESSION_TRACK, Client, Closed, error_code, packets,
)

OLD = PLAIN & ~(MULTI_STATEMENTS | SESSION_TRACK)
NEW = OLD | DEPRECATE_EOF | SESSION_TRACK

# --- what a case is made of -------------------------------------------------------------------------------------------


@dataclass
class Raw:
    """A command by its code and the rest of its payload."""

    code: int
    payload: bytes


@dataclass
class Other:
    """SQL of another session, directly on the server; what it says is compared too. {id} is the session's."""

    sql: str


@dataclass
class DDL:
    text: str
    up: str = None  # of the draft that comes when the server says OK; None: no draft ever
    undo: str = None  # a piece of its way back


@dataclass
class State:
    name: str
    setup: list = field(default_factory=list)
    after: list = field(default_factory=list)  # observers of this state, before those of every state
    ddl: list = field(default_factory=lambda: TABLES)
    only: str = None  # one server's kind
    before: list = field(default_factory=list)  # run by root, directly, after the reset
    cleanup: list = field(default_factory=list)  # the same, after the session
    drafted: bool = True  # what the server says OK to is drafted
    way_back: bool = True  # and its way back is known
    notes: list = field(default_factory=list)  # pieces of the header of each draft
    up: list = field(default_factory=list)  # pieces of the up of each draft
    prologue: bool = True
    pipeline: bool = False
    prepared: bool = False  # the DDL by COM_STMT_PREPARE and COM_STMT_EXECUTE
    user: str = "root"
    database: str = "bankroll"
    capabilities: int = NEW
    tls: bool = False
    encoding: str = "utf-8"  # of the DDL


TABLES = [
    DDL("ALTER TABLE t ADD COLUMN b INT", "ADD COLUMN b", "DROP COLUMN `b`"),
    DDL("ALTER TABLE t ADD COLUMN a INT"),
    DDL("ALTER TABLE t ADD COLUMN"),
    DDL("ALTER TABLE none_such ADD COLUMN b INT"),
]
OBJECTS = [
    DDL("CREATE TABLE u (id INT PRIMARY KEY)", "CREATE TABLE u", "DROP TABLE"),
    DDL("CREATE TABLE IF NOT EXISTS t (id INT)"),
    DDL("DROP TABLE t", "DROP TABLE", "CREATE TABLE"),
    DDL("DROP TABLE IF EXISTS none_such"),
    DDL("RENAME TABLE t TO w", "RENAME TABLE", "TO `t`"),
    DDL("TRUNCATE TABLE t"),
    DDL("CREATE INDEX i ON t (a)", "CREATE INDEX", "DROP KEY"),
    DDL("CREATE OR REPLACE VIEW v AS SELECT a FROM t", "VIEW v", "VIEW"),
    DDL("DROP VIEW v", "DROP VIEW", "CREATE"),
    DDL("DROP VIEW none_such"),
    DDL("CREATE TRIGGER tr2 BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 2", "TRIGGER tr2", "DROP TRIGGER"),
    DDL("DROP TRIGGER tr", "DROP TRIGGER", "CREATE"),
    DDL("CREATE PROCEDURE p() SELECT 2"),
    DDL("ALTER PROCEDURE p COMMENT 'x'", "ALTER PROCEDURE", "PROCEDURE"),
    DDL("DROP PROCEDURE p", "DROP PROCEDURE", "CREATE"),
    DDL("DROP PROCEDURE p AND MORE"),
    DDL("ALTER EVENT e COMMENT 'x'", "ALTER EVENT", "EVENT"),
    DDL("DROP EVENT e", "DROP EVENT", "CREATE"),
]

RESET = """
DROP DATABASE IF EXISTS bankroll;
CREATE DATABASE bankroll CHARACTER SET utf8mb4;
USE bankroll;
CREATE TABLE t (id INT PRIMARY KEY, a INT);
CREATE TABLE seen (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT);
CREATE VIEW v AS SELECT id FROM t;
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
CREATE PROCEDURE p() SELECT 1;
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1
"""

# LAST_INSERT_ID() and, unless the state's own steps come in between, FOUND_ROWS() and warnings.
PROLOGUE = [
    "INSERT INTO seen (a) VALUES (7), (8)",
    "INSERT INTO seen (a) VALUES (9)",
    "SELECT SQL_CALC_FOUND_ROWS id, CAST('x' AS SIGNED) FROM seen LIMIT 1",
]

DIAGNOSTICS = [
    "GET DIAGNOSTICS @number = NUMBER, @rows = ROW_COUNT",
    "SHOW WARNINGS",
    "SHOW COUNT(*) ERRORS",
]
FUNCTIONS = ["SELECT FOUND_ROWS(), ROW_COUNT(), @@warning_count, @@error_count, LAST_INSERT_ID(), DATABASE()"]
VARIABLES = (
    "@@sql_mode, @@character_set_client, @@character_set_connection, @@character_set_results, @@collation_connection,"
    " @@time_zone, @@foreign_key_checks, @@autocommit, @@insert_id, @@lock_wait_timeout, @@sql_select_limit,"
    " @@max_join_size, @@sql_quote_show_create, @@sql_auto_is_null, @@sql_log_bin, @@profiling, @number, @rows"
)
SESSION = {
    "mariadb": [
        f"SELECT {VARIABLES}, @@tx_isolation, @@tx_read_only, @@max_statement_time, @@in_transaction",
        Other(
            "SELECT OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME, LOCK_TYPE, LOCK_DURATION, LOCK_STATUS"
            " FROM performance_schema.metadata_locks l JOIN performance_schema.threads t"
            " ON t.THREAD_ID = l.OWNER_THREAD_ID WHERE t.PROCESSLIST_ID = {id} ORDER BY 1, 2, 3, 4, 5"
        ),
        Other(
            "SELECT c.STATE, c.ISOLATION_LEVEL, c.ACCESS_MODE, c.AUTOCOMMIT"
            " FROM performance_schema.events_transactions_current c JOIN performance_schema.threads t USING (THREAD_ID)"
            " WHERE t.PROCESSLIST_ID = {id} AND c.STATE = 'ACTIVE'"
        ),
    ]
}
SESSION["mysql"] = [
    f"SELECT {VARIABLES}, @@transaction_isolation, @@transaction_read_only, @@max_execution_time, @@gtid_next",
    *SESSION["mariadb"][1:],
]


class Case:
    """One statement in one state, run in one place."""

    def __init__(self, server, root, place, state, ddl, first):
        self.server, self.root, self.place, self.state, self.ddl = server, root, place, state, ddl
        self.order = [*DIAGNOSTICS, *FUNCTIONS] if first else [*FUNCTIONS, *DIAGNOSTICS]
        self.record = []  # (step, packets or rows)
        self.gtid = str(uuid.uuid4())  # {gtid}: no server takes one twice

    def run_root(self, sql):
        try:
            self.root.query(sql)
            while self.root._result.has_next:
                self.root.next_result()
            return list(self.root._result.rows or ())
        except pymysql.MySQLError as error:
            return error.args

    def run(self):
        state = self.state
        fails = [said for said in map(self.run_root, [RESET, *state.before]) if isinstance(said, tuple)]
        assert not fails, fails
        database = state.database.encode()
        capabilities = state.capabilities & ~(0 if database else CONNECT_WITH_DB)
        client = Client(*self.place, capabilities, state.user.encode(), database=database, tls=state.tls)
        try:
            assert not client.refused
            for step in [*(PROLOGUE if state.prologue else []), *state.setup]:
                self.step(client, step)
            observers = [*state.after, *self.order, *SESSION[self.server.kind]]
            if state.pipeline:
                self.run_pipeline(client, [self.ddl, *(step for step in observers if not isinstance(step, Other))])
            else:
                for step in [self.ddl, *observers]:
                    self.step(client, step)
        except Closed:
            self.record.append(("the end", []))
        finally:
            client.close()
            for sql in state.cleanup:
                self.run_root(sql)
        return self

    def step(self, client, step):
        start = len(client.events)
        said = []
        self.record.append((step, said))
        try:
            if isinstance(step, Other):
                said += self.run_root(step.sql.replace("{id}", str(client.connection_id)))
            elif isinstance(step, Raw):
                client.command(step.code, step.payload)
            elif isinstance(step, DDL) and self.state.prepared:
                if (statement := client.prepare(step.text)) is not None:
                    client.execute(statement)
            else:
                client.query(self.text(step))
        finally:
            said += [
                data.replace(self.gtid.encode(), bytes(36)) for side, data in client.events[start:] if side == "S"
            ]

    def text(self, step):
        if isinstance(step, DDL):
            return step.text.encode(self.state.encoding)
        return step.replace("{gtid}", self.gtid)

    def run_pipeline(self, client, steps):
        payloads = [bytes([COM_QUERY]) + client.query_payload(self.text(step)) for step in steps]
        if client.has(COMPRESS):  # the servers take one command from a compressed packet, and forget the rest of it
            for payload in payloads:
                client.send(payload)
        else:
            client.send_bytes(*(packet for payload in payloads for packet in packets(payload)))
        for step in steps:
            start = len(client.events)
            client.answer(COM_QUERY)
            self.record.append((step, [data for _, data in client.events[start:]]))

    def succeeded(self):
        (said,) = [said for step, said in self.record if step is self.ddl]
        return said[-1][4:5] not in (bytes([ERROR]), b"")


def differences(direct, through):
    """What was told otherwise, without the packets that are the same."""
    wrong = []
    for (step, told), (_, said) in zip(direct.record, through.record):
        if told != said:
            one, other = list(told), list(said)
            while one and other and one[0] == other[0]:
                del one[0], other[0]
            wrong.append(f"{step}\n    directly: {one}\n    through:  {other}")
    return wrong


class Drafts:
    """The drafts of one proxy, state by state."""

    def __init__(self, through):
        self.through = through
        self.folder = through.repo / "ddltap" / "drafts"
        self.known = set()

    def take(self, seconds=120):
        """Those that came since the last call. A last change proves them complete."""
        self.through.execute("CREATE TABLE the_end (id INT)")
        deadline = time.monotonic() + seconds
        while True:
            paths = sorted(set(self.folder.glob("*.sql")) - self.known, key=draft_order)
            if paths and "the_end" in paths[-1].name:
                self.known |= set(paths)
                return [parse_draft(path) for path in paths[:-1]]
            assert time.monotonic() < deadline, f"{paths}\n{self.through.said()}"
            time.sleep(0.01)


@dataclass
class Bench:
    server: Server
    root: pymysql.Connection
    through: object
    drafts: Drafts

    def run(self, state):
        wrong, expected = [], []
        orders = (True, False) if state.name == "plain" else (None,)
        for number, ddl in enumerate(state.ddl):
            for first in orders:
                first = number % 2 == 0 if first is None else first
                places = [(self.server.host, self.server.port), (self.through.host, self.through.port)]
                direct, through = (Case(self.server, self.root, p, state, ddl, first).run() for p in places)
                wrong += [f"{state.name}: {ddl.text}: {line}" for line in differences(direct, through)]
                if through.succeeded() and ddl.up and state.drafted:
                    expected.append(ddl)
        drafts = self.drafts.take()
        if wrong:
            pytest.fail("\n".join(wrong), pytrace=False)
        self.check_drafts(state, drafts, expected)

    def check_drafts(self, state, drafts, expected):
        assert len(drafts) == len(expected), f"{state.name}: {[d.text for d in expected]}: {drafts}"
        for draft, ddl in zip(drafts, expected):
            assert ddl.up in draft.up, f"{state.name}: {ddl.text}:\n{draft.up}"
            if state.way_back:
                assert ddl.undo in draft.down, f"{state.name}: {ddl.text}:\n{draft.down}"
            for piece in state.notes:
                assert any(piece in line for line in draft.header), draft.header
            for piece in state.up:
                assert piece in draft.up, draft.up


OPTIONS = {
    "mariadb": [
        "--thread-cache-size=0",  # else a session counts its prepared statements on from those of one that is gone
        "--performance-schema=ON",
        "--performance-schema-instrument=wait/lock/metadata/sql/mdl=ON",
        "--performance-schema-instrument=transaction=ON",
        "--performance-schema-consumer-events-transactions-current=ON",
    ],
    "mysql": ["--gtid-mode=ON", "--enforce-gtid-consistency=ON"],
}


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    from conftest import proxy_factory, stop_all

    server = Server(request.param, *OPTIONS[request.param])
    server.fresh_database()
    start, started = proxy_factory(tmp_path_factory.mktemp("invisible"))
    root = server.connect()
    try:
        through = start(server)
        yield Bench(server, root, through, Drafts(through))
        stop_all(started)
    finally:
        root.close()
        server.stop()


# --- states -----------------------------------------------------------------------------------------------------------

ALL = TABLES + OBJECTS
SOME = [*TABLES, DDL("DROP VIEW v", "DROP VIEW", "CREATE"), DDL("DROP PROCEDURE p", "DROP PROCEDURE", "CREATE")]
BEGIN = ["BEGIN", "INSERT INTO seen (a) VALUES (5)", "SAVEPOINT s"]
ENDS = ["ROLLBACK TO SAVEPOINT s", "ROLLBACK", "SELECT id, a FROM seen"]
LATER = Other("INSERT INTO bankroll.seen (a) VALUES (100)")
RECOVER = Other("XA RECOVER")


def execute(statement, cursor=0):
    return Raw(COM_STMT_EXECUTE, struct.pack("<IBI", statement, cursor, 1))


def fetch(statement, rows):
    return Raw(COM_STMT_FETCH, struct.pack("<II", statement, rows))


TRANSACTIONS_ = [
    State("autocommit=0", ["SET autocommit = 0"], ["SELECT COUNT(*) FROM seen", "ROLLBACK"], ALL),
    State("autocommit=0, rows changed", ["SET autocommit = 0", *BEGIN[1:]], ENDS),
    State("transaction", BEGIN, ENDS, ALL),
    State("transaction without rows", ["BEGIN"], ["ROLLBACK"], SOME),
    State("transaction, old client", BEGIN, ENDS, SOME, capabilities=OLD),
    State(
        "the snapshot is not fixed",
        ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN"],
        [LATER, "SELECT id, a FROM seen"],
        SOME,
    ),
    State("the snapshot is not fixed, autocommit=0", ["SET autocommit = 0"], [LATER, "SELECT id, a FROM seen"], SOME),
    State(
        "the snapshot is fixed",
        ["START TRANSACTION WITH CONSISTENT SNAPSHOT", "SELECT id FROM seen"],
        [LATER, "SELECT id, a FROM seen"],
    ),
    State("serializable", ["SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", *BEGIN], ENDS, SOME),
    State("read only transaction", ["START TRANSACTION READ ONLY", "SELECT id FROM seen"], ["INSERT INTO seen (a) VALUES (1)"]),
    State("another session waits for rows", [*BEGIN, Other("SELECT COUNT(*) FROM bankroll.seen")], ENDS),
    State("failed within a transaction", [*BEGIN, "SELECT nothing", "ALTER TABLE none_such ADD b INT"], ENDS),
    State("failed within a transaction, old client", [*BEGIN, "ALTER TABLE none_such ADD b INT"], ENDS, capabilities=OLD | SESSION_TRACK),
    State("failed with autocommit=0", ["SET autocommit = 0", "ALTER TABLE none_such ADD b INT"], ENDS),
    State("failed with autocommit=0, rows changed", ["SET autocommit = 0", *BEGIN[1:], "ALTER TABLE none_such ADD b INT"], ENDS),
    State("failed", ["ALTER TABLE none_such ADD b INT"], ENDS),
    State("a CALL that failed has changed variables", ["CALL q()"], ["SET @a = 1"],
          before=["USE bankroll; CREATE PROCEDURE q() BEGIN SET time_zone = '+05:00'; SELECT nothing FROM seen; END"]),
]

ONE_SHOTS = [
    State("SET TRANSACTION READ ONLY", ["SET TRANSACTION READ ONLY"], ["BEGIN", "INSERT INTO seen (a) VALUES (1)"], SOME),
    State(
        "SET TRANSACTION ISOLATION LEVEL",
        ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
        [
            "BEGIN",
            "SELECT id FROM seen",
        ],
        SOME,
    ),
    State("insert_id", ["SET insert_id = 77"], ["INSERT INTO seen (a) VALUES (1)", "SELECT LAST_INSERT_ID()"], SOME),
    State("last_insert_id", ["SET last_insert_id = 88"], ["INSERT INTO seen (a) VALUES (LAST_INSERT_ID())", "SELECT a FROM seen"]),
    State("LAST_INSERT_ID(expression)", ["SELECT LAST_INSERT_ID(99)"], ["SELECT LAST_INSERT_ID()"]),
    State("timestamp", ["SET timestamp = 1000000000"], ["SELECT NOW(), @@timestamp"]),
    State("rand_seed", ["SET rand_seed1 = 11, rand_seed2 = 22"], ["SELECT RAND(), RAND()"]),
    State("pseudo_thread_id", ["SET pseudo_thread_id = 4321"], ["SELECT @@pseudo_thread_id"]),
    State("sql_log_bin=0", ["SET sql_log_bin = 0"]),
    State("user variables", ["SET @a = 'x', @b = @@sql_mode"], ["SELECT @a, @b"]),
    State("sql_auto_is_null", ["SET sql_auto_is_null = 1"], ["SELECT id FROM seen WHERE id IS NULL"]),
    State("max_error_count=0", ["SET max_error_count = 0"], ["SELECT @@max_error_count"]),
    State("sql_safe_updates", ["SET sql_safe_updates = 1"]),
    State("SQL_CALC_FOUND_ROWS of none", ["SELECT SQL_CALC_FOUND_ROWS id FROM seen WHERE id < 0 LIMIT 1"], ["SELECT FOUND_ROWS()"], SOME),
    State("FOUND_ROWS() of one", ["SELECT 1"], ["SELECT FOUND_ROWS()"]),
    State("ROW_COUNT()", ["UPDATE seen SET a = a + 1"], ["SELECT ROW_COUNT()"], SOME),
    State("warnings", ["DROP TABLE IF EXISTS none_such, none_either"], ["SHOW WARNINGS"], SOME),
    *(
        State(f"the rows of warnings are counted on, {name}", ["SET sql_mode = ''", read], ["CALL cut('1234')", "SHOW WARNINGS"],
              [*TABLES, DDL("CREATE PROCEDURE p2() SELECT 2", "PROCEDURE p2", "DROP PROCEDURE"), *OBJECTS[-6:]],
              before=["USE bankroll; CREATE PROCEDURE cut(x CHAR(2)) BEGIN END"], prologue=False)
        for name, read in [("none before", "SELECT 1"), ("some before", "SELECT id FROM seen")]
    ),
]

GTID = [
    State(
        "GTID_NEXT", ["SET gtid_next = '{gtid}:1'"],
        ["ROLLBACK", "SET gtid_next = 'AUTOMATIC'", "SELECT GTID_SUBSET('{gtid}:1', @@gtid_executed)"],
        [*ALL, DDL("ALTER TABLE u ADD COLUMN b INT")], only="mysql",
    ),
    State(
        "GTIDs tracked", ["SET session_track_gtids = 'OWN_GTID'", "SET gtid_next = '{gtid}:1'"], ["ROLLBACK"], only="mysql",
    ),
]

OPEN = [
    State("PREPARE", ["PREPARE s FROM 'SELECT a FROM seen'"], ["EXECUTE s", "DEALLOCATE PREPARE s"], SOME),
    State("prepared statement", [Raw(COM_STMT_PREPARE, b"SELECT a FROM seen")], [execute(1)], SOME),
    State(
        "open cursor",
        [Raw(COM_STMT_PREPARE, b"SELECT id, a FROM seen"), execute(1, cursor=1), fetch(1, 1)],
        [fetch(1, 1), fetch(1, 5)],
        SOME,
    ),
    State(
        "open cursor, old client",
        [Raw(COM_STMT_PREPARE, b"SELECT id, a FROM seen"), execute(1, cursor=1), fetch(1, 1)],
        [fetch(1, 1), fetch(1, 5)],
        capabilities=OLD,
    ),
    State("HANDLER", ["HANDLER seen OPEN", "HANDLER seen READ FIRST"], ["HANDLER seen READ NEXT", "HANDLER seen CLOSE"], SOME),
    State("HANDLER of the table", ["HANDLER t OPEN"], ["HANDLER t READ FIRST", "HANDLER t CLOSE"]),
    State(
        "temporary table beside it",
        ["CREATE TEMPORARY TABLE mine (id INT)", "INSERT INTO mine VALUES (3)"],
        ["SELECT id FROM mine", "SHOW CREATE TABLE mine"],
        SOME,
    ),
    State(
        "temporary table shadows t",
        ["CREATE TEMPORARY TABLE t (x INT, a INT)", "INSERT INTO t VALUES (3, 4)"],
        ["SHOW CREATE TABLE t", "SELECT * FROM t"],
        [*TABLES, DDL("DROP TABLE t"), DDL("CREATE INDEX i ON bankroll.t (a)"), DDL("RENAME TABLE t TO w")],
        drafted=False,
    ),
    *(
        State(
            f"temporary table alone, {name}",
            ["CREATE TEMPORARY TABLE mine (id INT, a INT)", setup],
            ["SHOW CREATE TABLE mine"],
            [DDL("ALTER TABLE mine ADD COLUMN b INT"), DDL("CREATE INDEX i ON mine (a)"), DDL("DROP TABLE mine")],
            only=only,
        )
        for name, setup, only in [
            ("plain", "SELECT 1", None),
            ("results in utf16", "SET character_set_results = utf16", None),
            ("results in utf32", "SET character_set_results = utf32", None),
            ("GTID_NEXT", "SET gtid_next = '{gtid}:1'", "mysql"),
            ("not asked", "SET profiling = 1", None),
        ]
    ),
    State("user lock", ["SELECT GET_LOCK('mine', 0)"], ["SELECT IS_USED_LOCK('mine') = CONNECTION_ID()", "SELECT RELEASE_LOCK('mine')"]),
]

XA_ENDS = [RECOVER, "XA END 'x'", "XA ROLLBACK 'x'", RECOVER, "SELECT id, a FROM seen"]
XA = [
    State("XA ACTIVE", ["XA START 'x'", *BEGIN[1:2]], XA_ENDS, SOME, cleanup=["XA ROLLBACK 'x'"]),
    State("XA IDLE", ["XA START 'x'", *BEGIN[1:2], "XA END 'x'"], XA_ENDS, SOME, cleanup=["XA ROLLBACK 'x'"]),
    State(
        "XA PREPARED",
        ["XA START 'x'", *BEGIN[1:2], "XA END 'x'", "XA PREPARE 'x'"],
        XA_ENDS,
        # Another table's: what the prepared transaction has locked, the server would wait for.
        TABLES,
        cleanup=["XA ROLLBACK 'x'"],
    ),
    State("XA ACTIVE, autocommit=0, old client", ["SET autocommit = 0", "XA START 'x'"], XA_ENDS, capabilities=OLD, cleanup=["XA ROLLBACK 'x'"]),
]

UNLOCK = ["SELECT a FROM seen", "INSERT INTO t VALUES (1, 1)", "UNLOCK TABLES"]
LOCKS = [
    State("LOCK TABLES t WRITE", ["LOCK TABLES t WRITE"], UNLOCK, ALL),
    State("LOCK TABLES t READ", ["LOCK TABLES t READ"], UNLOCK, SOME),
    State("LOCK TABLES of another", ["LOCK TABLES seen WRITE"], UNLOCK, SOME),
    State("LOCK TABLES t AS x", ["LOCK TABLES t AS x WRITE"], UNLOCK, SOME),
    State("LOCK TABLES, autocommit=0", ["SET autocommit = 0", "LOCK TABLES t WRITE, seen READ"], UNLOCK),
    *(
        State(f"partitions and tablespaces, {name}", ["SET innodb_strict_mode = 0", *lock], ["UNLOCK TABLES", "SHOW CREATE TABLE parts"],
              [DDL("ALTER TABLE parts REBUILD PARTITION p0"), DDL("ALTER TABLE parts ADD COLUMN b INT", "ADD COLUMN b", "DROP COLUMN")],
              only="mysql", cleanup=["SET GLOBAL innodb_file_per_table = ON"],
              before=["USE bankroll; SET SESSION innodb_strict_mode = 0; SET GLOBAL innodb_file_per_table = ON;"
                      "CREATE TABLE parts (id INT PRIMARY KEY) ENGINE = InnoDB KEY_BLOCK_SIZE = 4 PARTITION BY HASH (id) PARTITIONS 1;"
                      "SET GLOBAL innodb_file_per_table = OFF; ALTER TABLE parts ADD PARTITION PARTITIONS 2"])
        for name, lock in [("locked", ["LOCK TABLES parts WRITE"]), ("not locked", [])]
    ),
    State("FLUSH TABLES FOR EXPORT", ["FLUSH TABLES t FOR EXPORT"], UNLOCK, SOME),
    State("FLUSH TABLES WITH READ LOCK", ["FLUSH TABLES WITH READ LOCK"], UNLOCK, SOME),
    State("BACKUP STAGE", ["BACKUP STAGE START", "BACKUP STAGE FLUSH"], ["BACKUP STAGE END"], only="mariadb"),
    State("LOCK INSTANCE FOR BACKUP", ["LOCK INSTANCE FOR BACKUP"], ["UNLOCK INSTANCE"], only="mysql",
          ddl=[DDL("ALTER TABLE t ADD COLUMN a INT"), *TABLES[2:]]),
]

UMLAUT = [
    DDL("ALTER TABLE t ADD COLUMN ü INT COMMENT 'é'", "ADD COLUMN ü INT COMMENT 'é'", "DROP COLUMN `ü`"),
    DDL("ALTER TABLE t ADD COLUMN a INT COMMENT 'é'"),
    DDL("ALTER TABLE none_süch ADD COLUMN b INT"),
    DDL("DROP TABLE `é`"),
]
CHARSETS = [
    State(f"character_set_results={charset}", [f"SET character_set_results = {charset}"], ddl=[*TABLES, *UMLAUT])
    for charset in ("latin1", "cp932", "NULL", "utf16", "utf8mb4", "binary")
] + [
    State("SET NAMES latin1", ["SET NAMES latin1"], ddl=UMLAUT, encoding="latin1"),
    State("SET NAMES cp1251 results only", ["SET NAMES latin1", "SET character_set_results = cp1251"], ddl=UMLAUT, encoding="latin1"),
]

QUOTED = [
    DDL('ALTER TABLE "t" ADD COLUMN "b" INT', 'ADD COLUMN "b"', "DROP COLUMN `b`"),
    DDL('ALTER TABLE "t" ADD COLUMN "a" INT'),
    DDL('ALTER TABLE "none_such" ADD COLUMN "b" INT'),
]
MODES = [
    State(f"sql_mode={mode}", [f"SET sql_mode = '{mode}'"], ddl=[*TABLES, *QUOTED], only=only, up=["sql_mode"])
    for mode, only in [
        ("ANSI", None), ("ANSI_QUOTES", None), ("ORACLE", "mariadb"), ("MSSQL", "mariadb"), ("POSTGRESQL", "mariadb"),
    ]
] + [
    State("sql_mode=''", ["SET sql_mode = ''"], ddl=SOME),
    State("NO_BACKSLASH_ESCAPES", ["SET sql_mode = 'NO_BACKSLASH_ESCAPES'"]),
    State("sql_quote_show_create=0", ["SET sql_quote_show_create = 0"], ddl=SOME),
    State("foreign_key_checks=0", ["SET foreign_key_checks = 0"], up=["foreign_key_checks"]),
    State("time_zone", ["SET time_zone = '+07:00'"]),
    State("sql_select_limit=0", ["SET sql_select_limit = 0"], ddl=SOME),
    State("max_join_size=1", ["SET max_join_size = 1, sql_big_selects = 0"], ddl=SOME),
    State("max_execution_time=30000", ["SET max_execution_time = 30000"], only="mysql", ddl=SOME),
    State("max_statement_time=30", ["SET max_statement_time = 30"], only="mariadb", ddl=SOME),
    State("max_sort_length, div_precision_increment", ["SET max_sort_length = 4, div_precision_increment = 0"]),
    State("a small net_buffer and group_concat", ["SET group_concat_max_len = 4"]),
    State("lc_messages", ["SET lc_messages = 'de_DE'"]),
    State("show_create_table_verbosity", ["SET show_create_table_verbosity = 1"], only="mysql"),
    State("low_priority_updates, sql_notes=0", ["SET sql_notes = 0, low_priority_updates = 1"], ddl=SOME),
    State("use_secondary_engine=FORCED", ["SET use_secondary_engine = FORCED"], only="mysql"),
    State("query_cache", ["SET query_cache_type = 0"], only="mariadb"),
]

TRACK = [
    State(
        f"{kind} tracked, {where}, {'old client' if eof == 0 else 'new client'}",
        [f"SET session_track_transaction_info = '{kind}'", *setup],
        after,
        capabilities=OLD | SESSION_TRACK | eof,
        ddl=SOME,
        **facts,
    )
    for kind in ("STATE", "CHARACTERISTICS")
    for where, setup, after, facts in [
        ("no transaction", [], ["BEGIN", "ROLLBACK"], {}),
        ("transaction", BEGIN, ENDS, {}),
        ("transaction just begun", ["BEGIN"], ["ROLLBACK"], {}),
        ("autocommit=0", ["SET autocommit = 0"], ["SELECT id FROM seen", "ROLLBACK"], {}),
        ("autocommit=0, rows changed", ["SET autocommit = 0", *BEGIN[1:]], ENDS, {}),
        ("transaction, rows read", ["BEGIN", "SELECT id FROM seen"], ["ROLLBACK"], {}),
        ("transaction, rows read, error", ["BEGIN", "SELECT id FROM seen", "SELECT nothing"], ["ROLLBACK"], {}),
        ("SET TRANSACTION", ["SET TRANSACTION READ ONLY"], ["BEGIN", "ROLLBACK"], {}),
        ("LOCK TABLES", ["LOCK TABLES t WRITE"], ["UNLOCK TABLES"], {}),
    ]
    for eof in (0, DEPRECATE_EOF)
] + [
    State("all variables tracked", ["SET session_track_system_variables = '*'"], ["SET sql_mode = 'ANSI'", "SELECT 1"], SOME, only="mariadb"),
    State("many variables tracked", ["SET session_track_system_variables = 'autocommit,sql_mode,lock_wait_timeout,character_set_results,sql_select_limit'"],
          ["SET sql_mode = 'ANSI'", "SELECT 1"], SOME),
    State("schema and state changes tracked", ["SET session_track_schema = 1, session_track_state_change = 1"], ["USE bankroll", "SET @x = 1"], SOME),
]

PLACES = [
    State("TLS", tls=True, ddl=ALL),
    State("TLS, old client", tls=True, capabilities=OLD),
    State("old client", capabilities=OLD, ddl=SOME),
    State("compression", capabilities=NEW | COMPRESS, ddl=ALL),
    State("compression, old client", capabilities=OLD | COMPRESS),
    State("compression, in a transaction, pipeline", BEGIN, ENDS, pipeline=True, capabilities=NEW | COMPRESS),
    State("pipeline", ddl=ALL, pipeline=True),
    State("pipeline, old client", ddl=SOME, pipeline=True, capabilities=OLD),
    State("pipeline in a transaction", BEGIN, ENDS, pipeline=True),
    State("query attributes", ddl=SOME, capabilities=NEW | QUERY_ATTRIBUTES, only="mysql"),
    *(
        State(f"{name} set behind another statement", [f"SELECT 1; SET {setting}"], [show], capabilities=NEW | MULTI_STATEMENTS)
        for name, setting, show in [
            ("profiling", "profiling = 1", "SELECT COUNT(DISTINCT QUERY_ID) FROM information_schema.PROFILING"),
            ("optimizer_trace", "optimizer_trace = 'enabled=on'", "SELECT COUNT(*), MAX(QUERY) FROM information_schema.OPTIMIZER_TRACE"),
        ]
    ),
    State("several statements", capabilities=NEW | MULTI_STATEMENTS, way_back=False, ddl=[
        DDL("SELECT 1; ALTER TABLE t ADD COLUMN b INT", "ADD COLUMN b"),
        DDL("ALTER TABLE t ADD COLUMN a INT; SELECT 1"),
        DDL("SELECT 1 UNION SELECT 2; ALTER TABLE t ADD COLUMN b INT; SELECT FOUND_ROWS()", "ADD COLUMN b"),
    ]),
    State("COM_STMT_EXECUTE", ddl=TABLES, prepared=True),
    State("COM_STMT_EXECUTE in a transaction", BEGIN, ENDS, prepared=True),
    State("no default database", database="", prologue=False, ddl=[
        DDL("ALTER TABLE bankroll.t ADD COLUMN b INT", "ADD COLUMN b", "DROP COLUMN"),
        DDL("ALTER TABLE t ADD COLUMN b INT"),
        DDL("DROP TABLE t"),
        DDL("CREATE TABLE u (id INT)"),
        DDL("DROP PROCEDURE p"),
        DDL("DROP VIEW bankroll.v", "DROP VIEW", "CREATE"),
    ]),
    State("another default database", ["USE information_schema"], ddl=[
        DDL("ALTER TABLE bankroll.t ADD COLUMN b INT", "ADD COLUMN b", "DROP COLUMN"), *TABLES[1:],
    ]),
    State("invalid view", before=["USE bankroll; CREATE TABLE base (id INT); CREATE VIEW broken AS SELECT id FROM base; DROP TABLE base"],
          ddl=[
        DDL("DROP VIEW broken", "DROP VIEW", "CREATE"),
        DDL("ALTER TABLE broken ADD COLUMN b INT"),
        DDL("DROP TABLE broken"),
        DDL("CREATE OR REPLACE VIEW broken AS SELECT 1 AS id", "VIEW broken", "VIEW"),
    ]),
    State("DROP TABLE of a view", ddl=[DDL("DROP TABLE v"), DDL("DROP VIEW t"), DDL("ALTER TABLE v ADD COLUMN b INT"), DDL("RENAME TABLE v TO w", "RENAME", "RENAME")]),
    State("tables that are not open stay so", only="mariadb", before=["FLUSH TABLES"], prologue=False, ddl=[
        DDL("CREATE TABLE opened (a INT)", "CREATE TABLE", "DROP TABLE"),
        DDL("DROP TRIGGER tr", "DROP TRIGGER", "CREATE"),
        DDL("CREATE OR REPLACE VIEW v AS SELECT a FROM t", "VIEW v", "VIEW"),
        DDL("DROP VIEW v", "DROP VIEW", "CREATE"),
        DDL("CREATE SEQUENCE sq2", "CREATE SEQUENCE", "DROP SEQUENCE"),
        *TABLES,
    ], after=[Other("SHOW OPEN TABLES FROM bankroll")]),
    State("tables that are open stay so", only="mariadb", before=["FLUSH TABLES"], setup=["SELECT * FROM v"], ddl=[
        DDL("DROP TRIGGER tr", "DROP TRIGGER", "CREATE"),
        DDL("DROP VIEW v", "DROP VIEW", "CREATE"),
    ], after=[Other("SHOW OPEN TABLES FROM bankroll")]),
    State("who opens the table to alter it", only="mariadb", prologue=False, after=["SHOW WARNINGS", "SELECT * FROM opened", "SHOW WARNINGS"],
          before=["USE bankroll; CREATE TABLE opened (a DATETIME, b INT AS (a IN (1, 2, 3))); FLUSH TABLES"], ddl=[
        DDL("ALTER TABLE opened ADD COLUMN c INT", "ADD COLUMN c", "DROP COLUMN"),
        DDL("ALTER TABLE opened ADD COLUMN a INT"),
        DDL("ALTER TABLE opened"),
        DDL("ALTER TABLE opened COMMENT 'x'", "COMMENT", "COMMENT"),
        DDL("CREATE INDEX i ON opened (a)", "CREATE INDEX", "DROP KEY"),
        DDL("RENAME TABLE opened TO other", "RENAME TABLE", "TO `opened`"),
    ]),
    State("who opens the table first", only="mariadb", after=["SELECT * FROM opened", "SHOW WARNINGS"], ddl=[
        DDL("CREATE TABLE opened (a DATETIME, b INT AS (a IN (1, 2, 3)))", "CREATE TABLE", "DROP TABLE")]),
    State("sequence", only="mariadb", before=["USE bankroll; CREATE SEQUENCE sq"], ddl=[
        DDL("ALTER SEQUENCE sq MAXVALUE 100", "ALTER SEQUENCE", "SEQUENCE"),
        DDL("DROP SEQUENCE sq", "DROP SEQUENCE", "CREATE"),
        DDL("DROP TABLE sq", "DROP TABLE", "CREATE"),
    ]),
]

READS = [
    DDL("CREATE TABLE c AS SELECT ROW_COUNT() AS r, FOUND_ROWS() AS f, @@warning_count AS w, @@error_count AS e", "CREATE TABLE c", "DROP TABLE"),
    DDL("CREATE TABLE c AS SELECT /* comment */ found_rows ( ) AS f", "found_rows", "DROP TABLE"),
    DDL("CREATE TABLE t AS SELECT FOUND_ROWS() AS f"),
]
READERS = [
    State("the text reads what the session has", ["UPDATE seen SET a = a + 1"], ["SELECT * FROM c"], READS),
    State("the text reads warnings", ["SELECT CAST('x' AS SIGNED), CAST('y' AS SIGNED)"], ["SELECT * FROM c"], READS[:1]),
    State("nothing is known of sql_mode", ["SET sql_mode = 'ANSI_QUOTES'", "SET profiling = 1"],
          ddl=[DDL("CREATE VIEW w AS SELECT id FROM t WHERE a = 'x'", "VIEW w", "DROP VIEW")], notes=["sql_mode is not known"]),
    State("profiling=1", ["SET profiling = 1"], ["SELECT QUERY_ID, COUNT(*) FROM information_schema.PROFILING GROUP BY 1 ORDER BY 1"]),
    State("optimizer_trace", ["SET optimizer_trace = 'enabled=on'", "SELECT id FROM seen WHERE a = 5"],
          ["SELECT QUERY FROM information_schema.OPTIMIZER_TRACE"]),
]

GRANTS = "CREATE USER someone@'%'; GRANT {} TO someone@'%'"
DROP_USER = ["DROP USER IF EXISTS someone@'%'"]


def account(name, grants, **facts):
    return State(name, user="someone", prologue=False, cleanup=DROP_USER,
                 before=[*DROP_USER, "; ".join(["CREATE USER someone@'%'", *(f"GRANT {grant} TO someone@'%'" for grant in grants)])], **facts)


ACCOUNTS = [
    account("account without SELECT", ["ALTER, CREATE, INSERT, DROP ON bankroll.*"], ddl=[*TABLES, *OBJECTS[:4]]),
    account("account of one table", ["ALTER ON bankroll.t", "INSERT ON bankroll.t"], ddl=[*TABLES, *OBJECTS[:4]]),
    account("account of a column", ["SELECT (a) ON bankroll.t"]),
    account("account that may only drop views", ["DROP ON bankroll.v"], ddl=SOME),
    account("account that may only alter routines", ["ALTER ROUTINE ON bankroll.*"], ddl=SOME),
    account("account without any right", ["USAGE ON *.*"], ddl=SOME, database=""),
    State("expired password", user="someone", prologue=False, cleanup=DROP_USER, capabilities=NEW | EXPIRED_PASSWORDS,
          before=[*DROP_USER, "CREATE USER someone@'%'; GRANT ALL ON *.* TO someone@'%'; ALTER USER someone@'%' PASSWORD EXPIRE"], database=""),
]

STATES = [
    State("plain", ddl=ALL), *TRANSACTIONS_, *ONE_SHOTS, *GTID, *OPEN, *XA, *LOCKS, *CHARSETS, *MODES, *TRACK, *PLACES, *READERS, *ACCOUNTS,
]


KINDS = ["mariadb", "mysql"]
BOTH = pytest.mark.parametrize("bench", KINDS, indirect=True, scope="module")


@pytest.mark.parametrize(
    ("bench", "state"),
    [
        pytest.param(kind, state, id=f"{kind}-{state.name}")
        for kind in KINDS
        for state in STATES
        if state.only in (None, kind)
    ],
    indirect=["bench"],
    scope="module",
)
def test_state(bench, state):
    bench.run(state)


# --- questions that wait, and limits ----------------------------------------------------------------------------------


class Maker(threading.Thread):
    """Another session that is just making the table `made`."""

    def __init__(self, bench):
        super().__init__(daemon=True)
        self.bench = bench
        self.connection = bench.server.connect(database="bankroll")

    def run(self):
        try:
            self.connection.query("CREATE TABLE made AS SELECT SLEEP(60) AS s")
        except pymysql.MySQLError:
            pass

    def __enter__(self):
        self.start()
        # Asleep it has the table's lock; on the list it is before it took it.
        wait_for(self.bench, self.connection.thread_id(), "User sleep", column="STATE")
        return self

    def __exit__(self, *_):
        self.bench.server.execute(f"KILL {self.connection.thread_id()}")
        self.join(20)
        self.connection.close()


def wait_for(bench, thread, *begins, column="INFO"):
    """Until what the thread runs, or its state, begins so."""
    deadline = time.monotonic() + 30
    while True:
        rows = bench.server.execute(f"SELECT {column} FROM information_schema.PROCESSLIST WHERE ID = {thread}")
        if rows and (rows[0][0] or "").startswith(begins):
            return rows[0][0]
        assert time.monotonic() < deadline, rows
        time.sleep(0.02)


def alter_while_made(bench, place, meanwhile):
    """What a session is told that alters a table which another session is making; what ran when it waited."""
    bench.root.query(RESET)
    while bench.root._result.has_next:
        bench.root.next_result()
    with Maker(bench):
        client = Client(*place, NEW)
        # Where the wait is ended from outside, no pause of the machine may end it first.
        client.query(f"SET lock_wait_timeout = {60 if meanwhile else 10}")
        start = len(client.events)
        client.send(bytes([COM_QUERY]) + b"ALTER TABLE made ADD COLUMN b INT")
        waiting = wait_for(bench, client.connection_id, "ALTER TABLE made", "SHOW CREATE TABLE")
        if meanwhile:
            bench.server.execute(f"{meanwhile} {client.connection_id}")
        try:
            client.answer(COM_QUERY)
            client.query("SELECT DATABASE(), @@lock_wait_timeout")
        except Closed:
            pass
        client.close()
    return [data for side, data in client.events[start:] if side == "S"], waiting


@BOTH
@pytest.mark.parametrize("meanwhile", ["KILL QUERY", "KILL", None])
def test_while_a_question_waits(bench, meanwhile):
    """MySQL: killed, the change is not run; else it waits on its own account. MariaDB's question does not wait."""
    direct, ran = alter_while_made(bench, (bench.server.host, bench.server.port), meanwhile)
    assert ran.startswith("ALTER")
    through, ran = alter_while_made(bench, (bench.through.host, bench.through.port), meanwhile)
    assert ran.startswith("ALTER" if bench.server.is_mariadb else "SHOW CREATE TABLE")
    assert through == direct
    if meanwhile != "KILL":
        assert error_code(direct[0][4:]) == (1317 if meanwhile else 1205)
    assert bench.drafts.take() == []


@BOTH
def test_an_hourly_limit_counts_questions(bench):
    """The one limit that shows: the session is told by the server itself, and goes on being a session."""
    for sql in [*DROP_USER, "CREATE USER someone@'%' WITH MAX_QUERIES_PER_HOUR 6", "GRANT ALL ON bankroll.* TO someone@'%'"]:
        bench.root.query(sql)
    bench.server.execute(RESET.strip())
    client = Client(bench.through.host, bench.through.port, NEW, b"someone")
    said = [client.query(f"ALTER TABLE t ADD COLUMN c{number} INT")[-1] for number in range(4)]
    client.close()
    assert said[0][0] == 0
    assert error_code(said[-1]) == 1226
    made = [packet for packet in said if packet[0] == 0]
    assert len(bench.drafts.take()) == len(made)
    bench.root.query(DROP_USER[0])


TINY_LIMITS = {"mariadb": "max_statement_time = 0.000001", "mysql": "max_execution_time = 1"}


@BOTH
def test_a_tiny_time_limit(bench):
    """The server's timer interrupts a question, the change, both or neither: what it says OK to is drafted. MySQL's
    interrupts no change."""
    bench.server.execute(RESET.strip())
    client = Client(bench.through.host, bench.through.port, NEW)
    client.query(f"SET {TINY_LIMITS[bench.server.kind]}")
    said = [client.query(f"ALTER TABLE t ADD COLUMN c{number} INT")[-1] for number in range(20)]
    client.close()
    interrupted = (1969, 1317) if bench.server.is_mariadb else ()
    assert all(packet[0] == 0 or error_code(packet) in interrupted for packet in said), said
    drafts = bench.drafts.take()
    assert len(drafts) == sum(packet[0] == 0 for packet in said)
