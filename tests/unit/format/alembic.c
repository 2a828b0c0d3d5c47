/* Alembic: its files read and written, its version table. */
#include "format_tests.h"

static void make_flask(const char *ini)
{
    test_write_file("migrations/alembic.ini", ini);
    test_write_file("migrations/env.py", "context.configure(connection=connection)\n");
}

static void write_revision(const char *path, const char *revision, const char *down)
{
    char text[512];
    snprintf(text, sizeof text,
             "\"\"\"Make %s\n\nRevision ID: x\n\"\"\"\nfrom alembic import op\n\n"
             "revision = '%s'\ndown_revision = %s\nbranch_labels = None\n\n\ndef upgrade():\n"
             "    revision = 1\n",
             revision, revision, down);
    test_write_file(path, text);
}

static void the_chain_is_in_the_files(void **state)
{
    struct test_project project;
    (void)state;
    make_flask("[alembic]\n");
    write_revision("migrations/versions/1.py", "cc", "('aa', \"bb\")");
    write_revision("migrations/versions/2.py", "bb", "'aa'");
    write_revision("migrations/versions/.3.py", "aa", "None");
    test_write_file("migrations/versions/__init__.py", "");
    test_write_file("migrations/versions/.#2.py", "");
    test_write_file("migrations/versions/2.py.orig", "");
    test_write_file("migrations/versions/sub/4.py", "nothing");
    test_open(&project);
    test_assert_chain(&project.chain, "aa bb>aa cc>aa>bb*");
    assert_string_equal(project.chain.migrations[0].title, "Make aa");
    assert_string_equal(project.chain.migrations[0].path, "migrations/versions/.3.py");
    assert_string_equal(project.chain.merge_command, "flask db merge heads");
    test_close(&project);
}

static void values_are_read_as_python_reads_them(void **state)
{
    struct test_project project;
    (void)state;
    make_flask("");
    test_write_file("migrations/versions/1.py",
                    "# revision = 'no'\n'''One\ntwo\n\nthree\nrevision = 'no'\n'''\n"
                    "import sqlalchemy as sa; x = (\nrevision == 'no')\n"
                    "revision: str = 'a' \\\n  'b'  # yes\n"
                    "down_revision: Union[str, Sequence[str], None] = None\n"
                    "branch_labels: str | None = ('billing',)\ndepends_on = [\n  'cd', # x\n]\n");
    test_write_file("migrations/versions/2.py", "revision = ('cd')\ndown_revision=None\n");
    test_open(&project);
    test_assert_chain(&project.chain, "cd* ab*");
    const struct migration *ab = &project.chain.migrations[1];
    assert_string_equal(ab->title, "One two");
    assert_string_equal(ab->labels.items[0], "billing");
    assert_string_equal(ab->dependencies.items[0], "cd");
    test_close(&project);
}

static void assert_unreadable(const char *text, enum error error, const char *words)
{
    struct test_project project;
    test_write_file("migrations/versions/1.py", text);
    assert_int_equal(test_open_badly(&project), error);
    if (strstr(project.problem.text, words) == NULL)
        fail_msg("%s", project.problem.text);
    test_close(&project);
}

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    make_flask("");
    assert_unreadable("revision = make()\n", ERROR_UNSUPPORTED,
                      "migrations/versions/1.py computes its revision");
    assert_unreadable("revision = 'a'\ndown_revision = 'b' + c\n", ERROR_UNSUPPORTED,
                      "computes its down_revision");
    assert_unreadable("revision = 'a'\ndown_revision = ('b', c)\n", ERROR_UNSUPPORTED,
                      "computes its down_revision");
    assert_unreadable("x = 1\n", ERROR_CONFIG, "has no revision");
}

