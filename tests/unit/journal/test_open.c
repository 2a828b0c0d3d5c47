/* Opening: who may, what is created, what is refused, who holds it. */
#include "journal_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
    struct stat entry;
    assert_int_equal(stat(path, &entry), 0);
    return entry.st_mode & 0777;
}

static void make_folder(const struct fixture *fixture)
{
    char folder[100];
    (void)snprintf(folder, sizeof folder, "%s/state", fixture->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void folder_and_files_belong_to_their_owner_alone(void **state)
{
    struct fixture *fixture = *state;
    mode_t mask = umask(0);
    struct journal *journal = fixture_open(fixture, JOURNAL_PROXY);
    struct problem problem;
    assert_int_equal(journal_setting_put(journal, "a", "b", &problem), ERROR_NONE);
    char path[140];
    (void)snprintf(path, sizeof path, "%s/state", fixture->folder);
    assert_int_equal(mode_of(path), 0700);
    assert_int_equal(mode_of(fixture->path), 0600);
    (void)snprintf(path, sizeof path, "%s-wal", fixture->path);
    assert_int_equal(mode_of(path), 0600);
    (void)snprintf(path, sizeof path, "%s/state/journal.lock", fixture->folder);
    assert_int_equal(mode_of(path), 0600);
    journal_close(journal);
    (void)umask(mask);
}

static enum error refused(const struct fixture *fixture, enum journal_access access,
                          const char *words)
{
    struct journal *journal;
    struct problem problem = PROBLEM_INIT;
    enum error error = journal_open(fixture->path, access, &journal, &problem);
    assert_null(journal);
    if (strstr(problem.text, words) == NULL)
        fail_msg("expected \"%s\" in: %s", words, problem.text);
    return error;
}

static void a_command_needs_a_journal_that_is_there(void **state)
{
    assert_int_equal(refused(*state, JOURNAL_COMMAND, "ddltap init"), ERROR_NOT_FOUND);
}

static void an_empty_file_becomes_a_journal_but_not_for_a_command(void **state)
{
    struct fixture *fixture = *state;
    make_folder(fixture);
    int file = open(fixture->path, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    (void)close(file);
    assert_int_equal(refused(fixture, JOURNAL_COMMAND, "empty"), ERROR_NOT_FOUND);
    journal_close(fixture_open(fixture, JOURNAL_CREATE));
    journal_close(fixture_open(fixture, JOURNAL_COMMAND));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    make_folder(fixture);
    FILE *file = fopen(fixture->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fputs("not a database at all\n", file);
    (void)fclose(file);
    assert_int_equal(refused(fixture, JOURNAL_CREATE, "not a ddltap journal"), ERROR_JOURNAL);
    assert_int_equal(refused(fixture, JOURNAL_COMMAND, "not a ddltap journal"), ERROR_JOURNAL);
}

static void a_database_of_somebody_else_is_refused_and_untouched(void **state)
{
    struct fixture *fixture = *state;
    make_folder(fixture);
    sqlite3 *raw = fixture_raw(fixture);
    assert_int_equal(sqlite3_exec(raw, "CREATE TABLE theirs (a)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(refused(fixture, JOURNAL_PROXY, "not a ddltap journal"), ERROR_JOURNAL);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM sqlite_master"), 1);
    (void)sqlite3_close(raw);
}

static void a_newer_version_is_refused_with_both_numbers(void **state)
{
    struct fixture *fixture = *state;
    journal_close(fixture_open(fixture, JOURNAL_CREATE));
    sqlite3 *raw = fixture_raw(fixture);
    assert_int_equal(fixture_number(raw, "PRAGMA user_version"), 3);
    assert_int_equal(sqlite3_exec(raw, "PRAGMA user_version = 7", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(raw);
    assert_int_equal(
        refused(fixture, JOURNAL_PROXY, "version 7, this ddltap knows versions up to 3"),
        ERROR_JOURNAL);
}

/* A journal of version 1 is one of today without what came later. */
static void an_older_version_is_upgraded_with_what_is_in_it(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    struct journal *journal = fixture_open(fixture, JOURNAL_PROXY);
    struct journal_session session;
    struct journal_change change;
    fixture_session(&session);
    fixture_change(&change, "users");
    assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_NONE);
    journal_close(journal);
    sqlite3 *raw = fixture_raw(fixture);
    assert_int_equal(sqlite3_exec(raw,
                                  "DROP INDEX change_by_draft_name; DROP INDEX change_by_end;"
                                  "DROP INDEX change_by_commit; DROP TABLE known;"
                                  "ALTER TABLE change DROP COLUMN split_from;"
                                  "ALTER TABLE change DROP COLUMN committed_at;"
                                  "ALTER TABLE change DROP COLUMN images_kept;"
                                  "DROP INDEX change_by_squash; DROP INDEX change_by_file_due;"
                                  "ALTER TABLE change DROP COLUMN file_due;"
                                  "ALTER TABLE change DROP COLUMN squashed_into;"
                                  "ALTER TABLE change DROP COLUMN draft_text;"
                                  "ALTER TABLE change DROP COLUMN squash_text;"
                                  "ALTER TABLE change DROP COLUMN origin;"
                                  "DROP TABLE baseline; PRAGMA user_version = 1;"
                                  "PRAGMA auto_vacuum = NONE; VACUUM",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(refused(fixture, JOURNAL_COMMAND, "`ddltap init` upgrades it"), ERROR_JOURNAL);
    journal_close(fixture_open(fixture, JOURNAL_CREATE));
    assert_int_equal(fixture_number(raw, "PRAGMA user_version"), 3);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM change WHERE origin = 'captured'"
                                         " AND images_kept"),
                     1);
    assert_int_equal(fixture_number(raw, "PRAGMA auto_vacuum"), 2);
    (void)sqlite3_close(raw);
    journal = fixture_open(fixture, JOURNAL_COMMAND);
    const struct journal_draft_mark mark = {.change_id = change.id, .state = DRAFT_DISCARDED};
    assert_int_equal(journal_mark_drafts(journal, &mark, 1, &problem), ERROR_NONE);
    journal_close(journal);
    journal_change_release(&change);
    journal_session_release(&session);
}

/* As it was written before there was anything to give back; text makes it large. */
static void make_unvacuumed(const struct fixture *fixture, int text)
{
    char sql[200];
    sqlite3 *raw = fixture_raw(fixture);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO gap (at, what) VALUES (1, hex(zeroblob(%d)));"
                   "PRAGMA auto_vacuum = NONE; VACUUM",
                   text / 2);
    assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(fixture_number(raw, "PRAGMA auto_vacuum"), 0);
    (void)sqlite3_close(raw);
}

static void expect_vacuum(const struct fixture *fixture, int64_t mode)
{
    sqlite3 *raw = fixture_raw(fixture);
    assert_int_equal(fixture_number(raw, "PRAGMA auto_vacuum"), mode);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM gap"), 1);
    (void)sqlite3_close(raw);
}

static void a_proxy_starts_where_there_is_no_room_to_write_the_file_anew(void **state)
{
    struct fixture *fixture = *state;
    journal_close(fixture_open(fixture, JOURNAL_CREATE));
    make_unvacuumed(fixture, 3000000);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit unlimited, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    limit = unlimited;
    limit.rlim_cur = 1000000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct journal *journal;
    struct problem problem = PROBLEM_INIT;
    enum error error = journal_open(fixture->path, JOURNAL_PROXY, &journal, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    (void)signal(SIGXFSZ, before);
    if (error != ERROR_NONE)
        fail_msg("%s", problem.text);
    expect_vacuum(fixture, 0);
    journal_close(journal);
    journal_close(fixture_open(fixture, JOURNAL_PROXY));
    expect_vacuum(fixture, 2);
}

static void the_file_is_not_written_anew_under_a_running_proxy(void **state)
{
    struct fixture *fixture = *state;
    struct journal *proxy = fixture_open(fixture, JOURNAL_PROXY);
    make_unvacuumed(fixture, 10);
    journal_close(fixture_open(fixture, JOURNAL_CREATE));
    expect_vacuum(fixture, 0);
    journal_close(proxy);
    journal_close(fixture_open(fixture, JOURNAL_CREATE));
    expect_vacuum(fixture, 2);
}

static off_t log_size(const struct fixture *fixture)
{
    char path[140];
    struct stat entry;
    (void)snprintf(path, sizeof path, "%s-wal", fixture->path);
    assert_int_equal(stat(path, &entry), 0);
    return entry.st_size;
}

/* It is as long as the file after that was written anew; it gets shorter, but not shorter than it is made. */
static void a_log_that_grew_out_of_measure_gets_shorter(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem = PROBLEM_INIT;
    struct journal *journal = fixture_open(fixture, JOURNAL_PROXY);
    off_t first = log_size(fixture);
    make_unvacuumed(fixture, 40000000);
    assert_true(log_size(fixture) > 40000000);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(journal_setting_put(journal, "a", "b", &problem), ERROR_NONE);
    assert_in_range(log_size(fixture), first, 34000000);
    journal_close(journal);
}

static void opening_twice_keeps_what_is_there(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    struct journal *journal = fixture_open(fixture, JOURNAL_CREATE);
    assert_int_equal(journal_setting_put(journal, "baseline", "abc", &problem), ERROR_NONE);
    journal_close(journal);
    journal = fixture_open(fixture, JOURNAL_CREATE);
    char *value;
    assert_int_equal(journal_setting_get(journal, "baseline", &value, &problem), ERROR_NONE);
    assert_string_equal(value, "abc");
    free(value);
    journal_close(journal);
}

static void *create(void *argument)
{
    struct problem problem = PROBLEM_INIT;
    struct journal *journal;
    if (journal_open(argument, JOURNAL_CREATE, &journal, &problem) != ERROR_NONE)
        (void)fprintf(stderr, "%s\n", problem.text);
    journal_close(journal);
    return journal;
}

static void many_may_create_it_at_once(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create, fixture->path), 0);
    for (int i = 0; i < 8; i++) {
        void *opened;
        assert_int_equal(pthread_join(threads[i], &opened), 0);
        assert_non_null(opened);
    }
}

static void one_proxy_holds_it_and_is_named(void **state)
{
    struct fixture *fixture = *state;
    long pid;
    char address[50];
    assert_false(journal_proxy_running(fixture->path, &pid, address, sizeof address));
    struct journal *journal = fixture_open(fixture, JOURNAL_PROXY);
    assert_true(journal_proxy_running(fixture->path, &pid, address, sizeof address));
    assert_int_equal(pid, getpid());
    assert_string_equal(address, "");
    journal_proxy_listens(journal, "127.0.0.1:3307");
    assert_true(journal_proxy_running(fixture->path, &pid, address, sizeof address));
    assert_string_equal(address, "127.0.0.1:3307");

    char words[100];
    (void)snprintf(words, sizeof words, "process %ld, listening on 127.0.0.1:3307", (long)getpid());
    assert_int_equal(refused(fixture, JOURNAL_PROXY, words), ERROR_LOCKED);
    journal_close(fixture_open(fixture, JOURNAL_COMMAND));
    journal_close(journal);
    assert_false(journal_proxy_running(fixture->path, &pid, address, sizeof address));
    journal_close(fixture_open(fixture, JOURNAL_PROXY));
}

static void a_killed_proxy_holds_nothing(void **state)
{
    struct fixture *fixture = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct journal *journal = fixture_open(fixture, JOURNAL_PROXY);
        journal_proxy_listens(journal, "127.0.0.1:3307");
        (void)!write(ready[1], "x", 1);
        (void)pause();
        _exit(0);
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    long pid;
    char address[50];
    assert_true(journal_proxy_running(fixture->path, &pid, address, sizeof address));
    assert_int_equal(pid, child);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(journal_proxy_running(fixture->path, &pid, address, sizeof address));
    journal_close(fixture_open(fixture, JOURNAL_PROXY));
    (void)close(ready[0]);
    (void)close(ready[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_open_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(folder_and_files_belong_to_their_owner_alone),
        TEST(a_command_needs_a_journal_that_is_there),
        TEST(an_empty_file_becomes_a_journal_but_not_for_a_command),
        TEST(a_file_that_is_no_database_is_refused),
        TEST(a_database_of_somebody_else_is_refused_and_untouched),
        TEST(a_newer_version_is_refused_with_both_numbers),
        TEST(an_older_version_is_upgraded_with_what_is_in_it),
        TEST(a_proxy_starts_where_there_is_no_room_to_write_the_file_anew),
        TEST(the_file_is_not_written_anew_under_a_running_proxy),
        TEST(a_log_that_grew_out_of_measure_gets_shorter),
        TEST(opening_twice_keeps_what_is_there),
        TEST(many_may_create_it_at_once),
        TEST(one_proxy_holds_it_and_is_named),
        TEST(a_killed_proxy_holds_nothing),
    };
    return cmocka_run_group_tests_name("open", tests, NULL, NULL);
}
