/* Letting go: only of what nothing can bring back, and never of what something still refers to. */
#include "journal_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

#define DAY INT64_C(86400000000)
#define LONG_AGO (1000 * DAY)
#define CUTOFF (2000 * DAY)
#define OF_LATE (3000 * DAY)

static struct journal_image image(const char *text)
{
    return (struct journal_image){IMAGE_PRESENT, memory_copy_text(text), NULL};
}

/* A settled change from one image to another; its id. */
static int64_t put(struct journal *journal, const char *before, const char *after, int64_t ended,
                   enum draft_state state)
{
    struct journal_session session;
    struct journal_change change;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    fixture_change(&change, "users");
    free(change.objects[0].before.text);
    change.objects[0].before = image(before);
    change.objects[0].after = image(after);
    change.at = change.ended_at = ended;
    change.state = CHANGE_DONE;
    change.draft_state = state;
    assert_int_equal(journal_intend(journal, &session, &change, &problem), ERROR_NONE);
    int64_t id = change.id;
    journal_change_release(&change);
    journal_session_release(&session);
    return id;
}

static void know(struct journal *journal, const char *text, int64_t last_change)
{
    struct catalog catalog = CATALOG_INIT;
    struct problem problem = PROBLEM_INIT;
    catalog_add(&catalog, OBJECT_TABLE, SLICE("users"))->text = memory_copy_text(text);
    assert_int_equal(journal_known_put(journal, &catalog, last_change, 0, &problem), ERROR_NONE);
    catalog_release(&catalog);
}

static void commit(const struct fixture *fixture, int64_t id, int64_t at)
{
    char sql[200];
    sqlite3 *raw = fixture_raw(fixture);
    (void)snprintf(sql, sizeof sql,
                   "UPDATE change SET draft_state = 'committed', committed_at = %lld WHERE id = "
                   "%lld",
                   (long long)at, (long long)id);
    assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(raw);
}

static void name_note(int64_t change, char name[40])
{
    (void)snprintf(name, 40, JOURNAL_SETTING_COMMITTED " %lld", (long long)change);
}

static void note_committed(struct journal *journal, int64_t change)
{
    char name[40];
    struct problem problem = PROBLEM_INIT;
    name_note(change, name);
    assert_int_equal(journal_setting_put(journal, name, "{}", &problem), ERROR_NONE);
}

static bool has_note(struct journal *journal, int64_t change)
{
    char name[40], *value = NULL;
    struct problem problem = PROBLEM_INIT;
    name_note(change, name);
    assert_int_equal(journal_setting_get(journal, name, &value, &problem), ERROR_NONE);
    bool has = value != NULL;
    free(value);
    return has;
}

/* At most so many steps; 0: to the end. */
static void compact(struct journal *journal, unsigned steps)
{
    struct journal_compaction *compaction;
    struct problem problem = PROBLEM_INIT;
    bool more = true;
    assert_int_equal(journal_compaction_open(journal, CUTOFF, &compaction, &problem), ERROR_NONE);
    for (unsigned i = 0; more && (steps == 0 || i < steps); i++)
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    journal_compaction_close(compaction);
}

static bool look(void *argument, const struct journal_change *change,
                 const struct journal_session *session)
{
    bool *kept = argument;
    enum image_state expected = change->images_kept ? IMAGE_PRESENT : IMAGE_UNKNOWN;
    (void)session;
    assert_int_equal(change->objects[0].before.state, expected);
    assert_int_equal(change->objects[0].after.state, expected);
    assert_int_equal(change->objects[0].after.text != NULL, change->images_kept);
    assert_string_equal(change->objects[0].name, "users");
    assert_string_equal(change->text, "ALTER TABLE users CHANGE a b int");
    *kept = change->images_kept;
    return true;
}

static bool is_kept(struct journal *journal, int64_t id)
{
    const struct journal_filter filter = {.id = id};
    struct problem problem = PROBLEM_INIT;
    bool kept = false;
    assert_int_equal(journal_read(journal, &filter, look, &kept, &problem), ERROR_NONE);
    return kept;
}

