"""verify: drafts replayed in a scratch database, on real servers."""

import json

import pytest

from proxy import ddltap, ddltap_json
from test_diff import before, fill

SCRATCH = "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ddltap\\_scratch\\_%'"
CHANGES = [
    "ALTER TABLE users ADD nickname VARCHAR(64) AFTER email, MODIFY note VARCHAR(60)",
    "ALTER TABLE users CHANGE nick handle INT",
    "CREATE TABLE badges (id INT PRIMARY KEY, user_id INT, FOREIGN KEY (user_id) REFERENCES users (id))",
    "ALTER TABLE `bankroll`.`badges` ADD name VARCHAR(20)",
    "CREATE OR REPLACE VIEW rich AS SELECT id FROM bankroll.users",
    "DROP PROCEDURE tidy",
    "CREATE TRIGGER first_of_all BEFORE INSERT ON `users` FOR EACH ROW PRECEDES stamp SET NEW.email = ''",
    "CREATE EVENT hourly ON SCHEDULE EVERY 1 HOUR DO DELETE FROM orders",
    "ALTER EVENT nightly DISABLE",
    "RENAME TABLE orders TO purchases",
    "CREATE FUNCTION thrice(a INT) RETURNS INT DETERMINISTIC RETURN 3 * a",
    "DROP TABLE purchases",
]


def value(server, question):
    return server.execute(question)[0][0]


def run(server, *statements, database=None):
    for statement in statements:
        server.execute(statement, database)


def verdicts(done):
    return {draft["id"]: draft["verdict"] for draft in json.loads(done.stdout)["drafts"]}


@pytest.fixture
def tinkered(server, proxy):
    fill(server, "bankroll", before(server))
    through = proxy(server)
    through.execute(*CHANGES)
    through.wait_for_drafts(len(CHANGES))
    return through


def test_drafts_of_every_kind_are_proven_and_nothing_is_left(server, tinkered):
    before_it = server.schema("bankroll")
    done = ddltap(tinkered.repo, "verify", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert result["proven"] and not result["beyond"] and not result["left"] and not result["notes"]
    assert set(verdicts(done).values()) == {"proven"} and len(result["drafts"]) == len(CHANGES)
    assert server.schema("bankroll") == before_it
    assert value(server, SCRATCH) == 0


def test_drafts_that_need_others_name_them(tinkered):
    needs = {draft["id"]: draft["needs"] for draft in ddltap_json(tinkered.repo, "verify")["drafts"]}
    assert needs[1] is None and needs[6] is None and needs[11] is None
    assert needs[2] == "#1" and "#3" in needs[4] and "#10" in needs[12]


def test_a_draft_that_is_wrong_is_told_and_the_others_are_proven(server, tinkered):
    drafts = sorted((tinkered.repo / "ddltap" / "drafts").glob("*.sql"))
    text = drafts[2].read_text()
    drafts[2].write_text(text.replace("-- migrate:down\n", "-- migrate:down\nSELECT 1;\n-- ").replace("DROP TABLE", "x"))
    text = drafts[5].read_text()
    drafts[5].write_text(text.split("-- migrate:down\n")[0] + "-- migrate:down\nDROP PROCEDURE nowhere;\n")
    done = ddltap(tinkered.repo, "verify", "--json")
    assert done.returncode == 1
    assert verdicts(done)[3] == "down differs" and verdicts(done)[6] == "down fails"
    assert [verdict for id, verdict in verdicts(done).items() if id not in (3, 6)] == ["proven"] * 10
    assert value(server, SCRATCH) == 0


def test_an_up_that_does_not_run_stops_there_with_the_servers_words(tinkered):
    draft = sorted((tinkered.repo / "ddltap" / "drafts").glob("*.sql"))[1]
    draft.write_text(draft.read_text().replace("CHANGE nick", "CHANGE nobody"))
    done = ddltap(tinkered.repo, "verify", "--json")
    assert done.returncode == 1
    assert verdicts(done)[1] == "proven" and verdicts(done)[2] == "up fails" and verdicts(done)[3] == "not tried"
    assert "1054" in [draft["why"] for draft in json.loads(done.stdout)["drafts"] if draft["id"] == 2][0]


def test_what_never_passed_the_proxy_is_named(server, tinkered):
    run(server, "ALTER TABLE badges ADD colour INT", "CREATE TABLE aside (id INT)", database="bankroll")
    done = ddltap(tinkered.repo, "verify", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["beyond"] == ["TABLE aside", "TABLE badges"]


def test_selected_drafts_alone_are_proven(tinkered):
    done = ddltap(tinkered.repo, "verify", "--json", "4..5")
    assert done.returncode == 0 and list(verdicts(done)) == [4, 5]
    done = ddltap(tinkered.repo, "verify", "99")
    assert done.returncode == 3 and "#99 is no pending draft" in done.stderr


def test_a_draft_reaches_nothing_outside_of_the_scratch_database(server, tinkered):
    server.fresh_database("other")
    server.execute("CREATE TABLE t (id INT)", database="other")
    draft = sorted((tinkered.repo / "ddltap" / "drafts").glob("*.sql"))[0]
    draft.write_text(draft.read_text().replace("-- migrate:up\n", "-- migrate:up\nDROP TABLE other.t;\n"))
    done = ddltap(tinkered.repo, "verify", "--json", "1")
    assert done.returncode == 1 and "another schema" in json.loads(done.stdout)["drafts"][0]["why"]
    assert value(server, "SELECT COUNT(*) FROM other.t") == 0


def test_leftovers_of_a_command_that_was_killed_go(server, tinkered):
    run(server, "CREATE DATABASE ddltap_scratch_0123456789ab", "CREATE DATABASE ddltap_scratch_of_a_person")
    assert ddltap(tinkered.repo, "verify", "1").returncode == 0
    assert value(server, SCRATCH) == 1
    server.execute("DROP DATABASE ddltap_scratch_of_a_person")


def test_an_account_that_may_make_no_database_is_told_what_to_do(server, tinkered):
    run(
        server,
        "CREATE USER IF NOT EXISTS modest@'%' IDENTIFIED BY 'pw'", "GRANT ALL ON bankroll.* TO modest@'%'"
    )
    (tinkered.repo / ".env").write_text(
        f"DDLTAP_DATABASE_URL=mysql://modest:pw@{server.host}:{server.port}/bankroll\n"
    )
    done = ddltap(tinkered.repo, "-c", "capture.user=modest", "verify")
    assert done.returncode == 3 and "GRANT ALL ON `ddltap\\_scratch\\_%`" in done.stderr
    with open(tinkered.repo / ".env", "a") as env:
        env.write(f"DDLTAP_SCRATCH_URL=mysql://root@{server.host}:{server.port}/mysql\n")
    done = ddltap(tinkered.repo, "-c", "capture.user=modest", "verify")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_other_kind_of_server_is_another_proof(mariadb, mysql, proxy):
    fill(mariadb, "bankroll", ["CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(100))"])
    through = proxy(mariadb)
    through.execute("ALTER TABLE users ADD nick VARCHAR(10)", "CREATE SEQUENCE numbers")
    through.wait_for_drafts(2)
    done = ddltap(through.repo, "verify", "--json", "--on", mysql.url("mysql"))
    assert done.returncode == 1
    assert verdicts(done) == {1: "proven", 2: "up fails"}
    assert "another kind" in json.loads(done.stdout)["notes"][0]
    assert value(mysql, SCRATCH) == 0
