/* Reading back, and the small marks. */
#include "journal_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/memory.h"

/* Intent and outcome of one change; its id. */
static int64_t write_change(struct journal *journal, struct journal_session *session,
                            const char *table, enum change_state end, enum draft_state draft)
{
    struct journal_change change;
    fixture_change(&change, table);
    assert_int_equal(fixture_write_one(journal, session, &change), ERROR_NONE);
    int64_t id = change.id;
    change.state = end;
    change.reason = memory_copy_text("settled by comparing");
    change.error_code = 1051;
    change.ended_at = 1795342500000777;
    change.draft_state = draft;
    change.objects[0].after = (struct journal_image){
        IMAGE_PRESENT, memory_copy_text("CREATE TABLE x (b int)"), memory_copy_text("sql_mode=\n")};
    if (end != CHANGE_INTENDED)
        assert_int_equal(fixture_write_one(journal, NULL, &change), ERROR_NONE);
    journal_change_release(&change);
    return id;
}

static bool check_all_fields(void *argument, const struct journal_change *change,
                             const struct journal_session *session)
{
    int *calls = argument;
    ++*calls;
    assert_int_equal(session->opened_at, 1795342500000000);
    assert_int_equal(session->connection_id, 4000000000u);
    assert_string_equal(session->server_version, "9.7.4");
    assert_string_equal(session->server_identity, "uuid 1");
    assert_false(session->mariadb);
    assert_string_equal(session->user, "root");
    assert_string_equal(session->client_address, "127.0.0.1:51234");
    assert_string_equal(session->tool, "MySQLWorkbench");
    assert_int_equal(change->session_id, session->id);
    assert_int_equal(change->at, 1795342500000001);
    assert_int_equal(change->ended_at, 1795342500000777);
    assert_true(change->batch == UINT64_MAX);
    assert_int_equal(change->statement_index, 3);
    assert_int_equal(change->state, CHANGE_DONE);
    assert_string_equal(change->reason, "settled by comparing");
    assert_int_equal(change->error_code, 1051);
    assert_int_equal(change->verb, DDL_ALTER);
    assert_string_equal(change->noun, "TABLE");
    assert_string_equal(change->text, "ALTER TABLE users CHANGE a b int");
    assert_int_equal(change->text_len, strlen(change->text));
    assert_string_equal(change->facts.default_schema, "bankroll");
    assert_string_equal(change->facts.sql_mode, "");
    assert_string_equal(change->facts.character_set_client, "latin1");
    assert_string_equal(change->facts.collation_connection, "latin1_swedish_ci");
    assert_string_equal(change->facts.time_zone, "SYSTEM");
    assert_true(change->facts.foreign_key_checks);
    assert_string_equal(change->facts.global_sql_mode, "STRICT_TRANS_TABLES");
    assert_null(change->facts.global_time_zone);
    assert_string_equal(change->development_schema, "bankroll");
    assert_int_equal(change->version, 90704);
    assert_false(change->mariadb);
    assert_true(change->names_nocase);
    assert_true(change->redacted);
    assert_int_equal(change->draft_state, DRAFT_DUE);
    assert_null(change->draft_name);
    assert_int_equal(change->rename_count, 1);
    assert_false(change->renames[0].index);
    assert_string_equal(change->renames[0].from, "a");
    assert_string_equal(change->renames[0].to, "b");
    assert_int_equal(change->object_count, 1);
    const struct journal_object *object = &change->objects[0];
    assert_int_equal(object->type, OBJECT_TABLE);
    assert_int_equal(object->role, ROLE_TARGET);
    assert_string_equal(object->schema, "bankroll");
    assert_string_equal(object->name, "users");
    assert_int_equal(object->before.state, IMAGE_PRESENT);
    assert_string_equal(object->before.text, "CREATE TABLE users (a int)");
    assert_null(object->before.context);
    assert_int_equal(object->after.state, IMAGE_PRESENT);
    assert_string_equal(object->after.text, "CREATE TABLE x (b int)");
    assert_string_equal(object->after.context, "sql_mode=\n");
    return true;
}

