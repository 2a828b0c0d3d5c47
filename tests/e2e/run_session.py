"""Runs a session of sessions.py once, at some place, with its tables and accounts in order before."""

import recorder
import sessions
from wire import CONNECT_WITH_DB, DEPRECATE_EOF, ERROR, PLAIN, Client

DATABASE = (
    "DROP DATABASE IF EXISTS bankroll",
    "CREATE DATABASE bankroll CHARACTER SET utf8mb4",
    "USE bankroll",
    *sessions.TABLES,
    *sessions.ACCOUNTS,
)


class Aside:
    """Other connections to the server, never recorded."""

    def __init__(self, server):
        self.server = server

    def connect(self, **options):
        return Client(self.server.host, self.server.port, **options)

    def execute(self, *statements):
        client = self.connect(capabilities=PLAIN & ~CONNECT_WITH_DB)
        for statement in statements:
            answer = client.query(statement)
            if answer[0][0] == ERROR:
                raise AssertionError(f"{statement}: {answer[0]!r}")
        client.close()


def prepare_server(server):
    Aside(server).execute(*DATABASE)


def run_session(session, server, place, eof, **options):
    """The client when its script has ended, still connected: the caller closes it. place has host and port."""
    aside = Aside(server)
    aside.execute(*session.setup)
    wanted = (PLAIN | session.want) & ~session.without | (DEPRECATE_EOF if eof else 0)
    client = Client(place.host, place.port, wanted, **(session.login | options))
    try:
        if not client.refused:
            session.run(client, aside)
    except BaseException:
        client.close()
        raise
    return client


def masked(session, client):
    """What passed, without what differs from one session to the next."""
    events = recorder.mask_greeting(client.events)
    events = recorder.mask_salted(events, client.salted)
    events = recorder.mask_statements(events, client.statements)
    for mask in session.masks:
        events = mask(events)
    return events
