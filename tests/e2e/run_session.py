"""Runs a session of sessions.py once, at some place, with its tables and accounts in order before."""

import time

import recorder
import sessions
from wire import DEPRECATE_EOF, ERROR, PLAIN, Client

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

    def execute(self, *statements, database=b"bankroll"):
        client = self.connect(database=database)
        for statement in statements:
            answer = client.query(statement)
            if answer[0][0] == ERROR:
                raise AssertionError(f"{statement}: {answer[0]!r}")
        client.close()

    def wait_for(self, sql):
        """Until the query gives a row."""
        client = self.connect()
        deadline = time.monotonic() + 30
        while client.query(sql)[-2][:1] != b"\x01":  # a row begins with the length of its "1"
            assert time.monotonic() < deadline, sql
            time.sleep(0.02)
        client.close()


def prepare_server(server):
    """The tables, accounts and functions of the sessions."""
    if not server.is_mariadb:
        client = Aside(server).connect(database=b"")
        client.query("INSTALL COMPONENT 'file://component_query_attributes'")
        client.query("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
        client.close()
    Aside(server).execute(*DATABASE, database=b"")


def run_session(session, server, place, eof, more=0):
    """The client when its script has ended, still connected: the caller closes it. place has host and port."""
    aside = Aside(server)
    aside.execute(*session.setup)
    for user, password in session.logins:
        aside.connect(user=user, password=password).close()
    wanted = (PLAIN | session.want | more) & ~session.without & ~DEPRECATE_EOF | (DEPRECATE_EOF if eof else 0)
    client = Client(place.host, place.port, wanted, **session.login)
    try:
        if not client.refused:
            session.run(client, aside)
    except BaseException:
        client.close()
        raise
    return client


def mask_connection(client):
    """What passed, without what every connection has of its own."""
    events = recorder.mask_greeting(client.events)
    events = recorder.mask_salted(events, client.salted)
    return recorder.mask_statements(events, client.statements)


def masked(session, client):
    """What passed, without what differs from one run of the session to the next."""
    events = mask_connection(client)
    for mask in session.masks:
        events = mask(events)
    return events
