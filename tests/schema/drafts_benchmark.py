#!/usr/bin/python3
"""How long it takes to prove and to squash many drafts: run with DDLTAP_BINARY naming a build without sanitizers.

    DDLTAP_BINARY=build/ddltap tests/schema/drafts_benchmark.py [--drafts 30,100,300] [--tables 40] [--servers mariadb,mysql]

Somebody tinkers with the tables through the proxy, renaming above all. Then `ddltap verify` proves every draft, and
`ddltap squash` makes one of all of them. What the squashed draft says is run on a copy of the schema as it was, with a
row in each table: values of columns that only got other names must still be there. Seconds of the whole process.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import pymysql
from drafts import read_drafts
from proxy import Proxy, ddltap, init, make_repository
from servers import Server
from test_diff import fill
from tinker import Tinkering


def tinker(proxy, tinkering, wanted):
    """Runs steps of the model through the proxy; returns how many statements were taken."""
    done = 0
    connection = proxy.connect(database="bankroll")
    cursor = connection.cursor()
    while done < wanted:
        for number, statement in enumerate(tinkering.step()):
            try:
                cursor.execute(statement)
                done += 1
            except pymysql.MySQLError:
                assert number == 0, f"half a step: {statement}"
                tinkering.undo()
                break
    connection.close()
    return done


def timed(repo, *arguments):
    begun = time.monotonic()
    done = ddltap(repo, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.monotonic() - begun


def check_rows(server, tinkering, up):
    fill(server, "copied", tinkering.start)
    keeps = tinkering.keeps()
    before = [server.execute(first, "copied") for first, _ in keeps]
    server.replay("copied", server.root, up)
    assert [server.execute(now, "copied") for _, now in keeps] == before
    return len(keeps)


def measure(server, count, tables, seed):
    tinkering = Tinkering(random.Random(seed), not server.is_mariadb, tables)
    fill(server, "bankroll", tinkering.start)
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repository(Path(folder, "repo"))
        init(repo, server.url("bankroll"))
        proxy = Proxy(repo, "--listen", "127.0.0.1:0")
        done = tinker(proxy, tinkering, count)
        proxy.stop()
        drafts = len(read_drafts(repo))
        figures = {"verify": timed(repo, "verify"), "squash": timed(repo, "squash", "1..")}
        (draft,) = read_drafts(repo)
        kept = check_rows(server, tinkering, draft.up)
        figures["verify the one"] = timed(repo, "verify")
    statements = draft.up.count(";\n") + 1
    print(
        f"{server.kind} {server.version.split('-')[0]}: {done} statements on {tables} tables, {drafts} drafts -> {statements} "
        f"statements, {kept} columns of rows kept: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in figures.items()),
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drafts", default="30,100,300")
    parser.add_argument("--tables", type=int, default=40)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--servers", default="mariadb,mysql")
    options = parser.parse_args()
    for kind in options.servers.split(","):
        server = Server(kind)
        try:
            for count in options.drafts.split(","):
                measure(server, int(count), options.tables, options.seed)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