static void settings_say_where_migrations_are(void **state)
{
    struct test_project project;
    (void)state;
    test_write_file("alembic.ini", "[alembic]\nscript_location = %(here)s/db\n"
                                   "version_locations = %(here)s/one:two/./deep\n"
                                   "version_path_separator = os\n"
                                   "recursive_version_locations = true\n");
    test_write_file("db/env.py", "");
    write_revision("one/a.py", "aa", "None");
    write_revision("two/deep/er/b.py", "bb", "'aa'");
    test_open(&project);
    test_assert_chain(&project.chain, "aa bb>aa*");
    assert_string_equal(project.chain.merge_command, "alembic merge heads");

    struct test_statements up = test_statements("SELECT 1", NULL);
    struct proposal proposal = test_proposal(&project, &up, &up);
    struct composed composed;
    test_compose(&project, &proposal, &composed);
    assert_string_equal(composed.files[0].path, "two/deep/er/abcdef012345_users_get_a_name.py");
    composed_release(&composed);
    test_close(&project);
}

static void assert_bad_settings(const char *ini, enum error error, const char *words)
{
    struct test_project project;
    make_flask(ini);
    assert_int_equal(test_open_badly(&project), error);
    if (strstr(project.problem.text, words) == NULL)
        fail_msg("%s", project.problem.text);
    test_close(&project);
}

static void settings_that_make_no_sense_are_said(void **state)
{
    (void)state;
    assert_bad_settings("[alembic]\nversion_locations = /elsewhere\n", ERROR_UNSUPPORTED,
                        "version_locations in migrations/alembic.ini names \"/elsewhere\"");
    assert_bad_settings("[alembic]\nversion_locations = app:versions\n", ERROR_UNSUPPORTED,
                        "no folder of this project");
    assert_bad_settings("[alembic]\npath_separator = comma\n", ERROR_CONFIG, "path_separator");
    assert_bad_settings("[alembic]\ntruncate_slug_length = long\n", ERROR_CONFIG,
                        "truncate_slug_length");
    test_write_file("migrations/script.py.mako", "def upgrade(engine_name):\n");
    assert_bad_settings("", ERROR_UNSUPPORTED, "several databases");
}

static const char whole_file[] =
    "\"\"\"users get a name\n\nRevision ID: abcdef012345\nRevises: aa\n"
    "Create Date: 2026-11-22 11:15:00.500000+01:00\n\n\"\"\"\n"
    "from alembic import context, op\n\n\n"
    "# revision identifiers, used by Alembic.\n"
    "revision = \"abcdef012345\"\ndown_revision = \"aa\"\nbranch_labels = None\n"
    "depends_on = None\n\n\n"
    "def upgrade():\n"
    "    # Each statement is final at once: if one fails, those before it stay done.\n"
    "    _run(r\"\"\"ALTER TABLE t ADD a int\"\"\")\n"
    "    _run(\n        \"SELECT '\\r\\n\"\n        \"'\"\n    )\n\n\n"
    "def downgrade():\n"
    "    # The values of a do not come back.\n"
    "    _run(r\"\"\"ALTER TABLE t DROP a\"\"\")\n\n\n"
    "def _run(sql):\n";

static void a_new_file_reads_as_alembic_writes_it(void **state)
{
    struct test_project project;
    struct composed composed;
    const char *const remarks[] = {"The values of a do not\ncome back."};
    (void)state;
    make_flask("[alembic]\nfile_template = %%(year)d/%%(month).2d%%(day)02d_%%(rev)s_%%(slug)s\n"
               "truncate_slug_length = 12\ntimezone = Europe/Berlin\n");
    write_revision("migrations/versions/a.py", "aa", "None");
    test_open(&project);
    struct test_statements up = test_statements("ALTER TABLE t ADD a int", "SELECT '\r\n'", NULL);
    struct test_statements down = test_statements("ALTER TABLE t DROP a", NULL);
    struct proposal proposal = test_proposal(&project, &up, &down);
    proposal.remarks = remarks;
    proposal.remark_count = 1;
    test_compose(&project, &proposal, &composed);
    assert_int_equal(composed.count, 1);
    assert_string_equal(composed.version, "abcdef012345");
    assert_string_equal(composed.files[0].path,
                        "migrations/versions/2026/1122_abcdef012345_users_get_a_.py");
    assert_memory_equal(test_content(&composed, 0), whole_file, sizeof whole_file - 1);
    composed_release(&composed);
    test_close(&project);
}

