/* What reading costs: no statement of the commands of every day, and of the proxy's start, may look at all
 * changes, or have them sorted. SQLite says how it would carry a statement out, whatever is in the tables. */
#include "journal_fixture.h"

#include <string.h>

#include "ddltap/buffer.h"
#include "journal/journal_internal.h"

static const unsigned pending = 1u << DRAFT_PENDING, due = 1u << DRAFT_DUE;
static const unsigned squashed = 1u << DRAFT_SQUASHED, done = 1u << CHANGE_DONE;
static const unsigned intended = 1u << CHANGE_INTENDED;

/* The steps of the plan, a line each. */
static void write_plan(sqlite3 *db, const char *sql, struct buffer *plan)
{
    struct buffer explain = BUFFER_INIT;
    sqlite3_stmt *statement;
    buffer_printf(&explain, "EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(db, buffer_text(&explain), -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        buffer_printf(plan, "%s\n", (const char *)sqlite3_column_text(statement, 3));
    (void)sqlite3_finalize(statement);
    buffer_release(&explain);
}

static void expect(struct journal *journal, const struct journal_filter *filter, const char *how)
{
    struct buffer sql = BUFFER_INIT, plan = BUFFER_INIT;
    journal_read_query(filter, &sql);
    write_plan(journal->db, buffer_text(&sql), &plan);
    if (strstr(buffer_text(&plan), how) == NULL || strstr(buffer_text(&plan), "SCAN ") != NULL)
        fail_msg("expected \"%s\" for %s:\n%s", how, buffer_text(&sql), buffer_text(&plan));
    buffer_release(&sql);
    buffer_release(&plan);
}

static void drafts_are_found_by_their_state(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    static const char how[] = "SEARCH c USING INDEX change_by_draft_state (draft_state=?)";
    const struct journal_filter filters[] = {
        {.draft_states = pending},
        {.draft_states = pending | due},
        {.draft_states = squashed, .without_images = true},
        {.draft_states = pending | squashed, .without_images = true},
        {.states = done, .draft_states = pending | squashed},
        {.states = done, .draft_states = pending | due},
        {.states = done, .draft_states = pending | due | squashed},
    };
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        expect(journal, &filters[i], how);
    journal_close(journal);
}

static void what_is_undecided_is_found_by_its_state(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    const struct journal_filter filter = {.states = intended};
    expect(journal, &filter, "SEARCH c USING INDEX change_by_state (state=?)");
    journal_close(journal);
}

static void later_changes_are_found_by_their_numbers(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    static const char how[] = "SEARCH c USING INTEGER PRIMARY KEY (rowid>?";
    const struct journal_filter filters[] = {
        {.after = 5},
        {.after = 5, .last = 7},
        {.after = 5, .states = done | intended},
        {.after = 5, .last = 7, .states = done | intended},
    };
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        expect(journal, &filters[i], how);
    const struct journal_filter committed = {
        .after = 5, .last = 7, .draft_states = 1u << DRAFT_COMMITTED};
    expect(journal, &committed, "change_by_draft_state (draft_state=? AND rowid>? AND rowid<?)");
    const struct journal_filter one = {.id = 5, .draft_states = due};
    expect(journal, &one, "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)");
    journal_close(journal);
}

static void what_ended_since_and_which_files_are_due_is_found(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    const struct journal_filter ended = {.ended_since = 5, .states = done};
    const struct journal_filter files = {.file_due = true};
    expect(journal, &ended, "SEARCH c USING INDEX change_by_end (ended_at>?)");
    /* a partial index of nothing but these */
    struct buffer sql = BUFFER_INIT, plan = BUFFER_INIT;
    journal_read_query(&files, &sql);
    write_plan(journal->db, buffer_text(&sql), &plan);
    if (strstr(buffer_text(&plan), "USING INDEX change_by_file_due") == NULL)
        fail_msg("%s", buffer_text(&plan));
    buffer_release(&sql);
    buffer_release(&plan);
    journal_close(journal);
}

static void the_last_change_is_found_from_the_end(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct buffer sql = BUFFER_INIT, plan = BUFFER_INIT;
    const struct journal_filter last = {.limit = 1, .without_images = true};
    journal_read_query(&last, &sql);
    write_plan(journal->db, buffer_text(&sql), &plan);
    /* all of them, backwards, but for the limit: nothing is sorted */
    assert_true(slice_starts_with(buffer_slice(&plan), SLICE("SCAN c\n")));
    assert_null(strstr(buffer_text(&plan), "TEMP B-TREE"));
    buffer_release(&sql);
    buffer_release(&plan);
    journal_close(journal);
}

static void a_file_name_is_found_by_its_index(void **state)
{
    struct journal *journal = fixture_open(*state, JOURNAL_CREATE);
    struct buffer plan = BUFFER_INIT;
    write_plan(journal->db, JOURNAL_SELECT_DRAFT_NAME, &plan);
    assert_non_null(strstr(buffer_text(&plan), "INDEX change_by_draft_name (draft_name=?)"));
    buffer_release(&plan);
    journal_close(journal);
}

int run_plan_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(drafts_are_found_by_their_state, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_is_undecided_is_found_by_its_state, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(later_changes_are_found_by_their_numbers, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_ended_since_and_which_files_are_due_is_found,
                                        fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_last_change_is_found_from_the_end, fixture_set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_file_name_is_found_by_its_index, fixture_set_up,
                                        fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
