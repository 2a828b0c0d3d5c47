"""Fixtures of the end-to-end tests: real servers, each with an empty database bankroll, and ddltap in front of them."""

import pytest

from proxy import Proxy, init, make_repository
from servers import Server


@pytest.fixture(scope="session")
def mariadb():
    server = Server("mariadb")
    server.fresh_database()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mysql():
    server = Server("mysql")
    server.fresh_database()
    yield server
    server.stop()


@pytest.fixture(scope="session", params=["mariadb", "mysql"])
def server(request):
    """Each server in turn."""
    return request.getfixturevalue(request.param)


def proxy_factory(directory):
    started = []

    def start(server, database="bankroll", repo=None, options=("--listen", "127.0.0.1:0"), url=None):
        """A proxy in front of a server. Without a repo, in a repository of its own, just initialised."""
        if repo is None:
            repo = make_repository(directory / f"repo{len(started)}")
            init(repo, url or server.url(database))
        started.append(Proxy(repo, *options))
        return started[-1]

    return start, started


def stop_all(started):
    """Those still running; all of them, even if one ends badly."""
    failures = []
    for proxy in started:
        if proxy.process.returncode is None:
            try:
                proxy.stop()
            except AssertionError as failure:
                failures.append(str(failure))
    assert not failures, "\n".join(failures)


@pytest.fixture
def proxy(tmp_path):
    """proxy(server, database=..., repo=...) starts a proxy, stopped when the test ends."""
    start, started = proxy_factory(tmp_path)
    yield start
    stop_all(started)


@pytest.fixture(scope="module")
def shared_proxy(server, tmp_path_factory):
    """One proxy for all tests of a file that do not look at drafts."""
    server.fresh_database()
    start, started = proxy_factory(tmp_path_factory.mktemp("shared"))
    yield start(server)
    stop_all(started)
