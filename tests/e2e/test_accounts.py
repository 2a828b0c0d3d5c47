"""ddltap's own account may see less than the developer's: what it cannot see is never taken for absent or gone."""

import time

from proxy import ddltap, ddltap_json, make_repository
from test_capture import Statement, slow_table, wait_until_running

ACCOUNT = "ddltap_low"


def limited_url(server, grants):
    """The development database by way of an account of its own."""
    server.fresh_database()
    server.execute(f"DROP USER IF EXISTS {ACCOUNT}@'127.0.0.1', {ACCOUNT}@'localhost'")
    for host in ("127.0.0.1", "localhost"):
        server.execute(f"CREATE USER {ACCOUNT}@'{host}' IDENTIFIED BY 'low'")
        for grant in grants:
            server.execute(f"GRANT {grant} TO {ACCOUNT}@'{host}'")
    return server.url("bankroll").replace("root", f"{ACCOUNT}:low", 1)


def start(server, proxy, tmp_path, url, repo=None):
    """A proxy whose control connection is the limited account's; the URL lies in .env, as in a project."""
    if repo is None:
        repo = make_repository(tmp_path / "limited")
        (repo / ".env").write_text(f"DATABASE_URL={url}\n")
        assert ddltap(repo, "init").returncode == 0
    return proxy(server, repo=repo)


def states(through):
    return {change["id"]: change["state"] for change in ddltap_json(through.repo, "list", "--all")}


def test_routines_that_the_account_may_not_see_are_drafted(server, proxy, tmp_path):
    tables_only = "SELECT, INSERT, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW ON bankroll.*"
    through = start(server, proxy, tmp_path, limited_url(server, [tables_only]))
    through.execute("CREATE PROCEDURE p() SELECT 1", "DROP PROCEDURE p", "DROP PROCEDURE IF EXISTS p")
    drafts = through.wait_for_drafts(2)
    assert "CREATE PROCEDURE p" in drafts[0].up and "DROP PROCEDURE p" in drafts[1].up
    assert "no way back is known" in drafts[0].down and "no way back is known" in drafts[1].down


def test_a_running_statement_of_another_account_is_not_settled_unseen(server, proxy, tmp_path):
    url = limited_url(server, ["ALL ON bankroll.*"])
    through = start(server, proxy, tmp_path, url)
    holder = slow_table(server, "held")
    statement = Statement(through, "ALTER TABLE held ADD COLUMN late INT")
    statement.start()
    wait_until_running(server, "ALTER TABLE held")
    through.kill()
    statement.join(60)
    through = start(server, proxy, tmp_path, url, repo=through.repo)
    time.sleep(2)  # two looks at what is undecided
    assert states(through) == {1: "intended"}
    assert "#1" in ddltap(through.repo, "status").stdout
    holder.close()
    time.sleep(2)
    assert states(through) == {1: "intended"}, "the account cannot see whether it is over"
    through.stop()

    # With PROCESS the next proxy can tell.
    for host in ("127.0.0.1", "localhost"):
        server.execute(f"GRANT PROCESS ON *.* TO {ACCOUNT}@'{host}'")
    wait_until_running(server, "ALTER TABLE held", running=False)
    made = server.execute("SHOW COLUMNS FROM bankroll.held LIKE 'late'") != ()
    through = start(server, proxy, tmp_path, url, repo=through.repo)
    deadline = time.monotonic() + 30
    while states(through) == {1: "intended"} and time.monotonic() < deadline:
        time.sleep(0.1)  # the session of the statement may be just leaving; ddltap looks again
    assert states(through) == {1: "done" if made else "failed"}
    through.wait_for_drafts(1 if made else 0)