static void the_first_file_follows_nothing_and_may_have_no_way_back(void **state)
{
    struct test_project project;
    struct composed composed;
    (void)state;
    make_flask("");
    test_open(&project);
    struct test_statements up = test_statements("DROP TABLE t", NULL), down = test_statements(NULL);
    struct proposal proposal = test_proposal(&project, &up, &down);
    proposal.no_way_back = "The table \"t\" was not read before.";
    test_compose(&project, &proposal, &composed);
    assert_non_null(strstr(test_content(&composed, 0), "\nRevises: \n"));
    assert_non_null(strstr(test_content(&composed, 0), "\ndown_revision = None\n"));
    assert_non_null(strstr(test_content(&composed, 0),
                           "def downgrade():\n    raise RuntimeError(\n        \"This migration "
                           "has no way back. The table \\\"t\\\" was not read before.\"\n    )\n"));
    composed_release(&composed);
    test_close(&project);
}

static void a_new_version_begins_like_no_other(void **state)
{
    struct test_project project;
    struct composed composed;
    (void)state;
    make_flask("");
    write_revision("migrations/versions/a.py", "abcdef012345", "None");
    test_open(&project);
    struct test_statements up = test_statements("DROP TABLE t", NULL);
    struct proposal proposal = test_proposal(&project, &up, &up);
    test_compose(&project, &proposal, &composed);
    assert_string_equal(composed.version, "abcdef012346");
    composed_release(&composed);
    test_close(&project);
}

static void assert_refused(const struct test_project *project, struct slice statement,
                           const char *words)
{
    struct test_statements up = {.items = {statement}, .count = 1};
    struct proposal proposal = test_proposal(project, &up, &up);
    struct composed composed = COMPOSED_INIT;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(project->found.format->compose(&project->found, &project->chain, &proposal,
                                                    &composed, &problem),
                     ERROR_UNSUPPORTED);
    if (strstr(problem.text, words) == NULL)
        fail_msg("%s", problem.text);
    assert_int_equal(composed.count, 0);
}

static void statements_that_cannot_stand_in_a_file_are_refused(void **state)
{
    struct test_project project;
    (void)state;
    make_flask("");
    test_open(&project);
    assert_refused(&project, SLICE("SELECT '\0'"), "NUL byte");
    assert_refused(&project, SLICE("SELECT '\xff'"), "not UTF-8");
    assert_refused(&project, SLICE("delimiter //\nSELECT 1"), "command of the mysql program");
    assert_refused(&project, SLICE("-- nothing\n"), "empty but for comments");
    test_close(&project);
}

static void templates_that_alembic_refuses_are_refused(void **state)
{
    struct test_project project;
    struct composed composed = COMPOSED_INIT;
    struct problem problem = PROBLEM_INIT;
    (void)state;
    make_flask("[alembic]\nfile_template = %%(rev)s_%%(week)d\n");
    test_open(&project);
    struct test_statements up = test_statements("SELECT 1", NULL);
    struct proposal proposal = test_proposal(&project, &up, &up);
    assert_int_equal(project.found.format->compose(&project.found, &project.chain, &proposal,
                                                   &composed, &problem),
                     ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "file_template in migrations/alembic.ini"));
    test_close(&project);
}

/* --- the version table --------------------------------------------------------------------------
 */

static void stamps_are_what_alembic_writes(void **state)
{
    struct test_project project;
    struct stamp stamp = STAMP_INIT;
    (void)state;
    make_flask("");
    test_open(&project);
    const struct format *format = project.found.format;
    format->stamp(&project.found, "bb", "aa", &stamp);
    format->unstamp(&project.found, "bb", "aa", &stamp);
    format->stamp(&project.found, "aa", NULL, &stamp);
    format->unstamp(&project.found, "aa", NULL, &stamp);
    format->stamp_beside(&project.found, "cc", &stamp);
    test_assert_stamp(
        &stamp, "UPDATE `alembic_version` SET version_num = 'bb' WHERE version_num = 'aa' [1]\n"
                "UPDATE `alembic_version` SET version_num = 'aa' WHERE version_num = 'bb' [1]\n"
                "CREATE TABLE IF NOT EXISTS `alembic_version` (version_num VARCHAR(32) NOT NULL, "
                "CONSTRAINT `alembic_version_pkc` PRIMARY KEY (version_num)) [-1]\n"
                "INSERT INTO `alembic_version` (version_num) SELECT 'aa' FROM DUAL WHERE NOT "
                "EXISTS (SELECT 1 FROM `alembic_version`) [1]\n"
                "DELETE FROM `alembic_version` WHERE version_num = 'aa' [1]\n"
                "INSERT INTO `alembic_version` (version_num) SELECT 'cc' FROM DUAL WHERE NOT "
                "EXISTS (SELECT 1 FROM `alembic_version` WHERE version_num = 'cc') [1]\n");
    stamp_release(&stamp);
    test_close(&project);
}

