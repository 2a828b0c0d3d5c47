#!/usr/bin/python3
"""Proves the cases of net/*.txt: runs of changes, and the one migration that each comes to.

    run_net.py [--server KIND]... [--at KIND=PORT]... [--case WORDS] [--update | --spoil]

Each statement is run on a server with the images read before and after it, as ddltap does. The net up is run on a second
database with the schema as it was, and must give the schema as it is; the net down must give the first one back; rows
that a rename keeps must be there all the time. Exit code 0: every case ran on every server it names, each was
proven, and each way is the one that the case expects. --update writes the ways that were proven into the files, for a
person to review in the diff; --spoil leaves one statement of every way up out and expects each proof to fail.
"""

import argparse
import sys
from pathlib import Path

import net_run
import proof
from case import heading_of
from live import Database, Refused, stop_servers
from net_case import case_text, read_folder
from run_cases import add_server_options, chosen_servers, in_threads
from tool import Tool, ToolDied

CASES = Path(__file__).resolve().parent / "net"


def prove(case, database, scratch, tool, spoil):
    try:
        database.reset()
        database.run(case.before)
        watched = net_run.Watched(database, tool)
        watched.run(case.run)
        tried = net_run.Scratch(scratch, database, case.before)
        return net_run.prove(watched, tried, database.read(), case.keeps, spoil)
    except Refused as error:
        return proof.Result(proof.BROKEN, "the server refuses a statement of the case", str(error))
    except ToolDied as error:
        return proof.Result(proof.FAILED, "the tool died", str(error))


def run_on(kind, server, cases, results, spoil):
    database, scratch, tool = Database(server), Database(server, "scratch"), Tool()
    for case in cases:
        if kind in case.servers:
            results[kind, case.name] = prove(case, database, scratch, tool, spoil)
    tool.close()
    database.close()
    scratch.close()


def ways_of(result):
    """Up and down as they stand in a case; of a run without a way, why."""
    if result.state == proof.REFUSED:
        problems = "".join(f"-- problem {line}\n" for line in result.detail.split("\n"))
        return {"up": problems, "down": problems}
    return {"up": result.up, "down": result.down}


def verdict(case, kind, result):
    """None when all is as expected, else what is not."""
    if result.state in (proof.FAILED, proof.BROKEN):
        return str(result)
    for way, text in ways_of(result).items():
        expected = case.ways[way].get(kind)
        if expected != text:
            return f"{'no' if expected is None else 'another'} {way} is expected; it is\n{text}"
    return None


def update(cases, results):
    for case in cases:
        for kind in case.servers:
            result = results.get((kind, case.name))
            if result is not None and result.state in (proof.PROVEN, proof.REFUSED):
                for way, text in ways_of(result).items():
                    case.ways[way][kind] = text
    for path in {case.path for case in cases}:
        own = [case for case in cases if case.path == path]
        path.write_text(heading_of(path) + "\n".join(case_text(case) for case in own))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--case", default="", help="only cases whose name has these words")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--spoil", action="store_true")
    options = parser.parse_args()
    every_case = read_folder(CASES)
    servers = chosen_servers(options)
    cases = [case for case in every_case if options.case in case.name and set(case.servers) & set(servers)]
    results = {}
    try:
        in_threads(servers, lambda kind, server: run_on(kind, server, cases, results, options.spoil))
    finally:
        stop_servers(servers)
    if options.update:
        update(every_case, results)
    return report_spoiled(results) if options.spoil else report(cases, servers, results)


def report_spoiled(results):
    """A run that comes to nothing has no statement to leave out."""
    spoiled = {key: result for key, result in results.items() if getattr(result, "up", "")}
    unseen = [key for key, result in spoiled.items() if result.state == proof.PROVEN]
    for kind, name in unseen:
        print(f"--- {name} on {kind}: proven though a statement was left out")
    seen = sum(result.state == proof.FAILED for result in spoiled.values())
    print(f"{len(spoiled)} spoiled runs: {seen} failed as they must, {len(unseen)} did not")
    return 0 if seen > 0 and not unseen else 1


def report(cases, servers, results):
    bad = 0
    for case in cases:
        for kind in case.servers:
            if kind not in servers:
                continue
            result = results.get((kind, case.name))
            said = "did not run" if result is None else verdict(case, kind, result)
            if said is not None:
                bad += 1
                print(f"--- {case.name} ({case.path.name}:{case.line}) on {kind}: {said}")
    states = [result.state for result in results.values()]
    print(
        f"{len(cases)} cases, {len(results)} runs: {states.count(proof.PROVEN)} proven up and down, "
        f"{states.count(proof.REFUSED)} known to have no way, {bad} not as expected"
    )
    return 0 if bad == 0 and cases and len(results) >= len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