static void everything_comes_back_as_it_went_in(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    fixture_session(&session);
    (void)write_change(journal, &session, "users", CHANGE_DONE, DRAFT_DUE);
    int calls = 0;
    struct problem problem;
    assert_int_equal(journal_read(journal, &(struct journal_filter){.id = 1}, check_all_fields,
                                  &calls, &problem),
                     ERROR_NONE);
    assert_int_equal(calls, 1);
    journal_session_release(&session);
    journal_close(journal);
}

static bool check_bytes(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    (void)argument, (void)session;
    assert_int_equal(change->text_len, 5);
    assert_memory_equal(change->text, "a\0\xff\xfez", 6); /* and a NUL after it */
    return true;
}

static void a_text_of_any_bytes_comes_back(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct journal_change change;
    fixture_session(&session);
    fixture_change(&change, "users");
    memcpy(change.text, "a\0\xff\xfez", 5);
    change.text_len = 5;
    assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_NONE);
    struct problem problem;
    assert_int_equal(
        journal_read(journal, &(struct journal_filter){.id = 1}, check_bytes, NULL, &problem),
        ERROR_NONE);
    journal_change_release(&change);
    journal_session_release(&session);
    journal_close(journal);
}

struct seen {
    int64_t ids[20];
    size_t count, stop_at;
    bool images;
};

static bool see(void *argument, const struct journal_change *change,
                const struct journal_session *session)
{
    (void)session;
    struct seen *seen = argument;
    seen->ids[seen->count++] = change->id;
    seen->images = seen->images || change->objects[0].before.text != NULL;
    assert_int_equal(change->objects[0].before.state, IMAGE_PRESENT);
    return seen->count != seen->stop_at;
}

/* The ids that a filter finds, as "1 3 5". */
static void assert_finds(struct journal *journal, struct journal_filter filter, const char *ids)
{
    struct seen seen = {.count = 0};
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(journal_read(journal, &filter, see, &seen, &problem), ERROR_NONE);
    char text[200] = "";
    for (size_t i = 0; i < seen.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d", i == 0 ? "" : " ",
                       (int)seen.ids[i]);
    assert_string_equal(text, ids);
    assert_int_equal(seen.images, !filter.without_images && seen.count > 0);
}

static void filters_choose_by_id_state_and_draft(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    fixture_session(&session);
    (void)write_change(journal, &session, "a", CHANGE_DONE, DRAFT_DUE);
    (void)write_change(journal, &session, "b", CHANGE_FAILED, DRAFT_NONE);
    (void)write_change(journal, &session, "c", CHANGE_INTENDED, DRAFT_NONE);
    (void)write_change(journal, &session, "d", CHANGE_DONE, DRAFT_COMMITTED);
    (void)write_change(journal, &session, "e", CHANGE_NO_EFFECT, DRAFT_NONE);
    assert_finds(journal, (struct journal_filter){.id = 0}, "1 2 3 4 5");
    assert_finds(journal, (struct journal_filter){.id = 4}, "4");
    assert_finds(journal, (struct journal_filter){.id = 44}, "");
    assert_finds(journal, (struct journal_filter){.states = 1u << CHANGE_DONE}, "1 4");
    assert_finds(journal,
                 (struct journal_filter){.states = 1u << CHANGE_INTENDED | 1u << CHANGE_NO_EFFECT},
                 "3 5");
    assert_finds(journal, (struct journal_filter){.draft_states = 1u << DRAFT_DUE}, "1");
    assert_finds(journal, (struct journal_filter){.limit = 2}, "5 4");
    assert_finds(journal, (struct journal_filter){.without_images = true, .limit = 1}, "5");
    struct seen seen = {.stop_at = 2};
    struct problem problem;
    assert_int_equal(journal_read(journal, &(struct journal_filter){.id = 0}, see, &seen, &problem),
                     ERROR_NONE);
    assert_int_equal(seen.count, 2);
    journal_session_release(&session);
    journal_close(journal);
}

struct nested {
    struct journal *journal;
    unsigned calls;
};

/* Within a reading the same one, of another change. */
static bool read_the_next(void *argument, const struct journal_change *change,
                          const struct journal_session *session)
{
    (void)session;
    struct nested *nested = argument;
    struct problem problem = PROBLEM_INIT;
    const struct journal_filter filter = {.id = change->id + 1};
    assert_int_equal(change->id, ++nested->calls);
    assert_int_equal(change->object_count, 1);
    assert_int_equal(journal_read(nested->journal, &filter, read_the_next, nested, &problem),
                     ERROR_NONE);
    return true;
}

