"""The model user's story: a developer changes the schema through the proxy; production gets the drafts."""

import contextlib

import pymysql
import pytest

PRODUCTION = "pythonpydev$bankroll"
PRODUCER = "pythonpydev"

CHANGES = [
    "CREATE TABLE users (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(120) NOT NULL,"
    " balance DECIMAL(10,2) NOT NULL DEFAULT '0.00') COMMENT='people; with \\'quotes\\' and 100 %'",
    # As MySQL Workbench writes it.
    "ALTER TABLE `bankroll`.`users` \nADD COLUMN `nickname` VARCHAR(64) NULL AFTER `email`",
    "ALTER TABLE `bankroll`.`users` \n"
    "CHANGE COLUMN `nickname` `display_name` VARCHAR(64) NULL DEFAULT NULL COMMENT 'shown; to all' ",
    "CREATE TABLE bets (id INT PRIMARY KEY, user_id INT NOT NULL, stake DECIMAL(8,2),"
    " CONSTRAINT bets_user FOREIGN KEY (user_id) REFERENCES bankroll.users (id) ON DELETE CASCADE)",
    "RENAME TABLE bankroll.bets TO bankroll.wagers",
    "CREATE UNIQUE INDEX users_email ON bankroll.users (email)",
    "ALTER TABLE wagers ADD INDEX wagers_stake (stake DESC), ADD COLUMN note TEXT",
    # A table with the name of the schema.
    "CREATE TABLE bankroll (id INT PRIMARY KEY, amount INT)",
    "ALTER TABLE bankroll.bankroll ADD COLUMN kept INT NOT NULL DEFAULT 1",
    "CREATE DEFINER=`root`@`localhost` VIEW `bankroll`.`user_names` AS"
    " SELECT `bankroll`.`users`.`id` AS `id`, users.display_name FROM bankroll.users",
    "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY INVOKER VIEW amounts AS"
    " SELECT bankroll.id, bankroll.bankroll.amount, bankroll.kept FROM bankroll.bankroll WHERE bankroll.id > 0",
    "CREATE TRIGGER wagers_before BEFORE INSERT ON wagers FOR EACH ROW BEGIN\n"
    "  SET @last := NEW.id % 7;\n"
    "  IF NEW.note LIKE '50%;' THEN SET NEW.note = 'half; :name'; END IF;\n"
    "  -- a comment; with a semicolon\n"
    "  UPDATE bankroll.users SET balance = balance - NEW.stake WHERE id = NEW.user_id;\n"
    "END",
    "DROP INDEX wagers_stake ON wagers",
    "ALTER TABLE users DROP COLUMN balance, ADD COLUMN `größe` VARCHAR(10) DEFAULT '🐬'",
]

# Of other statements of the same session, no draft may come.
NO_CHANGES = [
    "CREATE TEMPORARY TABLE scratch (id INT)",
    "ALTER TABLE scratch ADD COLUMN more INT",
    "CREATE TEMPORARY TABLE users (id INT)",
    "ALTER TABLE users ADD COLUMN hides_the_real_one INT",
    "DROP TEMPORARY TABLE users",
    "DROP TABLE scratch",
    "INSERT INTO bankroll VALUES (1, 2)",
    "SELECT 'ALTER TABLE users ADD COLUMN a_text INT'",
    "DELETE FROM bankroll",
]

FAILURES = [
    "ALTER TABLE users ADD COLUMN email INT",
    "CREATE TABLE users (id INT)",
    "DROP TABLE no_such_table",
    "CREATE VIEW broken AS SELECT no_such_column FROM users",
]


def make_production(server):
    """An empty database of another name, and a user who has all rights on it and no other."""
    if not server.is_mariadb:
        server.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    server.fresh_database(PRODUCTION)
    server.execute(
        f"DROP USER IF EXISTS '{PRODUCER}'@'%'; CREATE USER '{PRODUCER}'@'%' IDENTIFIED BY 'pass';"
        f"GRANT ALL ON `{PRODUCTION}`.* TO '{PRODUCER}'@'%'"
    )


