#!/usr/bin/python3
"""Soak: does ddltap, after any number of sessions, hold as few descriptors and as little memory as before?

    soak.py [--seconds 1800] [--clients 6]      DDLTAP_BINARY names the program, a build without sanitizers

One ddltap in front of MariaDB and one in front of MySQL, in rounds: for --load seconds clients connect, leave in every
phase, kill each other, change the schema, and move tens of megabytes both ways; then all is at rest, and descriptors,
threads and resident memory are read. So what is compared is the same state each time, not the height of a load.

    round  load .......... rest: sample | load .......... rest: sample | ...
           `-- warm-up: the first third (at most five minutes) is printed, not judged --'

Fails unless, at every rest, each ddltap has the descriptors and threads of the first rest, and the resident memory of
the rests after the warm-up does not grow: its slope (least squares over those rests), over the time they cover, comes to
no more than GROWTH_KIB.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import deeds  # noqa: E402
from proxy import Proxy, init, make_repository  # noqa: E402
from servers import Server  # noqa: E402

GROWTH_KIB = 1024
REST_SECONDS = 20
SAMPLE_SECONDS = 2
RESTS_JUDGED = 3  # at least: on a slow machine it takes longer than was asked for
WARM_UP_SECONDS = 300
KINDS = ("mariadb", "mysql")


class Subject:
    """A ddltap under soak, its server, and what was read of it."""

    def __init__(self, kind, directory):
        self.server = Server(kind, "--max-connect-errors=1000000", "--max-connections=400")
        self.kind = kind
        self.server.fresh_database(deeds.DATABASE)
        for statement in deeds.SCHEMA:
            self.server.execute(statement, database=deeds.DATABASE)
        self.repo = make_repository(directory / kind)
        init(self.repo, self.server.url(deeds.DATABASE))
        self.proxy = Proxy(self.repo, "--listen", "127.0.0.1:0")
        self.folder = pathlib.Path("/proc") / str(self.proxy.process.pid)
        self.peak = 0
        self.rests = []  # (seconds, descriptors, threads, KiB)

    def descriptors(self):
        return len(os.listdir(self.folder / "fd"))

    def status(self, name):
        for line in (self.folder / "status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1])
        raise KeyError(name)

    def resident(self):
        return self.status("VmRSS")

    def journal(self):
        state = self.repo / "ddltap" / "state"
        return sum(path.stat().st_size for path in state.glob("journal.sqlite*")) // 1024

    def at_rest(self):
        """Descriptors, once no session is left (or all patience is gone)."""
        base = self.rests[0][1] if self.rests else None
        deadline = time.monotonic() + REST_SECONDS
        count, since = self.descriptors(), time.monotonic()
        while time.monotonic() < deadline:
            time.sleep(0.1)
            now = self.descriptors()
            if now != count:
                count, since = now, time.monotonic()
            if base is not None and count == base and time.monotonic() - since > 0.5:
                break
            if base is None and time.monotonic() - since > 5:
                break
        return count

    def stop(self):
        try:
            self.proxy.stop()
        finally:
            self.server.stop()


def load(subjects, arguments, number, failures):
    """One round; returns how many deeds were done."""
    resting = threading.Event()
    clients = [
        deeds.Client(subject.proxy, i, f"{arguments.seed}.{number}", resting, failures)
        for subject in subjects
        for i in range(number * arguments.clients, (number + 1) * arguments.clients)
    ]
    for client in clients:
        client.start()
    end = time.monotonic() + arguments.load
    while time.monotonic() < end:
        time.sleep(SAMPLE_SECONDS)
        for subject in subjects:
            subject.peak = max(subject.peak, subject.resident())
    resting.set()
    for client in clients:
        client.join(deeds.PATIENCE * 2)
        if client.is_alive():
            failures.append("a client hangs")
    return sum(client.count for client in clients)


def slope(points):
    """Least squares: units of y for each unit of x."""
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread


def rests_to_judge(subject, warm_up):
    return [(seconds, kib) for seconds, _, _, kib in subject.rests if seconds >= warm_up]


def judge(subject, warm_up, failures):
    base = subject.rests[0]
    for seconds, descriptors, threads, _ in subject.rests:
        if (descriptors, threads) != base[1:3]:
            failures.append(
                f"{subject.kind}: after {seconds:.0f} s {descriptors} descriptors and {threads} threads,"
                f" at first {base[1]} and {base[2]}"
            )
    judged = rests_to_judge(subject, warm_up)
    if len(judged) < RESTS_JUDGED:
        failures.append(f"{subject.kind}: {len(judged)} rests after the warm-up are too few to judge")
        return
    a_second = slope(judged)
    growth = a_second * (judged[-1][0] - judged[0][0])
    print(
        f"{subject.kind}: resident memory {judged[0][1]} KiB -> {judged[-1][1]} KiB over {len(judged)} rests,"
        f" {a_second * 60:+.1f} KiB a minute, {growth:+.0f} KiB in all (at most {GROWTH_KIB})"
    )
    if growth > GROWTH_KIB:
        failures.append(f"{subject.kind}: resident memory grows")


def soak(subjects, arguments):
    failures, done = [], 0
    warm_up = min(arguments.seconds / 3, WARM_UP_SECONDS)
    print(f"{'seconds':>8}{'deeds':>8}  server    descriptors  threads  KiB at rest  KiB at peak  journal KiB  drafts")
    start, number = time.monotonic(), 0
    while time.monotonic() - start < arguments.seconds or any(
        len(rests_to_judge(subject, warm_up)) < RESTS_JUDGED for subject in subjects
    ):
        done += load(subjects, arguments, number, failures)
        number += 1
        for subject in subjects:
            descriptors = subject.at_rest()
            now = time.monotonic() - start
            rest = (now, descriptors, subject.status("Threads"), subject.resident())
            subject.rests.append(rest)
            drafts = len(list((subject.repo / "ddltap" / "drafts").glob("*.sql")))
            print(
                f"{now:8.0f}{done:8}  {subject.kind:8}{rest[1]:13}{rest[2]:9}{rest[3]:13}{subject.peak:13}"
                f"{subject.journal():13}{drafts:8}",
                flush=True,
            )
            subject.peak = 0
        if len(failures) > 20:
            break
    for subject in subjects:
        judge(subject, warm_up, failures)
    return failures


def main():
    parser = argparse.ArgumentParser(description="Soak ddltap in front of MariaDB and MySQL.")
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--load", type=float, default=20, help="seconds of load between two rests")
    parser.add_argument("--clients", type=int, default=6, help="at a time, for each server")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    subjects = []
    with tempfile.TemporaryDirectory(prefix="ddltap-soak.") as directory:
        try:
            for kind in KINDS:
                subjects.append(Subject(kind, pathlib.Path(directory)))
            failures = soak(subjects, arguments)
        finally:
            for subject in subjects:
                subject.stop()
    for failure in failures:
        print(failure)
    print("soak: failed" if failures else "soak: descriptors and memory are flat")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
