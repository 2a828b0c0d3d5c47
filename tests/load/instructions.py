#!/usr/bin/python3
"""How many instructions does ddltap spend on what it relays? Callgrind counts them: the same each time.

    instructions.py [--commands 2000] [--only CASE]      DDLTAP_BINARY names the program, a build as it is shipped

Each case is one session of one client in front of a private MariaDB, capture on, ddltap under callgrind:

    nothing:  start, log in, leave                     I0
    a case:   start, log in, N commands, leave         In        (In - I0) / N, printed and compared with its limit

The last case is of texts of many statements, one of them DDL, which are taken apart and followed answer by answer.

What the kernel does is not in it; that is what benchmarks are for (tests/bench). The limits stand 20 % above what was
counted with gcc 12 on x86-64: another compiler may stay below, a new step on the way of every packet does not.
"""

import argparse
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import wire  # noqa: E402
from callgrind import instructions, under_callgrind  # noqa: E402
from proxy import Proxy, init, make_repository  # noqa: E402
from servers import Server  # noqa: E402

ROWS = 1000
POINT_SELECT = "SELECT c FROM numbers WHERE id=123"
ALL_ROWS = "SELECT id, c FROM numbers"
STATEMENTS = 2000
LONG_TEXT = "CREATE TABLE IF NOT EXISTS made (id INT);" + "DO 1;" * (STATEMENTS - 1)


def ping(client):
    client.command(wire.COM_PING)


def point_select(client):
    client.query(POINT_SELECT)


def insert(client):
    client.query("INSERT INTO filled VALUES (1)")


def rows(client):
    client.query(ALL_ROWS)


def long_text(client):
    client.query(LONG_TEXT)


class Prepared:
    """One statement, prepared by the session's first command."""

    def __init__(self):
        self.statement = None

    def __call__(self, client):
        if self.statement is None:
            self.statement = client.prepare("SELECT c FROM numbers WHERE id=?")
        client.execute(self.statement, [(wire.LONGLONG, (123).to_bytes(8, "little"))])


# name: what one command does, how many units it counts for, and the most instructions a unit may take
CASES = {
    "ping": (ping, 1, 5000),
    "point select": (point_select, 1, 7100),
    "point select, prepared": (Prepared(), 1, 6250),
    "insert": (insert, 1, 6050),
    "row of a large result": (rows, ROWS, 50),  # 40 where a busy machine cuts it into smaller reads
    "statement of a long text": (long_text, STATEMENTS, 20200),
}


class Counted:
    """ddltap under callgrind."""

    def __init__(self, repo, directory):
        self.directory = directory
        with under_callgrind(directory):
            self.proxy = Proxy(repo, "--listen", "127.0.0.1:0")

    def stop(self):
        """The instructions of its whole life."""
        self.proxy.stop()
        return instructions(self.directory, self.proxy.process.pid)


def wait_until_idle(pid):
    """What the proxy does at its start, beside its sessions, is in each count: else the shortest could end before it."""
    def used():
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]

    before = None
    time.sleep(3)  # the journal's compaction begins two seconds after the rest
    while before != (before := used()):
        time.sleep(1.5)


def count(repo, directory, command, commands):
    counted = Counted(repo, directory)
    client = wire.Client(counted.proxy.host, counted.proxy.port)
    client.command(wire.COM_PING)
    wait_until_idle(counted.proxy.process.pid)
    for _ in range(commands):
        command(client)
        client.events.clear()
        client.raw = {"C": bytearray(), "S": bytearray()}
    client.send_only(wire.COM_QUIT)
    client.close()
    return counted.stop()


def prepare_server(server):
    server.fresh_database()
    for sql in (
        "CREATE TABLE numbers (id INT PRIMARY KEY, c CHAR(120) NOT NULL)",
        "CREATE TABLE filled (id INT) ENGINE=MEMORY",
        f"INSERT INTO numbers SELECT seq, REPEAT('0123456789-', 10) FROM seq_1_to_{ROWS}",
    ):
        server.execute(sql, database="bankroll")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--only", help="one case")
    arguments = parser.parse_args()
    server = Server("mariadb")
    over = []
    try:
        prepare_server(server)
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            repo = make_repository(directory / "repo")
            init(repo, server.url())
            Proxy(repo, "--listen", "127.0.0.1:0").stop()  # makes its certificate: a matter of chance
            nothing = count(repo, directory, ping, 0)
            for case, (command, units, limit) in CASES.items():
                if arguments.only not in (None, case):
                    continue
                commands = max(arguments.commands // units, 40)
                spent = (count(repo, directory, command, commands) - nothing) / (commands * units)
                print(f"{case:24} {spent:8.0f} instructions, at most {limit}", flush=True)
                if spent > limit:
                    over.append(case)
    finally:
        server.stop()
    if over:
        sys.exit(f"more instructions than the limit: {', '.join(over)}")


if __name__ == "__main__":
    main()
