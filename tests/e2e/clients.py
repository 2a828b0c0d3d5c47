"""The clients of the tests. Each runs a list of statements in one session and returns a transcript of all that it
was told by the server; transcripts of two runs compare equal where the client saw the same.

A statement that holds several, separated by ';', is sent as one multi-statement text.
"""

import contextlib
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT

from servers import cache_directory

SECONDS = 180
SHOWN = 500  # longer values are compared by their hash


@dataclass(frozen=True)
class Target:
    """Where a client connects, and how."""

    host: str = None
    port: int = None
    socket: str = None
    tls: bool = False
    user: str = "root"
    password: str = ""
    database: str = "bankroll"
    compression: str = None  # "zlib" or "zstd"


def brief(value):
    if isinstance(value, str) and len(value) > SHOWN:
        value = value.encode()
    if isinstance(value, bytes) and len(value) > SHOWN:
        return f"{len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()}"
    return value


def error_of(error):
    return ("error", *error.args)


class PyMySQL:
    """In this process: text protocol; sees every field of the server's packets."""

    name = "pymysql"

    def connect(self, target):
        place = (
            {"unix_socket": target.socket}
            if target.socket
            else {"host": target.host, "port": target.port}
        )
        # A dictionary of TLS options with no authority in it: TLS, with any certificate.
        tls = {"ssl": {"check_hostname": False}} if target.tls else {"ssl_disabled": True}
        return pymysql.connect(
            user=target.user,
            password=target.password,
            database=target.database,
            charset="utf8mb4",
            local_infile=True,
            max_allowed_packet=256 << 20,
            client_flag=CLIENT.MULTI_STATEMENTS,
            autocommit=True,
            read_timeout=SECONDS,
            conv={},
            **place,
            **tls,
        )

    def run(self, target, statements):
        transcript = []
        try:
            connection = self.connect(target)
        except pymysql.MySQLError as error:
            return [error_of(error)]
        with contextlib.closing(connection):
            for statement in statements:
                try:
                    connection.query(statement)
                    transcript.append(self.result(connection))
                    while connection._result.has_next:
                        connection.next_result()
                        transcript.append(self.result(connection))
                except pymysql.MySQLError as error:
                    transcript.append(error_of(error))
                    if not connection.open:
                        break
        return transcript

    @staticmethod
    def result(connection):
        result = connection._result
        fields = [
            (f.db, f.table_name, f.org_table, f.name, f.org_name, f.charsetnr, f.length, f.type_code, f.flags, f.scale)
            for f in getattr(result, "fields", ())
        ]
        rows = [tuple(brief(value) for value in row) for row in result.rows or ()]
        return (
            fields,
            rows,
            result.affected_rows,
            result.insert_id,
            result.server_status,
            result.warning_count,
            result.message,
        )


class CommandLine:
    """The mariadb or the mysql command line client, with all that it can print about results."""

    def program(self):
        raise NotImplementedError

    def options(self, target):
        raise NotImplementedError

    def command(self, target):
        place = (
            ["--protocol=socket", f"--socket={target.socket}"]
            if target.socket
            else ["--protocol=tcp", f"--host={target.host}", f"--port={target.port}"]
        )
        return [
            *self.program(),
            "--no-defaults",
            *place,
            *self.options(target),
            f"--user={target.user}",
            f"--password={target.password}",
            "--default-character-set=utf8mb4",
            "--local-infile=1",
            "--max-allowed-packet=256M",
            "--force",
            "--unbuffered",
            "--skip-reconnect",
            "--table",
            "-vv",
            "--show-warnings",
            "--column-type-info",
            target.database,
        ]

    def run(self, target, statements):
        # A statement that hangs ends the test, by an exception.
        script = "DELIMITER //\n" + "".join(f"{statement}\n//\n" for statement in statements)
        done = subprocess.run(
            self.command(target),
            input=script.encode(),
            capture_output=True,
            timeout=SECONDS,
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        )
        lines = [brief(line) for line in done.stdout.split(b"\n")]
        return [*lines, *done.stderr.split(b"\n"), f"exit code {done.returncode}"]


class MariaDBClient(CommandLine):
    name = "mariadb"

    def program(self):
        return ["/usr/bin/mariadb"]

    def options(self, target):
        tls = ["--ssl", "--disable-ssl-verify-server-cert"] if target.tls else ["--skip-ssl"]
        return [*tls, *(["--compress"] if target.compression else [])]


class MySQLClient(CommandLine):
    name = "mysql"

    def program(self):
        return [str(cache_directory() / "mysql/usr/bin/mysql")]

    def options(self, target):
        plugins = cache_directory() / "mysql/usr/lib/mysql/plugin"
        mode = "REQUIRED" if target.tls else "DISABLED"
        compression = target.compression or "uncompressed"
        return [
            f"--ssl-mode={mode}",
            "--get-server-public-key",
            f"--plugin-dir={plugins}",
            f"--compression-algorithms={compression}",
        ]


class NodeMySQL2:
    """npm's mysql2, by text commands."""

    name = "mysql2"
    protocol = "text"

    def run(self, target, statements):
        done = subprocess.run(
            ["node", str(Path(__file__).with_name("mysql2_client.js"))],
            input=json.dumps(
                {
                    "host": target.host,
                    "port": target.port,
                    "socketPath": target.socket,
                    "tls": target.tls,
                    "compress": target.compression is not None,
                    "user": target.user,
                    "password": target.password,
                    "database": target.database,
                    "protocol": self.protocol,
                    "statements": statements,
                }
            ).encode(),
            capture_output=True,
            timeout=SECONDS,
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(cache_directory() / "npm/node_modules")},
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)


class NodeMySQL2Binary(NodeMySQL2):
    """npm's mysql2, by prepared statements: the binary protocol."""

    name = "mysql2-binary"
    protocol = "binary"


CLIENTS = [MariaDBClient(), MySQLClient(), PyMySQL(), NodeMySQL2(), NodeMySQL2Binary()]