static void check_references(const struct fixture *fixture, int64_t images)
{
    sqlite3 *raw = fixture_raw(fixture);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(fixture_number(raw, "SELECT count(*) FROM image"), images);
    assert_int_equal(fixture_number(raw, "PRAGMA freelist_count"), 0);
    (void)sqlite3_close(raw);
}

static void an_old_commit_loses_its_images_and_the_newest_keeps_them(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    int64_t old = put(journal, "a", "b", LONG_AGO, DRAFT_PENDING);
    int64_t newest = put(journal, "b", "c", LONG_AGO, DRAFT_PENDING);
    commit(*state, old, LONG_AGO);
    commit(*state, newest, LONG_AGO + 1);
    know(journal, "c", newest);
    note_committed(journal, old);
    note_committed(journal, newest);
    compact(journal, 0);
    assert_false(is_kept(journal, old) || has_note(journal, old));
    assert_true(is_kept(journal, newest) && has_note(journal, newest));
    check_references(*state, 2);
    journal_close(journal);
}

/* As those that were committed before the journal noted when. */
static void without_times_of_commits_none_of_them_is_touched(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    int64_t first = put(journal, "a", "b", LONG_AGO, DRAFT_COMMITTED);
    int64_t second = put(journal, "b", "c", LONG_AGO, DRAFT_COMMITTED);
    know(journal, "c", second);
    compact(journal, 0);
    assert_true(is_kept(journal, first) && is_kept(journal, second));
    commit(*state, second, OF_LATE);
    compact(journal, 0);
    assert_false(is_kept(journal, first));
    assert_true(is_kept(journal, second));
    journal_close(journal);
}

static void what_can_be_brought_back_is_kept(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    static const enum draft_state kept[] = {DRAFT_DUE, DRAFT_PENDING, DRAFT_DISCARDED,
                                            DRAFT_SQUASHED};
    static const enum draft_state gone[] = {DRAFT_NONE, DRAFT_UNDONE, DRAFT_SPLIT};
    int64_t ids[7], last = 0;
    for (size_t i = 0; i < 7; i++)
        last = ids[i] = put(journal, "a", "b", LONG_AGO, i < 4 ? kept[i] : gone[i - 4]);
    know(journal, "b", last);
    compact(journal, 0);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(is_kept(journal, ids[i]), i < 4);
    check_references(*state, 2);
    journal_close(journal);
}

static void what_is_young_or_not_known_yet_is_kept(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    int64_t old = put(journal, "a", "b", LONG_AGO, DRAFT_NONE);
    compact(journal, 0);
    assert_true(is_kept(journal, old)); /* no schema is known */
    int64_t young = put(journal, "b", "c", OF_LATE, DRAFT_NONE);
    int64_t known = put(journal, "c", "d", LONG_AGO, DRAFT_NONE);
    int64_t later = put(journal, "d", "e", LONG_AGO, DRAFT_NONE);
    know(journal, "d", known);
    compact(journal, 0);
    assert_false(is_kept(journal, old));
    assert_true(is_kept(journal, young));
    assert_false(is_kept(journal, known));
    assert_true(is_kept(journal, later));
    journal_close(journal);
}

static void a_commit_of_late_is_kept_however_old_its_changes_are(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    int64_t one = put(journal, "a", "b", LONG_AGO, DRAFT_PENDING);
    int64_t other = put(journal, "b", "c", LONG_AGO, DRAFT_PENDING);
    commit(*state, one, OF_LATE);
    commit(*state, other, OF_LATE + 1);
    know(journal, "c", other);
    compact(journal, 0);
    assert_true(is_kept(journal, one));
    journal_close(journal);
}

/* It is settled by what ended since it began. */
static void nothing_goes_that_ended_after_an_undecided_change_began(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    sqlite3 *raw = fixture_raw(*state);
    int64_t before = put(journal, "a", "b", LONG_AGO, DRAFT_NONE);
    int64_t undecided = put(journal, "b", "c", LONG_AGO + 1, DRAFT_NONE);
    int64_t after = put(journal, "c", "d", LONG_AGO + 2, DRAFT_NONE);
    know(journal, "d", after);
    assert_int_equal(
        sqlite3_exec(raw, "UPDATE change SET state = 'intended' WHERE id = 2", NULL, NULL, NULL),
        SQLITE_OK);
    compact(journal, 0);
    assert_false(is_kept(journal, before));
    assert_true(is_kept(journal, undecided) && is_kept(journal, after));
    (void)sqlite3_close(raw);
    journal_close(journal);
}