static void readings_nest(void **state)
{
    enum {
        DEPTH = 12 /* more than the statements that are kept */
    };
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    for (unsigned i = 0; i < DEPTH; i++)
        (void)write_change(journal, &session, "a", CHANGE_DONE, DRAFT_DUE);
    for (unsigned again = 0; again < 2; again++) {
        struct nested nested = {.journal = journal};
        assert_int_equal(journal_read(journal, &(struct journal_filter){.id = 1}, read_the_next,
                                      &nested, &problem),
                         ERROR_NONE);
        assert_int_equal(nested.calls, DEPTH);
    }
    journal_session_release(&session);
    journal_close(journal);
}

static bool check_draft(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    (void)session;
    const struct journal_change *expected = argument;
    assert_int_equal(change->draft_state, expected->draft_state);
    assert_string_equal(change->draft_name, expected->draft_name);
    return true;
}

static void mark(struct journal *journal, int64_t id, enum draft_state state, const char *name)
{
    const struct journal_draft_mark wanted = {.change_id = id, .state = state, .name = name};
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(journal_mark_drafts(journal, &wanted, 1, &problem), ERROR_NONE);
}

static void a_mark_keeps_the_name_unless_it_brings_one(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    int64_t id = write_change(journal, &session, "a", CHANGE_DONE, DRAFT_DUE);
    char name[] = "x.sql";
    struct journal_change expected = {.draft_state = DRAFT_PENDING, .draft_name = name};
    struct journal_filter filter = {.id = id};
    mark(journal, id, DRAFT_PENDING, name);
    assert_int_equal(journal_read(journal, &filter, check_draft, &expected, &problem), ERROR_NONE);
    mark(journal, id, DRAFT_DISCARDED, NULL);
    expected.draft_state = DRAFT_DISCARDED;
    assert_int_equal(journal_read(journal, &filter, check_draft, &expected, &problem), ERROR_NONE);
    journal_session_release(&session);
    journal_close(journal);
}

static bool check_text(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    (void)session;
    const struct journal_change *expected = argument;
    assert_string_equal(change->draft_text, expected->draft_text);
    assert_true(slice_equal(slice_from(change->squash_text), slice_from(expected->squash_text)));
    assert_int_equal(change->squash_text == NULL, expected->squash_text == NULL);
    assert_int_equal(change->squashed_into, expected->squashed_into);
    assert_int_equal(change->file_due, expected->file_due);
    return true;
}

static void a_mark_keeps_texts_until_they_are_forgotten(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    int64_t first = write_change(journal, &session, "a", CHANGE_DONE, DRAFT_PENDING);
    int64_t last = write_change(journal, &session, "b", CHANGE_DONE, DRAFT_PENDING);
    char text[] = "-- ddltap draft 1\n", squash[] = "both";
    struct journal_draft_mark wanted = {.change_id = first,
                                        .state = DRAFT_SQUASHED,
                                        .text = text,
                                        .squash_text = squash,
                                        .squashed_into = last,
                                        .file_due = true};
    struct journal_change expected = {
        .draft_text = text, .squash_text = squash, .squashed_into = last, .file_due = true};
    struct journal_filter filter = {.id = first, .file_due = true};
    assert_int_equal(journal_mark_drafts(journal, &wanted, 1, &problem), ERROR_NONE);
    assert_int_equal(journal_read(journal, &filter, check_text, &expected, &problem), ERROR_NONE);
    wanted = (struct journal_draft_mark){.change_id = first, .state = DRAFT_PENDING};
    expected.squashed_into = 0;
    expected.file_due = filter.file_due = false;
    assert_int_equal(journal_mark_drafts(journal, &wanted, 1, &problem), ERROR_NONE);
    assert_int_equal(journal_read(journal, &filter, check_text, &expected, &problem), ERROR_NONE);
    wanted.forgets_squash = true;
    expected.squash_text = NULL;
    assert_int_equal(journal_mark_drafts(journal, &wanted, 1, &problem), ERROR_NONE);
    assert_int_equal(journal_read(journal, &filter, check_text, &expected, &problem), ERROR_NONE);
    journal_session_release(&session);
    journal_close(journal);
}

