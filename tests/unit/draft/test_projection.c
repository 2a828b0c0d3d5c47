/* From the journal to files: once each, whatever is killed, and by how many at once. */
#include "draft_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "ddltap/memory.h"

static const struct change_case added = {
    .verb = DDL_ALTER,
    .text = "ALTER TABLE users ADD COLUMN b int",
    .objects = {{OBJECT_TABLE, "users", "CREATE TABLE `users` (\n  `a` int DEFAULT NULL\n)",
                 "CREATE TABLE `users` (\n  `a` int DEFAULT NULL,\n  `b` int DEFAULT NULL\n)",
                 ROLE_TARGET, NULL}},
};

static void path_of(const struct fixture *fixture, int64_t id, char path[200])
{
    (void)snprintf(path, 200, "%s/20261122T101500Z_%04d_alter_users.sql", fixture->drafts, (int)id);
}

struct tally {
    unsigned of_state[DRAFT_STATE_COUNT];
    unsigned named;
};

static bool count_state(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    (void)session;
    struct tally *tally = argument;
    tally->of_state[change->draft_state]++;
    tally->named += change->draft_name != NULL;
    return true;
}

static struct tally tally_of(struct journal *journal)
{
    struct tally tally = {.named = 0};
    struct problem problem;
    assert_int_equal(journal_read(journal, &(struct journal_filter){.without_images = true},
                                  count_state, &tally, &problem),
                     ERROR_NONE);
    return tally;
}

struct told {
    unsigned count;
    char title[100], effect[100], path[200];
    enum draft_state state;
};

static void tell(void *argument, const struct journal_change *change, const char *title,
                 const char *effect, const char *path)
{
    struct told *told = argument;
    told->count++;
    told->state = change->draft_state;
    (void)snprintf(told->title, sizeof told->title, "%s", title);
    (void)snprintf(told->effect, sizeof told->effect, "%s", effect);
    (void)snprintf(told->path, sizeof told->path, "%s", path);
}

static void a_due_change_becomes_a_pending_file_and_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct told told = {.count = 0};
    struct problem problem;
    const struct projection_options options = {
        .folder = fixture->drafts, .written = tell, .argument = &told};
    (void)fixture_change(fixture->journal, &added);
    assert_int_equal(projection_run(fixture->journal, &options, &problem), ERROR_NONE);
    assert_int_equal(projection_run(fixture->journal, &options, &problem), ERROR_NONE);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.state, DRAFT_PENDING);
    assert_string_equal(told.title, "ALTER TABLE users");
    assert_holds(told.effect, "b int");
    assert_string_equal(told.path, "ddltap/drafts/20261122T101500Z_0001_alter_users.sql");
    struct tally tally = tally_of(fixture->journal);
    assert_int_equal(tally.of_state[DRAFT_PENDING], 1);
    assert_int_equal(tally.named, 1);
}

static void nothing_due_touches_no_folder(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    assert_int_not_equal(access(fixture->drafts, F_OK), 0);
}

/* Killed between file and mark; then somebody edited the file. */
static void a_file_that_is_there_is_only_marked(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    char path[200];
    int64_t id = fixture_change(fixture->journal, &added);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    const struct journal_draft_mark due = {.change_id = id, .state = DRAFT_DUE};
    assert_int_equal(journal_mark_drafts(fixture->journal, &due, 1, &problem), ERROR_NONE);
    path_of(fixture, id, path);
    fixture_write_file(path, "edited");
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    assert_int_equal(tally_of(fixture->journal).of_state[DRAFT_PENDING], 1);
    char *text = fixture_read_file(path);
    assert_string_equal(text, "edited");
    free(text);
}

static void mark(struct fixture *fixture, struct journal_draft_mark wanted)
{
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(journal_mark_drafts(fixture->journal, &wanted, 1, &problem), ERROR_NONE);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
}

