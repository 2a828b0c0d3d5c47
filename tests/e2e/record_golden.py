#!/usr/bin/python3
"""Writes tests/golden/*.traffic anew: what passed between a client and the real servers, without ddltap.

    record_golden.py [SESSION...]          all sessions of sessions.py that are marked golden, or these

A file is a comment, then one line for each packet in the order in which the client sent and read them, from the server's greeting on:

    # what the session is about
    S 4a0000000a...          the server sent these bytes: a packet with its head
    C 7d000001...            the client sent these

Sessions that the server ends are not kept so: each file ends where a next command could follow.

Connection ids, salts and what is made of them are zero, keys are A, GTIDs zeros; prepared statements are numbered from 1. Recorded twice, a file is the same twice.
"""

import re
import sys
from pathlib import Path

from recorder import COUNTED, mask_keys
from run_session import mask_connection, prepare_server, run_session
from servers import Server
from sessions import BINARY_LOG, SESSIONS

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
LIMIT = 64 << 10


def golden_sessions(kind):
    """(name of the file, session, value of DEPRECATE_EOF)"""
    for session in SESSIONS:
        for eof in session.golden if kind in (session.golden_on or session.servers) else ():
            yield f"{kind}-{session.name}{'-deprecate_eof' if eof else ''}", session, eof


def zeros(found):
    return re.sub(rb"(?<=[^a-z_])[0-9a-f]+", lambda digits: b"0" * len(digits[0]), found[0])


def record(session, server, eof):
    """The text of the file."""
    client = run_session(session, server, server, eof)
    client.close()
    events = mask_keys(mask_connection(client))
    # Counters of the whole server, and its name: zeros, so many that the lengths stay true.
    events = [(way, COUNTED.sub(zeros, data)) for way, data in events]
    kind = "MariaDB" if server.is_mariadb else "MySQL"
    flag = "with" if eof else "without"
    lines = [f"# {session.story}", f"# {kind} {server.version}, {flag} CLIENT_DEPRECATE_EOF."]
    return "\n".join([*lines, *(f"{way} {data.hex()}" for way, data in events)]) + "\n"


def main(names):
    GOLDEN.mkdir(exist_ok=True)
    for kind in sorted(BINARY_LOG):
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