static void a_file_stays_due_where_a_mark_came_meanwhile(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    int64_t id = write_change(journal, &session, "a", CHANGE_DONE, DRAFT_PENDING);
    char text[] = "-- ddltap draft 1\n";
    struct journal_draft_mark wanted = {
        .change_id = id, .state = DRAFT_DISCARDED, .text = text, .file_due = true};
    struct journal_change expected = {.draft_text = text, .file_due = 2};
    const struct journal_filter filter = {.id = id};
    assert_int_equal(journal_mark_drafts(journal, &wanted, 1, &problem), ERROR_NONE);
    wanted.state = DRAFT_PENDING;
    assert_int_equal(journal_mark_drafts(journal, &wanted, 1, &problem), ERROR_NONE);
    assert_int_equal(journal_file_done(journal, id, 1, &problem), ERROR_NONE);
    assert_int_equal(journal_read(journal, &filter, check_text, &expected, &problem), ERROR_NONE);
    expected.file_due = 0;
    assert_int_equal(journal_file_done(journal, id, 2, &problem), ERROR_NONE);
    assert_int_equal(journal_read(journal, &filter, check_text, &expected, &problem), ERROR_NONE);
    journal_session_release(&session);
    journal_close(journal);
}

static void one_command_at_a_time_has_the_claim(void **state)
{
    struct journal *first = fixture_open(*state, JOURNAL_PROXY);
    struct journal *second = fixture_open(*state, JOURNAL_COMMAND);
    struct problem problem = PROBLEM_INIT;
    char pid[30];
    assert_int_equal(journal_claim(first, &problem), ERROR_NONE);
    assert_int_equal(journal_claim(second, &problem), ERROR_LOCKED);
    snprintf(pid, sizeof pid, "(process %ld)", (long)getpid());
    assert_non_null(strstr(problem.text, pid));
    journal_unclaim(first);
    assert_int_equal(journal_claim(second, &problem), ERROR_NONE);
    journal_close(second);
    assert_int_equal(journal_claim(first, &problem), ERROR_NONE);
    journal_close(first);
}

static void marks_are_made_all_or_none(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    int64_t id = write_change(journal, &session, "a", CHANGE_DONE, DRAFT_DUE);
    char name[] = "x.sql", other[] = "y.sql";
    mark(journal, id, DRAFT_PENDING, name);
    const struct journal_draft_mark marks[] = {
        {.change_id = id, .state = DRAFT_COMMITTED, .name = other},
        {.change_id = 99, .state = DRAFT_COMMITTED},
    };
    struct journal_change expected = {.draft_state = DRAFT_PENDING, .draft_name = name};
    struct journal_filter filter = {.id = id};
    assert_int_equal(journal_mark_drafts(journal, marks, 2, &problem), ERROR_NOT_FOUND);
    assert_non_null(strstr(problem.text, "#99"));
    assert_int_equal(journal_read(journal, &filter, check_draft, &expected, &problem), ERROR_NONE);
    journal_session_release(&session);
    journal_close(journal);
}

static void a_change_is_settled_once(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    struct journal_change change;
    struct problem problem = PROBLEM_INIT;
    fixture_session(&session);
    fixture_change(&change, "users");
    assert_int_equal(fixture_write_one(journal, &session, &change), ERROR_NONE);
    change.state = CHANGE_DONE;
    change.reason = memory_copy_text("settled by comparing");
    change.draft_state = DRAFT_DUE;
    change.error_code = 1051;
    change.ended_at = 1795342500000777;
    change.objects[0].after = (struct journal_image){
        IMAGE_PRESENT, memory_copy_text("CREATE TABLE x (b int)"), memory_copy_text("sql_mode=\n")};
    struct journal *command = fixture_open(*state, JOURNAL_COMMAND);
    assert_int_equal(journal_settle(command, &change, &problem), ERROR_NONE);
    change.state = CHANGE_FAILED;
    assert_int_equal(journal_settle(command, &change, &problem), ERROR_NOT_FOUND);
    int calls = 0;
    assert_int_equal(journal_read(journal, &(struct journal_filter){.id = change.id},
                                  check_all_fields, &calls, &problem),
                     ERROR_NONE);
    assert_int_equal(calls, 1);
    journal_close(command);
    journal_change_release(&change);
    journal_session_release(&session);
    journal_close(journal);
}

