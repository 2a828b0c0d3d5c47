"""A kill -9 of the proxy at any instant loses no change and invents none."""

import random
import re
import threading
import time

import pymysql

ROUNDS = 30
SETTLE_SECONDS = 60
PRODUCTION = "production"


class Developer(threading.Thread):
    """Changes the schema through the proxy until the connection breaks; every change has a name of its own."""

    def __init__(self, through, first):
        super().__init__()
        self.through = through
        self.number = first
        self.connection = None

    def run(self):
        try:
            self.connection = self.through.connect()
            with self.connection.cursor() as cursor:
                while True:
                    self.number += 1
                    cursor.execute(f"CREATE TABLE t{self.number} (id INT PRIMARY KEY)")
                    cursor.execute(f"ALTER TABLE t{self.number} ADD COLUMN c{self.number} INT")
                    cursor.execute(f"CREATE INDEX i{self.number} ON t{self.number} (c{self.number})")
        except (pymysql.MySQLError, OSError):
            pass


CHANGES_OF_THE_SERVER = """
SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'bankroll'
UNION ALL SELECT COLUMN_NAME FROM information_schema.COLUMNS
           WHERE TABLE_SCHEMA = 'bankroll' AND COLUMN_NAME <> 'id'
UNION ALL SELECT INDEX_NAME FROM information_schema.STATISTICS
           WHERE TABLE_SCHEMA = 'bankroll' AND INDEX_NAME <> 'PRIMARY'
"""


def made(server):
    """What the server holds: t<n>, c<n>, i<n>, each the trace of one statement."""
    return sorted(name for (name,) in server.execute(CHANGES_OF_THE_SERVER))


def drafted(through):
    """The same, of the drafts."""
    patterns = (r"CREATE TABLE `?(t\d+)", r"ADD COLUMN `?(c\d+)", r"CREATE INDEX `?(i\d+)")
    names = []
    for draft in through.drafts():
        found = [match[1] for pattern in patterns if (match := re.search(pattern, draft.up))]
        assert len(found) == 1, f"{draft.path.name} is no change that was made:\n{draft.up}"
        names += found
    return sorted(names)


def wait_until_no_client_is_left(server):
    """A statement goes on in the server after its client died."""
    query = (
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
        " WHERE ID <> CONNECTION_ID() AND DB = 'bankroll' AND USER = 'root'"
    )
    deadline = time.monotonic() + 60
    while server.execute(query)[0][0] and time.monotonic() < deadline:
        time.sleep(0.05)


def wait_until_settled(server, through):
    deadline = time.monotonic() + SETTLE_SECONDS
    while drafted(through) != made(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    drafts, changes = drafted(through), made(server)
    assert drafts == changes, (
        f"lost: {sorted(set(changes) - set(drafts))}, invented: {sorted(set(drafts) - set(changes))}, "
        f"drafts: {len(drafts)}, changes: {len(changes)}\n{through.said()}"
    )


def seconds_of_changes(through):
    """How long a connection and its first changes take here."""
    began = time.monotonic()
    through.execute(
        "CREATE TABLE t0 (id INT PRIMARY KEY)", "ALTER TABLE t0 ADD COLUMN c0 INT", "CREATE INDEX i0 ON t0 (c0)"
    )
    return time.monotonic() - began


def test_kill_at_random_instants(server, proxy):
    server.fresh_database()
    seed = random.randrange(1 << 32)
    instants = random.Random(seed)
    print("seed", seed)  # shown where the test fails
    through = proxy(server)
    longest = 3 * seconds_of_changes(through)
    last = 0
    for _ in range(ROUNDS):
        developer = Developer(through, last)
        developer.start()
        time.sleep(instants.uniform(0.0, longest))
        through.kill()
        developer.join(90)
        assert not developer.is_alive()
        last = developer.number
        wait_until_no_client_is_left(server)
        through = proxy(server, repo=through.repo)
        wait_until_settled(server, through)
    assert last >= ROUNDS // 3, "the kills left no time for changes"

    server.fresh_database(PRODUCTION)
    for draft in through.drafts():
        server.replay(PRODUCTION, "root", draft.up)
    assert server.schema(PRODUCTION) == server.schema("bankroll")
