/* Draft files: name, text, reading back, storing. */
#include "draft_fixture.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void assert_name(int64_t id, const char *slug, const char *expected)
{
    char *name = draft_file_name(1795342500999999, id, slug);
    assert_string_equal(name, expected);
    free(name);
}

static void names_hold_time_id_and_slug(void **state)
{
    (void)state;
    assert_name(1, "alter_users", "20261122T101500Z_0001_alter_users.sql");
    assert_name(123456789012, "", "20261122T101500Z_123456789012_change.sql");
    assert_name(2, "../../A b", "20261122T101500Z_0002_________b.sql");
}

static const struct draft_content sample = {
    .captured_at = 1795342500000000,
    .tool = "MySQLWorkbench",
    .account = "root@localhost",
    .database = "bankroll",
    .server = "MySQL 9.7.4",
    .up = {"ALTER TABLE `a` ADD b int;\n", 27},
    .down = {"ALTER TABLE `a` DROP COLUMN `b`;\n", 33},
};

static const char sample_text[] =
    "-- ddltap draft 1\n"
    "-- captured: 2026-11-22T10:15:00Z  MySQLWorkbench  root@localhost  bankroll  MySQL 9.7.4\n"
    "-- migrate:up\n"
    "ALTER TABLE `a` ADD b int;\n"
    "-- migrate:down\n"
    "ALTER TABLE `a` DROP COLUMN `b`;\n";

static void a_draft_reads_as_promised(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT;
    draft_write_text(&sample, &out);
    assert_string_equal(buffer_text(&out), sample_text);
    buffer_release(&out);
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    struct buffer out = BUFFER_INIT;
    struct draft_file file;
    struct problem problem;
    draft_write_text(&sample, &out);
    assert_int_equal(draft_read_text(buffer_slice(&out), &file, &problem), ERROR_NONE);
    assert_true(slice_equal(file.up, sample.up));
    assert_true(slice_equal(file.down, sample.down));
    assert_true(file.down_known);
    assert_int_equal(file.header.len, strstr(sample_text, "-- migrate:up") - sample_text);
    buffer_release(&out);
}

static void no_way_back_is_a_comment(void **state)
{
    (void)state;
    struct draft_content content = sample;
    struct buffer out = BUFFER_INIT;
    struct draft_file file;
    struct problem problem;
    content.down = SLICE_NONE;
    draft_write_text(&content, &out);
    assert_holds(buffer_text(&out), "-- migrate:down\n-- no way back is known\n");
    assert_int_equal(draft_read_text(buffer_slice(&out), &file, &problem), ERROR_NONE);
    assert_false(file.down_known);
    buffer_release(&out);
}

static void what_a_client_calls_itself_breaks_no_line(void **state)
{
    (void)state;
    struct draft_content content = sample;
    struct buffer out = BUFFER_INIT;
    struct draft_file file;
    struct problem problem;
    content.tool = "x\n-- migrate:up\nDROP TABLE a;";
    content.account = "";
    content.notes = SLICE("a\nmigrate:down\n");
    content.down_remarks = SLICE("migrate:up");
    draft_write_text(&content, &out);
    assert_holds(buffer_text(&out), "Z  x?-- migrate:up?DROP TABLE a;  unknown  bankroll");
    assert_int_equal(draft_read_text(buffer_slice(&out), &file, &problem), ERROR_NONE);
    assert_true(slice_equal(file.up, sample.up));
    buffer_release(&out);
}

static void assert_malformed(const char *text, const char *words)
{
    struct draft_file file;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(draft_read_text(slice_from(text), &file, &problem), ERROR_MALFORMED);
    assert_holds(problem.text, words);
}

static void a_file_that_is_no_draft_is_refused(void **state)
{
    (void)state;
    assert_malformed("", "first line");
    assert_malformed("-- ddltap draft 11\n-- migrate:up\n-- migrate:down\n", "first line");
    assert_malformed("-- ddltap draft 1\n-- migrate:down\n", "migrate:up");
    assert_malformed("-- ddltap draft 1\n-- migrate:up\nDROP TABLE a;\n", "migrate:down");
    assert_malformed("-- ddltap draft 1\n-- migrate:up\n-- migrate:up\n-- migrate:down\n",
                     "line 3");
    assert_malformed("-- ddltap draft 1\n-- migrate:up\n-- migrate:down\nx\n-- migrate:down",
                     "line 5");
}

