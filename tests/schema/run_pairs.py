#!/usr/bin/python3
"""Random pairs of schemas on real servers: the difference leads from one to the other and back.

    run_pairs.py [--count N] [--seed S] [--server KIND]... [--at KIND=PORT]... [--keep FILE] [--whole]

Pair i of seed S is the same everywhere; --count is for each server. A pair is made in one of three ways: a
schema and statements that somebody might type, a schema and a changed copy of it made from nothing, or two
schemas that have nothing to do with one another. Failures are made small (--whole: left alone) and printed
as cases; --keep appends them to a file, to be named and put into cases/. Exit code 0: no pair failed, enough
of them ran, and of a hundred pairs at most one was refused.
"""

import argparse
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import proof
from case import Case, as_written, case_text
from generator import Generator, drop_table, quote
from live import Database, Refused, Unreadable, stop_servers
from minimise import minimise
from run_cases import add_server_options, chosen_servers, in_threads
from tool import Tool

FEWEST_ACCEPTED = 0.7  # of the statements that the generator makes
MOST_REFUSED = 0.01

# A schema with a broken view cannot be made from nothing, by nobody: such refusals are counted apart.
NOT_TO_BE_MADE = "which is not there"


def make_pair(kind, seed, number, database):
    """(case, made, accepted): a random pair with the statements that the server takes, and how many it was asked."""
    rng = random.Random(f"{seed} {kind} {number}")
    generator = Generator(rng, kind)
    schema = generator.schema()
    case = Case(f"{kind} seed {seed} pair {number}", Path("random"), number)
    case.servers = (kind,)
    made = schema.statements()
    database.reset()
    case.before = database.run(made, tolerant=True)
    keep_made(schema, case.before)
    way = rng.random()
    renames = []
    if way < 0.6:
        changes = generator.changes(schema) if schema.tables else []
        case.change = database.run([statement for statement, _ in changes], tolerant=True)
        renames = [rename for statement, told in changes if statement in case.change for rename in told]
        asked = len(changes)
    else:
        other, renames = generator.mutated(schema) if way < 0.9 else (generator.schema(), [])
        database.reset()
        asked = len(other.statements())
        case.instead = database.run(other.statements(), tolerant=True)
    case.renames = [
        {"kind": what, "table": table, "from": old, "to": new} for what, table, old, new in renames if old.lower() != new.lower()
    ]
    taken = len(case.before) + len(case.change if case.instead is None else case.instead)
    return case, len(made) + asked, taken


def keep_made(schema, statements):
    """Leaves those tables that the server took, and what is about them."""
    for table in list(schema.tables):
        if not any(statement.startswith(f"CREATE TABLE {quote(table.name)} (") for statement in statements):
            drop_table(schema, table)


def tell_renames(case, before, after):
    """Leaves the renames whose two names are there, each name once."""
    texts = [{entry["name"]: entry["text"] for entry in schema.objects if entry["type"] == "table"} for schema in (before, after)]
    tables = {rename["from"]: rename["to"] for rename in case.renames if rename["kind"] == "table"}
    told, seen = [], set()
    for rename in case.renames:
        table, now = rename["table"], tables.get(rename["table"], rename["table"])
        there = table in texts[0] and now in texts[1]
        if there and rename["kind"] != "table":
            old, new = ("`" + rename[end].replace("`", "``") + "`" for end in ("from", "to"))
            pattern = "\n  {} " if rename["kind"] == "column" else "KEY {} ("
            there = pattern.format(old) in texts[0][table] and pattern.format(new) in texts[1][now]
        names = {(rename["kind"], table, "from", rename["from"]), (rename["kind"], table, "to", rename["to"])}
        if there and not names & seen:
            told.append(rename)
            seen |= names
    return told


def as_case(case, detail):
    """A failing pair as it stands in a file of cases."""
    lines = [f"=== {case.name}", *("# " + line for line in detail.split("\n")[:1]), f"-- servers {' '.join(case.servers)}"]
    for rename in case.renames:
        words = [rename["table"]] * (rename["kind"] in ("column", "index")) + [rename["from"], rename["to"]]
        lines.append(f"-- rename {rename['kind']} {' '.join(words)}")
    for part, statements in (("before", case.before), ("change", case.change), ("instead", case.instead)):
        if statements or (part == "instead" and statements is not None):
            lines += [f"-- {part}", *(as_written(statement).rstrip("\n") for statement in statements)]
    case.lines = lines
    return case_text(case)