static void gaps_are_counted_and_settings_replaced(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct problem problem;
    int64_t count = -1;
    char *value;
    assert_int_equal(journal_gap_count(journal, &count, &problem), ERROR_NONE);
    assert_int_equal(count, 0);
    assert_int_equal(journal_note_gap(journal, "text of 70000000 bytes", &problem), ERROR_NONE);
    assert_int_equal(journal_gap_count(journal, &count, &problem), ERROR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(journal_setting_get(journal, "a", &value, &problem), ERROR_NONE);
    assert_null(value);
    assert_int_equal(journal_setting_put(journal, "a", "1", &problem), ERROR_NONE);
    assert_int_equal(journal_setting_put(journal, "a", "2", &problem), ERROR_NONE);
    assert_int_equal(journal_setting_get(journal, "a", &value, &problem), ERROR_NONE);
    assert_string_equal(value, "2");
    free(value);
    journal_close(journal);
}

static bool keep_going(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    (void)argument, (void)change, (void)session;
    return true;
}

static void a_damaged_row_is_an_error_with_its_number(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct journal_session session;
    fixture_session(&session);
    (void)write_change(journal, &session, "a", CHANGE_DONE, DRAFT_DUE);
    sqlite3 *raw = fixture_raw(*state);
    assert_int_equal(sqlite3_exec(raw, "UPDATE object SET role = 'ruler'", NULL, NULL, NULL),
                     SQLITE_OK);
    (void)sqlite3_close(raw);
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(
        journal_read(journal, &(struct journal_filter){.id = 0}, keep_going, NULL, &problem),
        ERROR_JOURNAL);
    assert_non_null(strstr(problem.text, "#1"));
    journal_session_release(&session);
    journal_close(journal);
}

struct reading {
    const struct fixture *fixture;
    atomic_bool stop;
    atomic_uint rounds, failed;
};

static bool ascending(void *argument, const struct journal_change *change,
                      const struct journal_session *session)
{
    int64_t *last = argument;
    bool right =
        change->id == *last + 1 && change->session_id == session->id &&
        (change->state == CHANGE_INTENDED || change->objects[0].after.state == IMAGE_PRESENT);
    *last = right ? change->id : -1;
    return right;
}

static void *read_all_the_time(void *argument)
{
    struct reading *reading = argument;
    while (!atomic_load(&reading->stop)) {
        struct journal *journal;
        struct problem problem;
        int64_t last = 0;
        if (journal_open(reading->fixture->path, JOURNAL_COMMAND, &journal, &problem) !=
                ERROR_NONE ||
            journal_read(journal, &(struct journal_filter){.id = 0}, ascending, &last, &problem) !=
                ERROR_NONE ||
            journal_setting_put(journal, "read", "yes", &problem) != ERROR_NONE || last < 0)
            reading->failed++;
        journal_close(journal);
        reading->rounds++;
    }
    return NULL;
}

static void commands_read_and_mark_while_a_proxy_writes(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_PROXY);
    struct reading reading = {.fixture = *state};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_all_the_time, &reading), 0);
    struct journal_session session;
    fixture_session(&session);
    for (int i = 0; i < 150; i++)
        (void)write_change(journal, &session, "a", CHANGE_DONE, DRAFT_DUE);
    atomic_store(&reading.stop, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(reading.failed, 0);
    assert_true(reading.rounds > 0);
    journal_session_release(&session);
    journal_close(journal);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int run_read_tests(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_comes_back_as_it_went_in),
        TEST(a_text_of_any_bytes_comes_back),
        TEST(filters_choose_by_id_state_and_draft),
        TEST(readings_nest),
        TEST(a_mark_keeps_the_name_unless_it_brings_one),
        TEST(a_mark_keeps_texts_until_they_are_forgotten),
        TEST(a_file_stays_due_where_a_mark_came_meanwhile),
        TEST(one_command_at_a_time_has_the_claim),
        TEST(marks_are_made_all_or_none),
        TEST(a_change_is_settled_once),
        TEST(gaps_are_counted_and_settings_replaced),
        TEST(a_damaged_row_is_an_error_with_its_number),
        TEST(commands_read_and_mark_while_a_proxy_writes),
    };
    return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