static void editors_of_other_systems_do_no_harm(void **state)
{
    (void)state;
    struct draft_file file;
    struct problem problem;
    assert_int_equal(
        draft_read_text(SLICE("\xef\xbb\xbf-- ddltap draft 1\r\n-- migrate:up\r\nA;\r\n"
                              "--migrate:down transaction:false\r\nB;"),
                        &file, &problem),
        ERROR_NONE);
    assert_true(slice_equal(file.up, SLICE("A;\r\n")));
    assert_true(slice_equal(file.down, SLICE("B;")));
}

static void a_file_is_stored_with_its_folder(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    mode_t mask = umask(022);
    assert_int_equal(draft_store(fixture->drafts, "a.sql", SLICE("text"), &problem), ERROR_NONE);
    char path[200];
    struct stat status;
    (void)snprintf(path, sizeof path, "%s/a.sql", fixture->drafts);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    char *text = fixture_only_draft(fixture);
    assert_string_equal(text, "text");
    free(text);
    (void)umask(mask);
}

static void a_file_that_is_there_is_left_alone(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    assert_int_equal(draft_store(fixture->drafts, "a.sql", SLICE("first"), &problem), ERROR_NONE);
    assert_int_equal(draft_store(fixture->drafts, "a.sql", SLICE("second"), &problem), ERROR_NONE);
    char *text = fixture_only_draft(fixture);
    assert_string_equal(text, "first");
    free(text);
}

static void what_is_no_file_is_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    char pipe[200], link[200];
    assert_int_equal(draft_store(fixture->drafts, "a.sql", SLICE("text"), &problem), ERROR_NONE);
    (void)snprintf(pipe, sizeof pipe, "%s/pipe.sql", fixture->drafts);
    (void)snprintf(link, sizeof link, "%s/link.sql", fixture->drafts);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(symlink("pipe.sql", link), 0);
    assert_null(draft_load(fixture->drafts, "pipe.sql"));
    assert_null(draft_load(fixture->drafts, "link.sql"));
    assert_true(draft_exists(fixture->drafts, "link.sql"));
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink("a.sql", link), 0);
    char *text = draft_load(fixture->drafts, "link.sql");
    assert_string_equal(text, "text");
    free(text);
}

static void a_folder_that_cannot_be_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem = PROBLEM_INIT;
    fixture_write_file(fixture->drafts, "a file, not a folder");
    assert_int_equal(draft_store(fixture->drafts, "a.sql", SLICE("x"), &problem), ERROR_FILE);
    assert_holds(problem.text, fixture->drafts);
}

enum {
    TEXT_SIZE = 100000
};

static void *store_letters(void *argument)
{
    const char *folder = argument;
    static _Thread_local char text[TEXT_SIZE];
    struct problem problem;
    size_t failed = 0;
    for (int i = 0; i < 20; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "%d.sql", i);
        memset(text, 'a' + (int)((uintptr_t)pthread_self() / 4096 % 26), sizeof text);
        failed += draft_store(folder, name, slice_make(text, sizeof text), &problem) != ERROR_NONE;
    }
    return failed == 0 ? NULL : argument;
}

/* Whole, and of one letter. */
static void assert_whole(const char *folder, const char *name)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = fixture_read_file(path);
    assert_int_equal(strlen(text), TEXT_SIZE);
    assert_int_equal(strspn(text, (char[]){text[0], '\0'}), TEXT_SIZE);
    free(text);
}

static void many_may_store_the_same_at_once(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[6];
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, store_letters, fixture->drafts), 0);
    for (int i = 0; i < 6; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(fixture_count_files(fixture), 20);
    for (int i = 0; i < 20; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "%d.sql", i);
        assert_whole(fixture->drafts, name);
    }
}

static void store_until_killed(const char *folder, int round)
{
    static char text[TEXT_SIZE];
    struct problem problem;
    memset(text, 'x', sizeof text);
    for (int i = 0;; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "%d_%d.sql", round, i);
        if (draft_store(folder, name, slice_make(text, sizeof text), &problem) != ERROR_NONE)
            _exit(1);
    }
}

