"""What the clients of a load do: each deed is one short session, polite or rude, with a server through ddltap.

A deed is given an Actor, which knows where to connect and has its own random numbers. What a deed provokes, such as
the error of a killed query, it takes; any other error is the load's failure.
"""

import io
import os
import random
import socket
import ssl
import struct
import threading
import time
import traceback

import pymysql
import pymysql.cursors
from pymysql.constants import CLIENT

DATABASE = "bankroll"
MEGABYTE = 1 << 20
PATIENCE = 60

COM_QUERY = b"\x03"
COM_STMT_PREPARE = 0x16
COM_STMT_EXECUTE = 0x17

# What a client hears whose session or query was killed, or whose server is gone.
KILLED = {0, 1053, 1152, 1184, 1317, 1927, 2006, 2013, 3169, 4031}

LOOSE_TLS = {"check_hostname": False}

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS bulk (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40), body LONGBLOB)",
    "CREATE TABLE IF NOT EXISTS people (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40), age INT)",
    "INSERT INTO people (name, age) VALUES ('anna', 31), ('berta', 44), ('carl', 27)",
)


class Actor:
    """One client after another: place to connect to, random numbers, names of its own."""

    def __init__(self, number, host, port, seed):
        self.number = number
        self.host = host
        self.port = port
        self.random = random.Random(f"{seed}.{number}")
        self.tables = 0

    def connect(self, **options):
        if "ssl" not in options and self.random.random() < 0.4:
            options["ssl"] = LOOSE_TLS
        if "ssl" not in options:
            options["ssl_disabled"] = True
        return pymysql.connect(
            host=self.host,
            port=self.port,
            user="root",
            password="",
            database=DATABASE,
            charset="utf8mb4",
            autocommit=True,
            local_infile=True,
            client_flag=CLIENT.MULTI_STATEMENTS if self.random.random() < 0.5 else 0,
            connect_timeout=PATIENCE,
            read_timeout=PATIENCE,
            write_timeout=PATIENCE,
            **options,
        )

    def dial(self):
        """A bare socket."""
        return socket.create_connection((self.host, self.port), PATIENCE)

    def table_name(self):
        self.tables += 1
        return f"made_{self.number}_{self.tables}"


def execute(connection, *statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()
            while cursor.nextset():
                cursor.fetchall()


def vanish(connection_or_socket):
    """Leave without a word: by a reset."""
    bare = getattr(connection_or_socket, "_sock", connection_or_socket)
    if bare is None:
        return
    try:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(bare, ssl.SSLSocket):
            bare = socket.socket(fileno=bare.detach())
        bare.close()
    except OSError:
        pass
    if hasattr(connection_or_socket, "_force_close"):
        connection_or_socket._force_close()


def send_command(connection, payload):
    """The bytes of a command, without waiting for the answer."""
    connection._sock.sendall(struct.pack("<I", len(payload)) + payload)


# --- polite -------------------------------------------------------------------------------------


def queries(actor):
    connection = actor.connect()
    for _ in range(actor.random.randrange(1, 6)):
        execute(
            connection,
            "SELECT id, name FROM people LIMIT 20",
            "BEGIN",
            f"UPDATE people SET age = {actor.random.randrange(99)} WHERE id = 1",
            "COMMIT",
        )
    connection.ping()
    connection.close()


def schema_change(actor):
    name = actor.table_name()
    connection = actor.connect()
    execute(
        connection,
        f"CREATE TABLE {name} (id INT PRIMARY KEY, note VARCHAR(20))",
        f"ALTER TABLE {name} ADD COLUMN age INT AFTER id",
        f"DROP TABLE {name}",
    )
    connection.close()


def schema_change_refused(actor):
    connection = actor.connect()
    try:
        execute(connection, "ALTER TABLE there_is_none ADD COLUMN age INT")
    except pymysql.MySQLError:
        pass
    connection.close()


def prepared(actor):
    """Statements prepared and left open, one of them DDL that is executed, too."""
    connection = actor.connect()
    for text in ("SELECT ? + 1", "SELECT 'unused'", "CREATE TABLE IF NOT EXISTS people (id INT)"):
        connection._execute_command(COM_STMT_PREPARE, text)
        first = connection._read_packet()
        statement, columns, parameters = struct.unpack_from("<IHH", first._data, 1)
        for count in (parameters, columns):
            for _ in range(count + 1 if count else 0):
                connection._read_packet()
    connection._execute_command(COM_STMT_EXECUTE, struct.pack("<IBI", statement, 0, 1))
    connection._read_packet()
    connection.close()


def temporary_tables(actor):
    connection = actor.connect()
    execute(
        connection,
        "CREATE TEMPORARY TABLE scratch (id INT)",
        "INSERT INTO scratch VALUES (1), (2)",
        "DROP TEMPORARY TABLE scratch",
    )
    connection.close()


# --- bulk ---------------------------------------------------------------------------------------


def big_result(actor, rows=24):
    connection = actor.connect(cursorclass=pymysql.cursors.SSCursor)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
            f" SELECT i, REPEAT('x', {MEGABYTE}) FROM n"
        )
        got = sum(len(row[1]) for row in cursor)
    assert got == rows * MEGABYTE, f"{got} bytes of a result of {rows} MiB"
    connection.close()


