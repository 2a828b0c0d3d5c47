#!/usr/bin/python3
"""How long `ddltap scan` takes: run with DDLTAP_BINARY naming a build without sanitizers.

    DDLTAP_BINARY=build/ddltap tests/schema/scan_benchmark.py [--tables 1000,3000] [--rounds 5] [--servers mariadb,mysql]

For each server and number of tables: the first look (nothing changed), the whole reading, a scan that finds one
changed table and writes its draft, and for comparison `mariadb-dump`/`mysqldump --no-data` of the same schema.
Medians of the rounds, in milliseconds, of the whole process.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

from proxy import ddltap, init, make_repository
from servers import Server
from test_diff import dump_program

TABLE = (
    "CREATE TABLE t{0} (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(20) NOT NULL, b DATETIME, c DECIMAL(10,2), d TEXT,"
    " e INT, f VARCHAR(100) DEFAULT 'x', parent INT, KEY (a), KEY (b, c), UNIQUE (e){1})"
)


def fill(server, count):
    server.fresh_database()
    with contextlib.closing(server.connect(database="bankroll")) as connection:
        with connection.cursor() as cursor:
            for i in range(count):
                key = f", FOREIGN KEY (parent) REFERENCES t{i - 1} (id)" if i % 5 else ""
                cursor.execute(TABLE.format(i, key))


def median(rounds, work, expected):
    times = []
    for i in range(rounds):
        begun = time.monotonic()
        code = work(i)
        times.append((time.monotonic() - begun) * 1000)
        assert code == expected, code
    return statistics.median(times)


def dump(server):
    command = [str(dump_program(server)), "--no-defaults", "-h", server.host, "-P", str(server.port), "-u", server.root,
               "--no-data", "bankroll"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def change_and_scan(server, repo, number):
    server.execute(f"ALTER TABLE t{number} ADD added{number} INT", database="bankroll")
    return ddltap(repo, "scan").returncode


def measure(server, count, rounds):
    fill(server, count)
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repository(Path(folder, "repo"))
        init(repo, server.url())
        figures = {
            "first look": median(rounds, lambda _: ddltap(repo, "scan").returncode, 0),
            "whole": median(rounds, lambda _: ddltap(repo, "scan", "--full").returncode, 0),
            "one change found": median(rounds, lambda i: change_and_scan(server, repo, i), 1),
            "dump": median(rounds, lambda _: dump(server), 0),
        }
    version = server.version.split("-")[0]
    print(f"{server.kind} {version}, {count} tables: " + ", ".join(f"{k} {v:.0f} ms" for k, v in figures.items()), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="1000,3000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--servers", default="mariadb,mysql")
    options = parser.parse_args()
    assert "DDLTAP_BINARY" in os.environ, __doc__
    for kind in options.servers.split(","):
        server = Server(kind)
        try:
            for count in options.tables.split(","):
                measure(server, int(count), options.rounds)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