class Count:
    """What came of the pairs on one server."""

    def __init__(self):
        self.states = Counter()
        self.problems = Counter()
        self.asked = self.accepted = self.impossible = 0
        self.failures = []  # (signature, text)


def signature(result):
    """Failures of the same kind, so that each is made small once."""
    lines = result.detail.split("\n")
    changed = [line.strip() for line in lines if line.startswith(("  -", "  +"))]
    return result.step + ": " + re.sub(r"`[^`]*`|'[^']*'|\d+", "?", " ".join(changed[:1] or lines[:1]))[:90]


def run_pairs(kind, server, numbers, seed, count, whole, most_failures=12):
    database, tool = Database(server), Tool()
    seen = Counter()
    for number in numbers:
        case, asked, accepted = make_pair(kind, seed, number, database)
        count.asked += asked
        count.accepted += accepted
        result = prove_pair(case, database, tool)
        count.states[result.state] += 1
        if result.state == proof.REFUSED:
            count.problems[re.sub(r"`[^`]*`", "`..`", result.detail)] += 1
            count.impossible += NOT_TO_BE_MADE in result.detail
        elif result.state == proof.BROKEN and result.step != proof.NO_CHANGE:
            count.failures.append((str(result), as_case(case, str(result))))
        elif result.state == proof.FAILED:
            kind_of_failure = signature(result)
            seen[kind_of_failure] += 1
            if seen[kind_of_failure] == 1 and len(seen) <= most_failures:
                if not whole:
                    case, result = smaller(case, result, database, tool)
                count.failures.append((f"{result}", as_case(case, f"{result.step}")))
    for kind_of_failure, times in seen.items():
        print(f"    {kind}: {times} x {kind_of_failure}")
    tool.close()
    database.close()


def prove_pair(case, database, tool):
    """As prove(), with those renames told that happened."""
    if not (case.change or case.instead is not None):
        return proof.Result(proof.BROKEN, proof.NO_CHANGE)
    if case.renames:
        try:
            database.reset()
            database.run(case.before)
            before = database.read()
            if case.instead is not None:
                database.reset()
            database.run(case.change if case.instead is None else case.instead)
            case.renames = tell_renames(case, before, database.read())
        except Unreadable as error:
            return proof.Result(proof.BROKEN, proof.UNREADABLE, str(error))
        except Refused as error:
            return proof.Result(proof.BROKEN, "a statement is refused when it runs again", str(error))
    return proof.prove(case, database, tool)


def smaller(case, result, database, tool):
    wanted = signature(result)

    def fails(candidate):
        found = proof.prove(candidate, database, tool) if candidate.change or candidate.instead is not None else None
        return found is not None and found.state == proof.FAILED and signature(found) == wanted

    small = minimise(case, fails)
    return small, proof.prove(small, database, tool)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    servers = chosen_servers(options)
    counts = {kind: Count() for kind in servers}
    numbers = range(options.first, options.first + options.count)
    started = time.monotonic()
    try:
        in_threads(servers, lambda kind, server: run_pairs(kind, server, numbers, options.seed, counts[kind], options.whole))
    finally:
        stop_servers(servers)
    return report(counts, servers, options, time.monotonic() - started)


def report(counts, servers, options, seconds):
    good = True
    for kind, count in counts.items():
        ran = sum(count.states.values())
        differing = ran - count.states[proof.BROKEN]
        taken = count.accepted / max(count.asked, 1)
        refused = (count.states[proof.REFUSED] - count.impossible) / max(differing, 1)
        print(
            f"{kind} ({servers[kind].version}): {ran} pairs, {count.states[proof.BROKEN]} of them equal, "
            f"{count.states[proof.PROVEN]} proven both ways, {count.impossible} with a broken view to be made, "
            f"{count.states[proof.REFUSED] - count.impossible} refused otherwise ({refused:.1%}), "
            f"{count.states[proof.FAILED]} failed; the server took {taken:.0%} of the statements of the generator"
        )
        for problem, times in count.problems.most_common():
            print(f"    {times} x {problem}")
        for said, text in count.failures:
            print(f"--- {said}\n{text}")
            if options.keep:
                with options.keep.open("a") as file:
                    file.write(text + "\n")
        good &= ran == options.count and count.states[proof.FAILED] == 0 and not count.failures
        good &= differing >= 0.6 * ran and taken >= FEWEST_ACCEPTED and refused <= MOST_REFUSED and ran > 0
    print(f"seed {options.seed}, pairs {options.first} to {options.first + options.count - 1} on each server, {seconds:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