def many_rows(actor):
    connection = actor.connect(cursorclass=pymysql.cursors.SSCursor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, b.name, c.age FROM people a, people b, people c, people d, people e, people f LIMIT 20000"
        )
        for _ in cursor:
            pass
    connection.close()


def big_insert(actor):
    """Both sides of the largest packet are passed now and then."""
    connection = actor.connect()
    body = b"y" * actor.random.choice((1, 4, 17)) * MEGABYTE
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bulk (name, body) VALUES ('big', _binary %s)", (body,))
        cursor.execute("DELETE FROM bulk WHERE id = LAST_INSERT_ID()")
    connection.close()


def load_file(actor):
    """LOAD DATA LOCAL of some megabytes."""
    text = b"".join(b"%d\tname%d\n" % (i, i) for i in range(4000)) * 20
    connection = actor.connect()
    with temporary_file(text) as path:
        execute(
            connection,
            "CREATE TEMPORARY TABLE loaded (id INT, name VARCHAR(40))",
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE loaded",
        )
    connection.close()


class temporary_file:
    """A file in memory that has a path."""

    def __init__(self, content):
        self.descriptor = os.memfd_create("load")
        with io.FileIO(self.descriptor, "w", closefd=False) as file:
            file.write(content)

    def __enter__(self):
        return f"/proc/self/fd/{self.descriptor}"

    def __exit__(self, *_):
        os.close(self.descriptor)


# --- kills --------------------------------------------------------------------------------------


def killed(actor):
    """One session runs a long query, another kills it."""
    victim, killer = actor.connect(), actor.connect()
    kind = actor.random.choice(("QUERY", "CONNECTION"))
    timer = threading.Timer(0.1, execute, (killer, f"KILL {kind} {victim.thread_id()}"))
    timer.start()
    try:
        execute(victim, "SELECT SLEEP(2)", "SELECT 1")
    except pymysql.MySQLError as error:
        if error.args[0] not in KILLED:
            raise
    except OSError:
        pass
    timer.join()
    killer.close()
    vanish(victim)


def schema_change_killed(actor):
    """The same while DDL waits for a lock."""
    name = actor.table_name()
    holder, victim = actor.connect(), actor.connect()
    execute(holder, f"CREATE TABLE {name} (id INT)", f"LOCK TABLES {name} WRITE")
    timer = threading.Timer(0.2, execute, (holder, f"KILL {victim.thread_id()}"))
    timer.start()
    try:
        execute(victim, f"ALTER TABLE {name} ADD COLUMN age INT")
    except pymysql.MySQLError as error:
        if error.args[0] not in KILLED:
            raise
    except OSError:
        pass
    timer.join()
    execute(holder, "UNLOCK TABLES", f"DROP TABLE {name}")
    holder.close()
    vanish(victim)


