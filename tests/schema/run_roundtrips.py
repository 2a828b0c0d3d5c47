#!/usr/bin/python3
"""Round trips on real servers: every object that a server prints is parsed and written again byte for byte.

    run_roundtrips.py [--count N] [--seed S] [--server KIND]... [--at KIND=PORT]...

The objects are those of N random schemas and, where DDLTAP_CORPORA names a directory, of its
tengo-features/*.sql and sakila/*.sql: of each file what the server accepts, statement by statement. Of every
schema it is also proven that it can be made from nothing and taken away to nothing. Exit code 0: every
object was held and every schema was made and taken away; on every server there were objects of every kind
that it has.
"""

import argparse
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import proof
from generator import Generator
from live import SYSTEM_DATABASES, Database, Schema, stop_servers, without_counter
from run_cases import add_server_options, chosen_servers, in_threads
from tool import Tool

# Databases that the files use without making them.
USED = ("testing", "product", "analytics", "testcharcoll")
# Files without a definition that a server takes: of rows, of broken statements.
MOST_UNUSED = 6
EVERYWHERE = {"database", "event", "function", "procedure", "table", "trigger", "view"}


class Tally:
    def __init__(self):
        self.objects = Counter()  # kind: how many
        self.written = Counter()  # kind: how many of them were cut into clauses and written again byte for byte
        self.sources = Counter()  # file: how many objects
        self.schemas = self.rebuilt = self.refused = 0
        self.bad = []

    def add(self, source, database, schema, tool):
        for told in tool.roundtrip(database, schema):
            self.objects[told["type"]] += 1
            self.sources[source] += told["type"] != "database"
            text = next(o["text"] for o in schema.objects if (o["type"], o["name"]) == (told["type"], told["name"]))
            if not told["held"]:
                self.bad.append(f"{source}: {told['type']} {told['name']} is not held: {told['why']}\n{text}")
            elif told["text"] != unqualified(text, told["type"], database.name):
                self.bad.append(f"{source}: {told['type']} {told['name']} is written otherwise:\n{text}\n{told['text']}")
            else:
                self.written[told["type"]] += 1
        self.rebuild(source, database, schema, tool)

    def rebuild(self, source, database, schema, tool):
        """From the schema to nothing, and from nothing to the schema."""
        nothing = Schema([entry for entry in schema.objects if entry["type"] == "database"], schema.rest)
        if len(nothing.objects) == len(schema.objects):
            return
        self.schemas += 1
        away, back = (tool.difference(database, *pair) for pair in ((schema, nothing), (nothing, schema)))
        if away["problem"] or back["problem"]:
            self.refused += 1
            return
        result = proof.run_and_compare(database, away["statements"], nothing, "taking all away")
        result = result or proof.run_and_compare(database, back["statements"], schema, "making all")
        if result is None:
            self.rebuilt += 1
        else:
            self.bad.append(f"{source}: {result}")


def unqualified(text, kind, database):
    """As ddltap keeps it: without the counter of a table, the end mark of a body, and the name of its own schema."""
    text = without_counter(text) if kind == "table" else text.rstrip("; \t\r\n")
    return text.replace(f"`{database}`.", "")


def load(server, path):
    """Gives a file to the command line client, which goes on behind statements that are refused."""
    command = [
        server.client, "--no-defaults", "--force", "--comments", "--default-character-set=utf8mb4",
        "--init-command=SET foreign_key_checks=0, GLOBAL log_bin_trust_function_creators=1",
        "--host=127.0.0.1", f"--port={server.port}", "--user=root",
    ]
    with path.open("rb") as file:
        subprocess.run(command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)


def corpus_files():
    if "DDLTAP_CORPORA" not in os.environ:
        return []
    corpora = Path(os.environ["DDLTAP_CORPORA"])
    files = sorted(corpora.glob("tengo-features/*.sql")) + sorted(corpora.glob("sakila/*.sql"))
    if not files:
        raise SystemExit(f"DDLTAP_CORPORA names {corpora}, in which there is no tengo-features/*.sql or sakila/*.sql")
    return files


def run_on(kind, server, files, count, seed, tally):
    database, tool = Database(server), Tool()
    for number in range(count):
        generator = Generator(random.Random(f"roundtrip {seed} {kind} {number}"), kind)
        database.reset()
        database.run(generator.schema().statements(), tolerant=True)
        tally.add(f"random schema {number}", database, database.read(), tool)
    for path in files:
        database.reset()
        for name in USED:
            database.ask(f"CREATE DATABASE {name}")
        load(server, path)
        for (name,) in database.ask("SHOW DATABASES")[1]:
            if name not in SYSTEM_DATABASES:
                loaded = Database(server, name)
                tally.add(path.name, loaded, loaded.read(), tool)
                loaded.close()
    database.reset()
    database.close()
    tool.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    files = corpus_files()
    servers = chosen_servers(options)
    tallies = {kind: Tally() for kind in servers}
    try:
        in_threads(servers, lambda kind, server: run_on(kind, server, files, options.count, options.seed, tallies[kind]))
    finally:
        stop_servers(servers)
    return report(tallies, servers, files)


def report(tallies, servers, files):
    good = True
    if not files:
        print("DDLTAP_CORPORA is not set: random schemas alone")
    for kind, tally in tallies.items():
        due = EVERYWHERE | (set() if kind == "mysql" else {"sequence"})
        missing = due - set(tally.objects)
        objects = ", ".join(f"{number} {name}" for name, number in sorted(tally.objects.items()))
        print(f"{kind} ({servers[kind].version}): {sum(tally.objects.values())} objects: {objects}")
        print(f"    cut into clauses and written again byte for byte: {sum(tally.written.values())}")
        if files:
            print("    of the corpora: " + ", ".join(f"{path.name} {tally.sources[path.name]}" for path in files))
        print(f"    {tally.schemas} schemas, {tally.rebuilt} taken away and made again, {tally.refused} refused; {len(tally.bad)} failures")
        for said in tally.bad:
            print(f"--- {kind}: {said}")
        if missing:
            print(f"--- {kind}: nothing of {sorted(missing)}")
        good &= tally.written == tally.objects
        good &= not tally.bad and not missing and tally.rebuilt > 0 and tally.refused <= 0.01 * tally.schemas
    unused = [path.name for path in files if not any(tally.sources[path.name] for tally in tallies.values())]
    if unused:
        print(f"no server takes an object of {', '.join(unused)}")
    return 0 if good and len(unused) <= MOST_UNUSED else 1


if __name__ == "__main__":
    sys.exit(main())
