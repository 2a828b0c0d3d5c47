#!/usr/bin/python3
"""Writes tests/golden/*.traffic anew: what passed between a client and the real servers, without ddltap.

    record_golden.py [SESSION...]          all sessions of sessions.py that are marked golden, or these

A file is a comment, then one line for each packet in the order in which the client sent and read them, from the server's greeting on:

    # what the session is about
    S 4a0000000a...          the server sent these bytes: a packet with its head
    C 7d000001...            the client sent these

Connection ids, salts and what is made of them are zero; prepared statements are numbered from 1. Recorded twice, a file is the same twice.
"""

import sys
from pathlib import Path

from run_session import masked, prepare_server, run_session
from servers import Server
from sessions import BINARY_LOG, SESSIONS

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LIMIT = 64 << 10


def golden_sessions(kind):
    """(name of the file, session, value of DEPRECATE_EOF)"""
    for session in SESSIONS:
        for eof in session.golden if kind in session.servers else ():
            yield f"{kind}-{session.name}{'-deprecate_eof' if eof else ''}", session, eof


def record(session, server, eof):
    """The text of the file."""
    client = run_session(session, server, server, eof)
    client.close()
    events = masked(session, client)
    kind = "MariaDB" if server.is_mariadb else "MySQL"
    flag = "with" if eof else "without"
    lines = [f"# {session.story}", f"# {kind} {server.version}, {flag} CLIENT_DEPRECATE_EOF."]
    return "\n".join([*lines, *(f"{way} {data.hex()}" for way, data in events)]) + "\n"


def main(names):
    GOLDEN.mkdir(exist_ok=True)
    for kind in ("mariadb", "mysql"):
        server = Server(kind, *BINARY_LOG[kind])
        try:
            prepare_server(server)
            for name, session, eof in golden_sessions(kind):
                if names and session.name not in names:
                    continue
                text = record(session, server, eof)
                assert len(text) < LIMIT, f"{name}: {len(text)} bytes"
                (GOLDEN / f"{name}.traffic").write_text(text)
                print(f"{name}: {len(text)} bytes")
        finally:
            server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
