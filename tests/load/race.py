#!/usr/bin/python3
"""Race: the program itself, built with ThreadSanitizer, several event loops under load in front of MariaDB.

    race.py [--seconds 25] [--clients 32]      DDLTAP_BINARY names the program

Clients connect, leave in every phase, kill each other and change the schema, while SIGHUP comes again and again; in the
middle of it SIGTERM drains. Fails at any report of the sanitizer, and when ddltap does not end well.
"""

import argparse
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import deeds  # noqa: E402
from proxy import SANITIZER_REPORT, Proxy, init, make_repository  # noqa: E402
from servers import Server  # noqa: E402

LOOPS = 4
RELOAD_SECONDS = 0.5
DRAIN_SECONDS = 60
SETTINGS = f"[proxy]\nthreads = {LOOPS}\ndrain_timeout = 2\n"


def start(server, directory):
    server.fresh_database(deeds.DATABASE)
    for statement in deeds.SCHEMA:
        server.execute(statement, database=deeds.DATABASE)
    repo = make_repository(directory / "repo")
    init(repo, server.url(deeds.DATABASE))
    with open(repo / "ddltap" / "local.ini", "a") as settings:
        settings.write(SETTINGS)
    return Proxy(repo, "--listen", "127.0.0.1:0")


def run(proxy, arguments):
    resting, failures = threading.Event(), []
    clients = [
        deeds.Client(proxy, number, arguments.seed, resting, failures)
        for number in range(arguments.clients)
    ]
    for client in clients:
        client.start()
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        time.sleep(RELOAD_SECONDS)
        proxy.process.send_signal(signal.SIGHUP)
    resting.set()  # what fails from now on fails because the proxy drains
    proxy.process.send_signal(signal.SIGTERM)
    code = proxy.process.wait(DRAIN_SECONDS)
    for reader in proxy.readers:
        reader.join(5)
    print(f"{sum(client.count for client in clients)} deeds, {len(proxy.drafts())} drafts, exit code {code}")
    if code != 0:
        failures.append(f"ddltap ended with exit code {code}")
    return failures


def main():
    parser = argparse.ArgumentParser(description="Look for data races of ddltap under load.")
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["TSAN_OPTIONS"] = "halt_on_error=0:exitcode=66"
    server = Server("mariadb", "--max-connect-errors=1000000", "--max-connections=400")
    try:
        with tempfile.TemporaryDirectory(prefix="ddltap-race.") as directory:
            proxy = start(server, pathlib.Path(directory))
            try:
                failures = run(proxy, arguments)
            finally:
                proxy.kill()
    finally:
        server.stop()
    if any(SANITIZER_REPORT.search(line) for line in proxy.errors):
        failures.append("\n".join(proxy.errors[-300:]))
    for failure in failures:
        print(failure)
    print("race: failed" if failures else "race: no report")
    sys.stdout.flush()
    os._exit(1 if failures else 0)  # clients may still wait for a proxy that is gone


if __name__ == "__main__":
    main()