# --- rude: who leaves in the middle of something ---------------------------------------------------

HALF_A_RESPONSE = b"\x40\x00\x00\x01" + b"\x85\xa6\x0f\x20" + b"\x00" * 20
TLS_REQUEST = b"\x20\x00\x00\x01" + struct.pack("<IIB", 0x0F8A85 | 0x800, 1 << 24, 45) + b"\x00" * 23


def leaves_at_once(actor):
    bare = actor.dial()
    actor.random.choice((vanish, socket.socket.close))(bare)


def leaves_in_login(actor):
    bare = actor.dial()
    bare.recv(4096)
    bare.sendall(actor.random.choice((b"", HALF_A_RESPONSE, TLS_REQUEST, TLS_REQUEST + b"\x16\x03\x01")))
    if actor.random.random() < 0.5:
        time.sleep(0.05)
    actor.random.choice((vanish, socket.socket.close))(bare)


def talks_nonsense(actor):
    bare = actor.dial()
    bare.sendall(actor.random.randbytes(200))
    bare.settimeout(0.2)
    try:
        while bare.recv(65536):
            pass
    except OSError:
        pass
    vanish(bare)


def wrong_password(actor):
    try:
        pymysql.connect(host=actor.host, port=actor.port, user="nobody", password="wrong", ssl_disabled=True)
    except pymysql.MySQLError:
        pass


def leaves_in_command(actor):
    connection = actor.connect()
    connection._sock.sendall(struct.pack("<I", 5000) + COM_QUERY + b"CREATE TABLE half (")
    vanish(connection)


def leaves_before_answer(actor):
    name = actor.table_name()
    connection = actor.connect()
    text = actor.random.choice(("SELECT SLEEP(0.2)", f"CREATE TABLE IF NOT EXISTS {name} (id INT)"))
    send_command(connection, COM_QUERY + text.encode())
    if actor.random.random() < 0.5:
        time.sleep(0.02)
    vanish(connection)


def leaves_in_result(actor):
    connection = actor.connect()
    send_command(connection, COM_QUERY + f"SELECT REPEAT('z', {30 * MEGABYTE})".encode())
    connection._sock.recv(4096)
    time.sleep(0.05)
    vanish(connection)


def leaves_in_file(actor):
    connection = actor.connect()
    execute(connection, "CREATE TEMPORARY TABLE loaded (id INT, name VARCHAR(40))")
    send_command(connection, COM_QUERY + b"LOAD DATA LOCAL INFILE 'x' INTO TABLE loaded")
    connection._sock.recv(4096)
    connection._sock.sendall(struct.pack("<I", 100000 | 2 << 24) + b"1\tone\n" * 5000)
    vanish(connection)


POLITE = (queries, queries, prepared, temporary_tables, schema_change_refused)
SCHEMA_CHANGES = (schema_change, schema_change_killed)
BULK = (big_result, many_rows, big_insert, load_file)
RUDE = (
    killed,
    leaves_at_once,
    leaves_in_login,
    talks_nonsense,
    wrong_password,
    leaves_in_command,
    leaves_before_answer,
    leaves_in_result,
    leaves_in_file,
)


class Client(threading.Thread):
    """Deeds at random, until told to rest. What goes wrong is told to `failures`."""

    def __init__(self, proxy, number, seed, resting, failures):
        super().__init__(daemon=True)
        self.actor = Actor(number, proxy.host, proxy.port, seed)
        self.resting = resting
        self.failures = failures
        self.count = 0

    def choose(self):
        dice = self.actor.random.random()
        kinds = BULK if dice < 0.1 else RUDE if dice < 0.5 else POLITE
        if dice > 0.94:
            kinds = SCHEMA_CHANGES
        return self.actor.random.choice(kinds)

    def run(self):
        while not self.resting.is_set():
            deed = self.choose()
            try:
                deed(self.actor)
                self.count += 1
            except Exception:
                if self.resting.is_set():
                    break
                self.failures.append(f"{deed.__name__}: {traceback.format_exc()}")
                time.sleep(0.5)