static void what_commands_decide_becomes_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    char path[200];
    int64_t id = fixture_change(fixture->journal, &added);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    path_of(fixture, id, path);
    mark(fixture,
         (struct journal_draft_mark){
             .change_id = id, .state = DRAFT_DISCARDED, .text = "as it was", .file_due = true});
    assert_int_not_equal(access(path, F_OK), 0);
    mark(fixture,
         (struct journal_draft_mark){.change_id = id, .state = DRAFT_PENDING, .file_due = true});
    char *text = fixture_read_file(path);
    assert_string_equal(text, "as it was");
    free(text);
    fixture_write_file(path, "edited");
    assert_int_equal(fixture_project(fixture), ERROR_NONE); /* it was done, and is not done again */
    text = fixture_read_file(path);
    assert_string_equal(text, "edited");
    free(text);
}

static void a_missing_file_of_a_pending_draft_stays_missing(void **state)
{
    struct fixture *fixture = *state;
    char path[200];
    int64_t id = fixture_change(fixture->journal, &added);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    path_of(fixture, id, path);
    assert_int_equal(unlink(path), 0);
    (void)fixture_change(fixture->journal, &added);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(fixture_count_files(fixture), 1);
    assert_int_equal(tally_of(fixture->journal).of_state[DRAFT_PENDING], 2);
}

static void one_that_cannot_be_written_stops_no_other(void **state)
{
    struct fixture *fixture = *state;
    enum {
        HUGE_SIZE = 3000000
    };
    char *text = memory_new(HUGE_SIZE, 1);
    memset(text, ' ', HUGE_SIZE);
    memcpy(text, "ALTER TABLE users ADD b int COMMENT '", 37);
    text[HUGE_SIZE - 1] = '\'';
    struct change_case large = added;
    large.text = text;
    large.text_len = HUGE_SIZE;
    (void)fixture_change(fixture->journal, &large);
    (void)fixture_change(fixture->journal, &added);
    /* The journal's log is longer than a draft may get now: mark through another, fresh file. */
    journal_close(fixture->journal);
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(
        journal_open(fixture->journal_path, JOURNAL_COMMAND, &fixture->journal, &problem),
        ERROR_NONE);
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit unlimited, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
    limit = unlimited;
    limit.rlim_cur = 1000000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct projection_options options = {.folder = fixture->drafts};
    enum error error = projection_run(fixture->journal, &options, &problem);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(error, ERROR_FILE);
    assert_holds(problem.text, "_0001_alter_users.sql");
    struct tally tally = tally_of(fixture->journal);
    assert_int_equal(tally.of_state[DRAFT_DUE], 1);
    assert_int_equal(tally.of_state[DRAFT_PENDING], 1);
    assert_int_equal(fixture_count_files(fixture), 1); /* no temporary file either */
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    assert_int_equal(fixture_count_files(fixture), 2);
    free(text);
}

static void leftovers_of_long_ago_are_removed(void **state)
{
    struct fixture *fixture = *state;
    struct problem problem;
    char recent[200], old[200];
    assert_int_equal(draft_store(fixture->drafts, "x.sql", SLICE("x"), &problem), ERROR_NONE);
    (void)snprintf(recent, sizeof recent, "%s/.b.sql.1.2.3.tmp", fixture->drafts);
    (void)snprintf(old, sizeof old, "%s/.a.sql.1.2.3.tmp", fixture->drafts);
    fixture_write_file(recent, "half");
    fixture_write_file(old, "half");
    const struct utimbuf long_ago = {1000000000, 1000000000};
    assert_int_equal(utime(old, &long_ago), 0);
    (void)fixture_change(fixture->journal, &added);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    assert_int_not_equal(access(old, F_OK), 0);
    assert_int_equal(access(recent, F_OK), 0);
}

enum {
    MANY = 120
};

struct runner {
    const struct fixture *fixture;
    atomic_uint *told;
    bool failed;
};

static void count_told(void *argument, const struct journal_change *change, const char *title,
                       const char *effect, const char *path)
{
    (void)change, (void)title, (void)effect, (void)path;
    atomic_uint *told = argument;
    atomic_fetch_add(told, 1);
}