/* Stopped after any step, the next compaction finishes, and nothing that is kept is lost. */
static void a_compaction_that_was_killed_is_finished_by_the_next(void **state)
{
    for (unsigned steps = 1; steps < 6; steps++) {
        struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
        char before[20], after[20];
        (void)snprintf(before, sizeof before, "a%u", steps);
        (void)snprintf(after, sizeof after, "b%u", steps);
        int64_t old = put(journal, before, after, LONG_AGO, DRAFT_NONE);
        int64_t pending = put(journal, after, "p", LONG_AGO, DRAFT_PENDING);
        know(journal, "p", pending);
        compact(journal, steps);
        assert_false(is_kept(journal, old));
        assert_true(is_kept(journal, pending));
        compact(journal, 0);
        check_references(*state, 1 + steps);
        journal_close(journal);
    }
}

/* An image that nobody referred to when references were counted is used again before it would go. */
static void an_image_that_comes_back_meanwhile_is_kept(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct journal_compaction *compaction;
    struct problem problem = PROBLEM_INIT;
    bool more = true;
    int64_t old = put(journal, "a", "b", LONG_AGO, DRAFT_NONE);
    know(journal, "c", old);
    assert_int_equal(journal_compaction_open(journal, CUTOFF, &compaction, &problem), ERROR_NONE);
    for (unsigned i = 0; i < 3; i++) /* strip, nothing left to strip, mark */
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    assert_false(is_kept(journal, old));
    int64_t again = put(journal, "a", "c", OF_LATE, DRAFT_PENDING);
    while (more)
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    journal_compaction_close(compaction);
    assert_true(is_kept(journal, again));
    check_references(*state, 2);
    journal_close(journal);
}

/* --- what a step costs --------------------------------------------------------------------------
 * In instructions of SQLite's machine, by the thousand, of all connections that are opened meanwhile.
 */

static unsigned thousands;

static int count_instructions(void *argument)
{
    (void)argument;
    thousands++;
    return 0;
}

static int watch(sqlite3 *db, char **error, const struct sqlite3_api_routines *routines)
{
    (void)error, (void)routines;
    sqlite3_progress_handler(db, 1000, count_instructions, NULL);
    return SQLITE_OK;
}

/* sqlite3_auto_extension takes a function that it calls as above. */
static void (*watch_entry(void))(void)
{
    return (void (*)(void))watch;
}

