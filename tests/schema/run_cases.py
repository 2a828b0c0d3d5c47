#!/usr/bin/python3
"""Proves the cases of cases/*.txt on every server that they are for.

    run_cases.py [--server KIND]... [--at KIND=PORT]... [--case WORDS] [--update | --spoil]

--at takes a server that runs already; --update writes the ways back that were proven into the files, for
a person to review in the diff; --spoil leaves one statement of every way back out and expects each proof to
fail, which shows that the proofs see. Exit code 0: every case ran on every server it names, each was proven both
ways, and each way back is the one that the case expects.
"""

import argparse
import sys
import threading
from pathlib import Path

import proof
from case import heading_of, kinds_of, read_folder, write_cases
from live import KINDS, Database, start_servers, stop_servers
from tool import Tool

CASES = Path(__file__).resolve().parent / "cases"


def add_server_options(parser):
    parser.add_argument("--server", action="append", default=[], metavar="KIND", help=f"one of {', '.join(KINDS)}; default: all")
    parser.add_argument("--at", action="append", default=[], metavar="KIND=PORT", help="a server that runs already")


def chosen_servers(options):
    running = {kind: int(port) for kind, _, port in (word.partition("=") for word in options.at)}
    kinds = kinds_of(options.server, "--server") or KINDS
    return start_servers(kinds, running)


def verdict(case, kind, result):
    """None when all is as expected, else what is not."""
    if kind in case.defects:
        return None if result.state == proof.FAILED else f"a defect is told, but it is {result.state}: take the line out"
    if result.state in (proof.FAILED, proof.BROKEN):
        return str(result)
    expected = case.downs.get(kind)
    if expected is None:
        return f"no way back is expected; it is\n{result.down}"
    if expected != result.down:
        return f"another way back than expected; it is\n{result.down}"
    return None


def run_on(kind, server, cases, results, spoil):
    """Runs those of the cases that are for this server; results[kind, name] = Result."""
    database, tool = Database(server), Tool()
    for case in cases:
        if kind in case.servers:
            results[kind, case.name] = proof.prove(case, database, tool, spoil)
    tool.close()
    database.close()


def in_threads(servers, work):
    """work(kind, server) for every server at once; an exception of one is raised when all have ended."""
    failures = []

    def guarded(kind, server):
        try:
            work(kind, server)
        except BaseException as failure:
            failures.append((kind, failure))

    threads = [threading.Thread(target=guarded, args=item) for item in servers.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for kind, failure in failures:
        raise RuntimeError(f"{kind}: {failure!r}") from failure


def update(cases, results):
    """Writes proven and refused ways back into the files of the cases."""
    for case in cases:
        for kind in case.servers:
            result = results.get((kind, case.name))
            if result is not None and result.state in (proof.PROVEN, proof.REFUSED):
                if result.state == proof.REFUSED and case.downs.get(kind) != result.down:
                    print(f"look at this: {case.name} on {kind} now expects that no way is known: {result.detail}")
                case.downs[kind] = result.down
    for path in {case.path for case in cases}:
        write_cases(path, [case for case in cases if case.path == path], heading_of(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_server_options(parser)
    parser.add_argument("--case", default="", help="only cases whose name has these words")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--spoil", action="store_true")
    options = parser.parse_args()
    every_case = read_folder(CASES)
    servers = chosen_servers(options)
    cases = [case for case in every_case if options.case in case.name]
    if options.server:
        cases = [case for case in cases if set(case.servers) & set(servers)]
    results = {}
    try:
        in_threads(servers, lambda kind, server: run_on(kind, server, cases, results, options.spoil))
    finally:
        stop_servers(servers)

    if options.spoil:
        return report_spoiled(results)
    if options.update:
        update(every_case, results)
    return report(cases, servers, results)


def report_spoiled(results):
    unseen = [key for key, result in results.items() if result.state == proof.PROVEN]
    for kind, name in unseen:
        print(f"--- {name} on {kind}: proven though a statement was left out")
    seen = sum(result.state == proof.FAILED for result in results.values())
    print(f"{len(results)} spoiled runs: {seen} failed as they must, {len(unseen)} did not")
    return 0 if seen > 0 and not unseen else 1


def report(cases, servers, results):
    bad = 0
    for case in cases:
        due = [kind for kind in case.servers if kind in servers]
        verdicts = {kind: "did not run" for kind in due}
        for kind in due:
            if (kind, case.name) in results:
                verdicts[kind] = verdict(case, kind, results[kind, case.name])
        if not due:
            verdicts["no server"] = "ran nowhere"
        for kind, said in verdicts.items():
            if said is not None:
                bad += 1
                print(f"--- {case.name} ({case.path.name}:{case.line}) on {kind}: {said}")
    states = [result.state for result in results.values()]
    for kind, server in servers.items():
        print(f"{kind} ({server.version}): {sum(key[0] == kind for key in results)} cases")
    known = [f"{case.name} ({kind})" for case in cases for kind in case.defects if kind in servers]
    if known:
        print(f"known defects, {len(known)} runs: " + "; ".join(known))
    print(
        f"{len(cases)} cases, {len(results)} runs: {states.count(proof.PROVEN)} proven both ways, "
        f"{states.count(proof.REFUSED)} known to have no way, {bad} not as expected"
    )
    return 0 if bad == 0 and cases and len(results) >= len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
