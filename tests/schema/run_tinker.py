#!/usr/bin/python3
"""Random tinkering on real servers becomes one migration, proven up and down, with the rows that renames keep.

    run_tinker.py [--changes N] [--tables N] [--rounds N] [--seed S] [--server KIND]... [--at KIND=PORT]... [--keep FILE]

A round that fails is made small while it still fails and is printed as a case of net/*.txt (--keep appends it to a file).
Exit code 0: every round was proven, rows were there to be looked for, and nothing was refused.
"""

import argparse
import random
import sys
import time
from pathlib import Path

import net_run
import proof
from case import as_written
from live import Database, Refused, stop_servers
from run_cases import add_server_options, chosen_servers, in_threads
from tinker import Tinkering
from tool import Tool, ToolDied


def tinker(tinkering, watched, changes):
    """Steps until that many statements have run; a step that the server refuses is none."""
    done = []
    while len(done) < changes:
        statements = tinkering.step()
        ran = watched.run(statements, tolerant=True)
        if len(ran) < len(statements):
            tinkering.undo()
            if ran:
                raise RuntimeError(f"the server took a part of {statements}: {ran}")
        done += ran
    return done


def prove(database, scratch, tool, start, statements, keeps):
    """The run once more, from nothing: (result, after, seconds)."""
    database.reset()
    database.run(start)
    watched = net_run.Watched(database, tool)
    watched.run(statements)
    began = time.monotonic()
    after = database.read()
    result = net_run.prove(watched, net_run.Scratch(scratch, database, start), after, keeps)
    return result, time.monotonic() - began


def round_on(kind, database, scratch, tool, options, number):
    """(line, failure or None)"""
    began = time.monotonic()
    tinkering = Tinkering(random.Random(f"{options.seed} {kind} {number}"), kind == "mysql", options.tables)
    database.reset()
    database.run(tinkering.start)
    watched = net_run.Watched(database, tool)
    statements = tinker(tinkering, watched, options.changes)
    ran = time.monotonic()
    keeps = tinkering.keeps()
    result = net_run.prove(watched, net_run.Scratch(scratch, database, tinkering.start), database.read(), keeps)
    ended = time.monotonic()
    steps = result.answer["up"], result.answer["down"]
    words = sum(step["typed"] for step in steps[0])
    line = (f"{kind} round {number}: {len(statements)} statements in {ran - began:.1f} s -> {len(steps[0])} up ({words} in a "
            f"person's words, {result.tries} tries), {len(steps[1])} down, {len(keeps)} columns of rows kept, {result.state} in {ended - ran:.1f} s")
    if result.state == proof.PROVEN:
        return line, None if keeps else "no row was looked for"
    return line, minimise(database, scratch, tool, tinkering.start, statements, result)


def minimise(database, scratch, tool, start, statements, result, seconds=40):
    """The run as a case, with those statements left without which it does not fail in the same step."""
    end = time.monotonic() + seconds

    def fails(fewer_start, fewer):
        if time.monotonic() > end:
            return False
        try:
            got, _ = prove(database, scratch, tool, fewer_start, fewer, [])
        except (Refused, ToolDied):
            return False
        return got.state != proof.PROVEN and got.step == result.step

    for size in (64, 16, 4, 2, 1):
        for part in ("run", "start"):
            at = 0
            while at < len(statements if part == "run" else start):
                fewer_start, fewer = start, statements
                if part == "run":
                    fewer = statements[:at] + statements[at + size :]
                else:
                    fewer_start = start[:at] + start[at + size :]
                if fails(fewer_start, fewer):
                    start, statements = fewer_start, fewer
                else:
                    at += size
    lines = ["=== (a name)", "-- before", *start_lines(start), "-- run", *start_lines(statements)]
    return f"{result}\n" + "\n".join(lines) + "\n"


def start_lines(statements):
    return [as_written(statement).rstrip("\n") for statement in statements]


def run_on(kind, server, options, lines, failures):
    database, scratch, tool = Database(server), Database(server, "scratch"), Tool()
    for number in range(options.rounds):
        line, failure = round_on(kind, database, scratch, tool, options, number)
        print(line, flush=True)
        lines.append(line)
        if failure is not None:
            failures.append(f"--- {kind} round {number}: {failure}")
    tool.close()
    database.close()
    scratch.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--tables", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", type=Path, metavar="FILE")
    options = parser.parse_args()
    servers = chosen_servers(options)
    lines, failures = [], []
    try:
        in_threads(servers, lambda kind, server: run_on(kind, server, options, lines, failures))
    finally:
        stop_servers(servers)
    for failure in failures:
        print(failure)
    if options.keep and failures:
        options.keep.write_text("\n".join(failures))
    print(f"{len(lines)} rounds, {len(failures)} not proven")
    return 0 if lines and not failures else 1


if __name__ == "__main__":
    sys.exit(main())