/* Copies of that change, settled. */
static void put_many(const struct fixture *fixture, int64_t id, unsigned count)
{
    char sql[1000];
    sqlite3 *raw = fixture_raw(fixture);
    (void)snprintf(sql, sizeof sql,
                   "BEGIN;"
                   "CREATE TEMP TABLE copy AS SELECT * FROM change WHERE id = %lld;"
                   "UPDATE copy SET id = NULL;"
                   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
                   " INSERT INTO change SELECT copy.* FROM copy, n;"
                   "INSERT INTO object SELECT c.id, o.position, o.type, o.role, o.schema, o.name,"
                   " o.before_state, o.before_image, o.after_state, o.after_image"
                   " FROM change AS c, object AS o WHERE c.id > %lld AND o.change_id = %lld;"
                   "COMMIT",
                   (long long)id, count, (long long)id, (long long)id);
    if (sqlite3_exec(raw, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(raw));
    (void)sqlite3_close(raw);
}

/* Each of them keeps the server's DDL waiting: nothing in it may grow with the journal. */
static void a_sweep_does_not_read_what_came_after_an_undecided_change(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct journal_compaction *compaction;
    struct problem problem = PROBLEM_INIT;
    bool more = true;
    int64_t old = put(journal, "a", "b", LONG_AGO, DRAFT_NONE);
    int64_t undecided = put(journal, "b", "c", OF_LATE, DRAFT_NONE);
    int64_t later = put(journal, "c", "d", OF_LATE, DRAFT_NONE);
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(
        sqlite3_exec(raw, "UPDATE change SET state = 'intended' WHERE id = 2", NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(undecided, 2);
    (void)sqlite3_close(raw);
    put_many(*state, later, 20000);
    know(journal, "d", old);
    (void)sqlite3_auto_extension(watch_entry());
    assert_int_equal(journal_compaction_open(journal, CUTOFF, &compaction, &problem), ERROR_NONE);
    (void)sqlite3_cancel_auto_extension(watch_entry());
    for (unsigned i = 0; i < 3; i++) /* strip, nothing left to strip, mark */
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    assert_true(thousands > 100); /* the mark, which keeps nobody waiting */
    thousands = 0;
    assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    assert_in_range(thousands, 0, 10);
    while (more)
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    journal_compaction_close(compaction);
    check_references(*state, 3);
    journal_close(journal);
}

/* The outcome of what was undecided comes between two sweeps, with an image that nobody referred to. */
static void an_image_that_an_outcome_brings_back_meanwhile_is_kept(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_compaction *compaction;
    struct journal_session session;
    struct journal_change change;
    struct problem problem = PROBLEM_INIT;
    bool more = true;
    int64_t old = put(journal, "a", "b", LONG_AGO, DRAFT_NONE);
    fixture_session(&session);
    fixture_change(&change, "users");
    change.at = LONG_AGO + 1;
    assert_int_equal(journal_intend(journal, &session, &change, &problem), ERROR_NONE);
    int64_t later = put(journal, "c", "d", OF_LATE, DRAFT_NONE);
    know(journal, "d", later);
    assert_int_equal(journal_compaction_open(journal, CUTOFF, &compaction, &problem), ERROR_NONE);
    for (unsigned i = 0; i < 3; i++) /* strip, nothing left to strip, mark */
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    assert_false(is_kept(journal, old));
    change.objects[0].after = image("a");
    change.state = CHANGE_DONE;
    change.ended_at = OF_LATE;
    assert_int_equal(journal_settle(journal, &change, &problem), ERROR_NONE);
    while (more)
        assert_int_equal(journal_compaction_step(compaction, &more, &problem), ERROR_NONE);
    journal_compaction_close(compaction);
    check_references(*state, 4); /* without "b" */
    journal_change_release(&change);
    journal_session_release(&session);
    journal_close(journal);
}

static void the_file_gets_smaller(void **state)
{
    struct fixture *fixture = *state;
    struct journal *journal = fixture_open(fixture, JOURNAL_CREATE);
    int64_t last = 0;
    char *text = memory_new(100001, 1);
    memset(text, 'x', 100000);
    for (unsigned i = 0; i < 20; i++) {
        (void)snprintf(text, 20, "%u", i);
        text[2] = 'x';
        last = put(journal, text, "small", LONG_AGO, DRAFT_NONE);
    }
    free(text);
    know(journal, "small", last);
    journal_close(journal); /* the last one to close writes all into the file */
    int64_t before = journal_size(fixture->path);
    assert_true(before > 1000000);
    journal = fixture_open(fixture, JOURNAL_COMMAND);
    compact(journal, 0);
    journal_close(journal);
    assert_true(journal_size(fixture->path) < before / 5);
}

int run_compaction_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_old_commit_loses_its_images_and_the_newest_keeps_them,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(without_times_of_commits_none_of_them_is_touched,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_can_be_brought_back_is_kept, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_is_young_or_not_known_yet_is_kept, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_commit_of_late_is_kept_however_old_its_changes_are,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(nothing_goes_that_ended_after_an_undecided_change_began,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_compaction_that_was_killed_is_finished_by_the_next,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_image_that_comes_back_meanwhile_is_kept, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_sweep_does_not_read_what_came_after_an_undecided_change,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(an_image_that_an_outcome_brings_back_meanwhile_is_kept,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_file_gets_smaller, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