/* How many drafts there are, each of them whole. */
static unsigned count_whole(const char *folder)
{
    unsigned whole = 0;
    DIR *stream = opendir(folder);
    const struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        assert_whole(folder, entry->d_name);
        whole++;
    }
    if (stream != NULL)
        (void)closedir(stream);
    return whole;
}

/* The first is killed when it has stored one, however long a disk takes for that; the others at any instant. */
static void a_kill_leaves_whole_files_only(void **state)
{
    struct fixture *fixture = *state;
    const struct timespec millisecond = {0, 1000000};
    for (int round = 0; round < 15; round++) {
        pid_t child = fork();
        if (child == 0)
            store_until_killed(fixture->drafts, round);
        const struct timespec time = {0, 10000000 + round * 1700000};
        for (int i = 0; round == 0 && i < 30000 && count_whole(fixture->drafts) == 0; i++)
            (void)nanosleep(&millisecond, NULL);
        (void)nanosleep(&time, NULL);
        int status;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_true(count_whole(fixture->drafts) > 0);
}

static struct draft_file read_file(const char *text)
{
    struct draft_file file;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(draft_read_text(slice_from(text), &file, &problem), ERROR_NONE);
    return file;
}

#define FILE_TEXT(up, down)                                                                        \
    "-- ddltap draft 1\n-- captured: 2026-11-22T10:15:00Z  DBeaver  root@localhost  bankroll  "    \
    "MySQL 9.7.4\n-- migrate:up\n" up "-- migrate:down\n" down

static void comments_and_blanks_are_no_statements(void **state)
{
    static const struct dialect dialect = {.mariadb = false, .version = 90704};
    (void)state;
    struct draft_file file = read_file(FILE_TEXT("DROP TABLE a;\n", "SELECT '-- x';\n"));
    struct draft_file same =
        read_file(FILE_TEXT("# seen\nDROP  TABLE a; -- yes\n", "SELECT /* no */ '-- x';\n"));
    struct draft_file other = read_file(FILE_TEXT("DROP TABLE a;\n", "SELECT '-- y';\n"));
    struct draft_file more = read_file(FILE_TEXT("DROP TABLE a;\nDROP b;\n", "SELECT '-- x';\n"));
    struct draft_file versioned =
        read_file(FILE_TEXT("DROP TABLE /*!80000 a*/;\n", "SELECT '-- x';\n"));
    assert_true(draft_same_statements(&file, &file, &dialect));
    assert_true(draft_same_statements(&file, &same, &dialect));
    assert_false(draft_same_statements(&file, &other, &dialect));
    assert_false(draft_same_statements(&file, &more, &dialect));
    assert_false(draft_same_statements(&file, &versioned, &dialect));
}

static void who_and_when_are_read_from_the_head(void **state)
{
    (void)state;
    struct draft_file file = read_file(FILE_TEXT("", ""));
    assert_true(slice_equal(draft_captured_field(file.header, 0), SLICE("2026-11-22T10:15:00Z")));
    assert_true(slice_equal(draft_captured_field(file.header, 1), SLICE("DBeaver")));
    assert_true(slice_equal(draft_captured_field(file.header, 4), SLICE("MySQL 9.7.4")));
    assert_int_equal(draft_captured_field(file.header, 5).len, 0);
    assert_int_equal(draft_captured_field(SLICE("-- ddltap draft 1\n"), 0).len, 0);
    assert_int_equal(draft_captured_field(SLICE("-- captured: "), 3).len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_file_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_hold_time_id_and_slug),
        cmocka_unit_test(a_draft_reads_as_promised),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(no_way_back_is_a_comment),
        cmocka_unit_test(what_a_client_calls_itself_breaks_no_line),
        cmocka_unit_test(a_file_that_is_no_draft_is_refused),
        cmocka_unit_test(editors_of_other_systems_do_no_harm),
        cmocka_unit_test(comments_and_blanks_are_no_statements),
        cmocka_unit_test(who_and_when_are_read_from_the_head),
        TEST(a_file_is_stored_with_its_folder),
        TEST(a_file_that_is_there_is_left_alone),
        TEST(what_is_no_file_is_not_waited_for),
        TEST(a_folder_that_cannot_be_is_named),
        TEST(many_may_store_the_same_at_once),
        TEST(a_kill_leaves_whole_files_only),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