def tell_story(through):
    """Makes the changes through the proxy, with statements between them that are none."""
    with contextlib.closing(through.connect()) as connection, connection.cursor() as cursor:
        for position, change in enumerate(CHANGES):
            cursor.execute(change)
            if position == 7:
                for statement in NO_CHANGES:
                    cursor.execute(statement)
            if position == 4:
                for statement in FAILURES:
                    with pytest.raises(pymysql.MySQLError):
                        cursor.execute(statement)


@pytest.fixture
def story(server, proxy):
    """The drafts of the story, in their order."""
    server.fresh_database()
    through = proxy(server)
    tell_story(through)
    return through.wait_for_drafts(len(CHANGES))


def replay(server, draft, section):
    try:
        server.replay(PRODUCTION, PRODUCER, section, password="pass")
    except pymysql.MySQLError as error:
        raise AssertionError(f"{draft.path.name}: {error}\n{section}") from error




def test_the_ups_replayed_elsewhere_give_the_same_schema(server, story):
    make_production(server)
    for draft in story:
        replay(server, draft, draft.up)
    developed, produced = server.schema("bankroll"), server.schema(PRODUCTION)
    assert developed.keys() == produced.keys()
    # The server keeps the text of a trigger's body; there the draft has dropped the name of the schema.
    trigger = developed["TRIGGER", "wagers_before"]
    trigger["SQL Original Statement"] = trigger["SQL Original Statement"].replace("bankroll.users", "users")
    for name, definition in developed.items():
        assert produced[name] == definition


def test_the_downs_replayed_in_reverse_bring_every_step_back(server, story):
    make_production(server)
    before = []
    for draft in story:
        before.append(server.schema(PRODUCTION))
        replay(server, draft, draft.up)
    for draft, schema in zip(reversed(story), reversed(before)):
        replay(server, draft, draft.down)
        assert server.schema(PRODUCTION) == schema, f"after the down of {draft.path.name}\n{draft.down}"
    assert server.schema(PRODUCTION) == {}


def test_a_draft_says_when_who_and_where(server, story):
    captured = [line for line in story[1].header if line.startswith("captured: ")]
    assert len(captured) == 1
    assert "root@" in captured[0] and "bankroll" in captured[0]
    assert ("MariaDB" if server.is_mariadb else "MySQL") in captured[0]


def test_failed_and_temporary_statements_leave_no_draft(story):
    texts = [draft.path.read_text(encoding="utf-8") for draft in story]
    for trace in ("scratch", "hides_the_real_one", "no_such", "broken", "a_text"):
        assert not [text for text in texts if trace in text]


def test_the_up_of_a_plain_statement_is_the_statement(story):
    assert story[0].up == CHANGES[0] + ";"
    assert story[0].down == "DROP TABLE `users`;"


def test_a_draft_is_portable(story):
    for draft in story:
        assert "DEFINER" not in draft.up
        assert "`bankroll`." not in draft.up.replace("`bankroll`.`id`", "").replace("`bankroll`.`bankroll`", "")


def test_each_change_is_told_on_the_proxys_output_and_in_the_list(server, proxy):
    from proxy import ddltap, ddltap_json
    from test_drift import wait_for_line

    server.fresh_database()
    through = proxy(server)
    through.execute("CREATE TABLE users (id INT)", "ALTER TABLE users ADD COLUMN nickname VARCHAR(64)")
    through.wait_for_drafts(2)
    assert "captured" in wait_for_line(through, "ALTER TABLE users")
    listed = ddltap(through.repo, "list", "--no-color").stdout
    assert "CREATE TABLE users" in listed and "ALTER TABLE users" in listed
    assert "nickname" in ddltap(through.repo, "show", "2", "--no-color").stdout
    assert ddltap_json(through.repo, "status")
    assert ddltap_json(through.repo, "list")