static void the_version_table_is_named_by_env_or_the_caller(void **state)
{
    struct test_project project;
    (void)state;
    make_flask("");
    test_write_file("migrations/env.py", "# version_table='no'\ncontext.configure(connection=c,\n"
                                         "    version_table = 'app`s',\n    target_metadata=m)\n");
    test_open(&project);
    char *query = project.found.format->current_query(&project.found);
    assert_string_equal(query, "SELECT version_num FROM `app``s`");
    free(query);
    project.found.version_table = strdup("mine");
    char *table = project.found.format->version_table(&project.found);
    assert_string_equal(table, "mine");
    free(table);
    test_close(&project);
    test_write_file("migrations/env.py", "context.configure(version_table=table())\n");
    assert_int_equal(test_open_badly(&project), ERROR_UNSUPPORTED);
    assert_non_null(strstr(project.problem.text, "computes version_table"));
    test_close(&project);
}

static void where_the_database_stands_is_known(void **state)
{
    struct test_project project;
    struct position position;
    struct problem problem = PROBLEM_INIT;
    const char *rows[] = {"bb", "zz"};
    (void)state;
    make_flask("");
    write_revision("migrations/versions/1.py", "aa", "None");
    write_revision("migrations/versions/2.py", "bb", "'aa'");
    write_revision("migrations/versions/3.py", "cc", "'bb'");
    test_open(&project);
    const struct chain *chain = &project.chain;
    const struct format *format = project.found.format;
    assert_int_equal(format->locate(chain, rows, 1, &position, NULL), ERROR_NONE);
    assert_int_equal(position.pending, 1);
    assert_int_equal(position_check(&position, chain, chain_find(chain, "bb"), NULL), ERROR_NONE);
    assert_int_equal(position_check(&position, chain, chain_find(chain, "cc"), &problem),
                     ERROR_CONFIG);
    assert_string_equal(problem.text, "The development database has not got migration cc "
                                      "(migrations/versions/3.py) yet, and 1 in all. Upgrade it "
                                      "first.");
    position_release(&position);
    assert_int_equal(format->locate(chain, rows, 2, &position, NULL), ERROR_NONE);
    assert_int_equal(position_check(&position, chain, chain_find(chain, "bb"), &problem),
                     ERROR_CONFIG);
    assert_non_null(strstr(problem.text, "version zz, which is in no file"));
    position_release(&position);
    test_close(&project);
}

int run_alembic_tests(void)
{
    const struct CMUnitTest tests[] = {
        FORMAT_TEST(the_chain_is_in_the_files),
        FORMAT_TEST(values_are_read_as_python_reads_them),
        FORMAT_TEST(what_cannot_be_read_is_said),
        FORMAT_TEST(settings_say_where_migrations_are),
        FORMAT_TEST(settings_that_make_no_sense_are_said),
        FORMAT_TEST(a_new_file_reads_as_alembic_writes_it),
        FORMAT_TEST(the_first_file_follows_nothing_and_may_have_no_way_back),
        FORMAT_TEST(a_new_version_begins_like_no_other),
        FORMAT_TEST(statements_that_cannot_stand_in_a_file_are_refused),
        FORMAT_TEST(templates_that_alembic_refuses_are_refused),
        FORMAT_TEST(stamps_are_what_alembic_writes),
        FORMAT_TEST(the_version_table_is_named_by_env_or_the_caller),
        FORMAT_TEST(where_the_database_stands_is_known),
    };
    return cmocka_run_group_tests_name("alembic", tests, NULL, NULL);
}