static void *run_projection(void *argument)
{
    struct runner *runner = argument;
    const struct projection_options options = {
        .folder = runner->fixture->drafts, .written = count_told, .argument = runner->told};
    struct journal *journal;
    struct problem problem;
    runner->failed = journal_open(runner->fixture->journal_path, JOURNAL_COMMAND, &journal,
                                  &problem) != ERROR_NONE ||
                     projection_run(journal, &options, &problem) != ERROR_NONE;
    journal_close(journal);
    return NULL;
}

static void many_at_once_write_each_draft_once(void **state)
{
    struct fixture *fixture = *state;
    atomic_uint told = 0;
    struct runner runners[6];
    pthread_t threads[6];
    for (int i = 0; i < MANY; i++)
        (void)fixture_change(fixture->journal, &added);
    for (int i = 0; i < 6; i++) {
        runners[i] = (struct runner){fixture, &told, false};
        assert_int_equal(pthread_create(&threads[i], NULL, run_projection, &runners[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_false(runners[i].failed);
    }
    assert_int_equal(atomic_load(&told), MANY);
    assert_int_equal(fixture_count_files(fixture), MANY);
    assert_int_equal(tally_of(fixture->journal).of_state[DRAFT_PENDING], MANY);
}

static pid_t start_process(const struct fixture *fixture)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    atomic_uint told = 0;
    struct runner runner = {fixture, &told, false};
    (void)run_projection(&runner);
    _exit(runner.failed ? 1 : 0);
}

static void two_processes_at_once_do_no_harm(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < MANY; i++)
        (void)fixture_change(fixture->journal, &added);
    pid_t children[3];
    for (int i = 0; i < 3; i++)
        children[i] = start_process(fixture);
    for (int i = 0; i < 3; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(fixture_count_files(fixture), MANY);
    assert_int_equal(tally_of(fixture->journal).of_state[DRAFT_PENDING], MANY);
}

static void kills_at_any_instant_lose_and_invent_nothing(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < MANY; i++)
        (void)fixture_change(fixture->journal, &added);
    unsigned killed = 0;
    for (int round = 0; round < 40; round++) {
        pid_t child = start_process(fixture);
        const struct timespec time = {0, 1000000 + round * 413000};
        (void)nanosleep(&time, NULL);
        int status;
        (void)kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status);
    }
    assert_true(killed > 0);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    assert_int_equal(tally_of(fixture->journal).of_state[DRAFT_PENDING], MANY);
    for (int id = 1; id <= MANY; id++) {
        char path[200];
        struct draft_file file;
        struct problem problem;
        path_of(fixture, id, path);
        char *text = fixture_read_file(path);
        assert_int_equal(draft_read_text(slice_from(text), &file, &problem), ERROR_NONE);
        assert_true(file.down_known);
        free(text);
    }
}

/* Not a bound: a figure to look at. */
static void thousands_of_changes(void **state)
{
    enum {
        THOUSANDS = 2000
    };
    struct fixture *fixture = *state;
    struct timespec start, end;
    for (int i = 0; i < THOUSANDS; i++)
        (void)fixture_change(fixture->journal, &added);
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    assert_int_equal(fixture_count_files(fixture), THOUSANDS);
    assert_int_equal(tally_of(fixture->journal).of_state[DRAFT_PENDING], THOUSANDS);
    double seconds =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    print_message("%d drafts in %.1f s, %.2f ms each\n", (int)THOUSANDS, seconds,
                  seconds * 1000 / (double)THOUSANDS);
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    (void)fixture_change(fixture->journal, &added);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    print_message("one more, journalled and drafted: %.2f ms\n", seconds * 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_projection_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_due_change_becomes_a_pending_file_and_is_told),
        TEST(nothing_due_touches_no_folder),
        TEST(a_file_that_is_there_is_only_marked),
        TEST(what_commands_decide_becomes_of_the_file),
        TEST(a_missing_file_of_a_pending_draft_stays_missing),
        TEST(one_that_cannot_be_written_stops_no_other),
        TEST(leftovers_of_long_ago_are_removed),
        TEST(many_at_once_write_each_draft_once),
        TEST(two_processes_at_once_do_no_harm),
        TEST(kills_at_any_instant_lose_and_invent_nothing),
        TEST(thousands_of_changes),
    };
    return cmocka_run_group_tests_name("projection", tests, NULL, NULL);
}
