#include "intercept_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ddltap/log.h"
#include "ddltap/memory.h"

struct posted {
    void (*function)(void *argument);
    void *argument;
    struct posted *next;
};

/* --- the capture --------------------------------------------------------------------------------
 */

int fixture_set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof(*fixture));
    log_set_level(LOG_ERROR);
    fake_server_reset();
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/ddltap-intercept-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->journal_path, sizeof(fixture->journal_path), "%s/journal.db",
             fixture->folder);
    snprintf(fixture->drafts, sizeof(fixture->drafts), "%s/drafts", fixture->folder);
    *state = fixture;
    return 0;
}

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *walk)
{
    (void)entry, (void)kind, (void)walk;
    return remove(path);
}

int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    fixture_close(fixture);
    int failed = nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return failed;
}

void fixture_open(struct fixture *fixture, bool forward_without_journal)
{
    struct problem problem = PROBLEM_INIT;
    const struct capture_options options = {
        .database = "shop",
        .control = {.host = "127.0.0.1", .port = 9, .user = "ddltap", .password = "secret"},
        .journal_path = fixture->journal_path,
        .drafts_folder = fixture->drafts,
        .forward_without_journal = forward_without_journal,
        .text_limit = 1 << 20,
    };
    if (capture_open(&options, &fixture->capture, &problem) != ERROR_NONE)
        fail_msg("capture_open: %s", problem.text);
}

void fixture_close(struct fixture *fixture)
{
    capture_close(fixture->capture);
    fixture->capture = NULL;
}

/* --- the journal, by a second handle ---------------------------------------------------------- */

static struct journal *open_journal(const struct fixture *fixture)
{
    struct journal *journal;
    struct problem problem = PROBLEM_INIT;
    if (journal_open(fixture->journal_path, JOURNAL_COMMAND, &journal, &problem) != ERROR_NONE)
        fail_msg("journal_open: %s", problem.text);
    return journal;
}

struct reading {
    struct seen *seen;
    size_t max, count;
};

#define COPY(to, from) snprintf((to), sizeof(to), "%s", (from) == NULL ? "" : (from))

static void copy_change(const struct journal_change *change, const struct journal_session *session,
                        struct seen *seen)
{
    *seen = (struct seen){.id = change->id,
                          .state = change->state,
                          .draft_state = change->draft_state,
                          .error_code = change->error_code,
                          .statement_index = change->statement_index,
                          .batch = change->batch,
                          .object_count = change->object_count};
    COPY(seen->reason, change->reason);
    COPY(seen->noun, change->noun);
    COPY(seen->text, change->text);
    COPY(seen->default_schema, change->facts.default_schema);
    COPY(seen->tool, session->tool);
    if (change->object_count == 0)
        return;
    const struct journal_object *object = &change->objects[0];
    COPY(seen->schema, object->schema);
    COPY(seen->name, object->name);
    COPY(seen->before_text, object->before.text);
    COPY(seen->after_text, object->after.text);
    seen->before = object->before.state;
    seen->after = object->after.state;
}

static bool take(void *argument, const struct journal_change *change,
                 const struct journal_session *session)
{
    struct reading *reading = argument;
    if (reading->count < reading->max)
        copy_change(change, session, &reading->seen[reading->count]);
    reading->count++;
    return true;
}

size_t fixture_read(const struct fixture *fixture, struct seen *seen, size_t max)
{
    struct reading reading = {seen, max, 0};
    const struct journal_filter all = {.id = 0};
    struct problem problem = PROBLEM_INIT;
    struct journal *journal = open_journal(fixture);
    if (journal_read(journal, &all, take, &reading, &problem) != ERROR_NONE)
        fail_msg("journal_read: %s", problem.text);
    journal_close(journal);
    return reading.count;
}

struct seen fixture_change(const struct fixture *fixture, size_t n)
{
    struct seen seen[16];
    assert_true(n < 16);
    assert_true(fixture_read(fixture, seen, 16) > n);
    return seen[n];
}

static void pause_briefly(void)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    nanosleep(&pause, NULL);
}

struct seen fixture_wait_state(const struct fixture *fixture, size_t n, enum change_state state)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    struct seen seen = fixture_change(fixture, n);
    while (seen.state != state && time(NULL) < end) {
        pause_briefly();
        seen = fixture_change(fixture, n);
    }
    assert_string_equal(change_state_text(seen.state), change_state_text(state));
    return seen;
}

int64_t fixture_gaps(const struct fixture *fixture)
{
    int64_t count = -1;
    struct problem problem = PROBLEM_INIT;
    struct journal *journal = open_journal(fixture);
    assert_int_equal(journal_gap_count(journal, &count, &problem), ERROR_NONE);
    journal_close(journal);
    return count;
}

struct draft {
    char name[256];
    size_t n, at;
};

static bool find_draft(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct draft *draft = argument;
    (void)session;
    if (draft->at++ == draft->n && change->draft_name != NULL)
        COPY(draft->name, change->draft_name);
    return true;
}

char *fixture_wait_draft(const struct fixture *fixture, size_t n)
{
    const struct journal_filter all = {.id = 0};
    struct problem problem = PROBLEM_INIT;
    struct draft draft = {.name = "", .n = n};
    time_t end = time(NULL) + WAIT_SECONDS;
    while (draft.name[0] == '\0' && time(NULL) < end) {
        struct journal *journal = open_journal(fixture);
        draft.at = 0;
        assert_int_equal(journal_read(journal, &all, find_draft, &draft, &problem), ERROR_NONE);
        journal_close(journal);
        pause_briefly();
    }
    assert_string_not_equal(draft.name, "");
    char path[512], *text = memory_new(65536, 1);
    snprintf(path, sizeof(path), "%s/%s", fixture->drafts, draft.name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    (void)fread(text, 1, 65535, file);
    fclose(file);
    return text;
}

/* --- the valve -------------------------------------------------------------------------------- */

static void on_ask(void *argument, struct slice question)
{
    struct session *session = argument;
    assert_false(session->waits_for_answer);
    snprintf(session->question, sizeof(session->question), "%.*s", (int)question.len, question.ptr);
    session->waits_for_answer = true;
    session->asked++;
}

static void on_forward(void *argument)
{
    struct session *session = argument;
    assert_false(session->waits_for_answer);
    session->forwarded++;
    session->next_outcome = 0;
    session->intents_at_forward = fixture_read(session->fixture, NULL, 0);
}

static void on_refuse(void *argument, uint16_t code, const char *sqlstate, const char *message)
{
    struct session *session = argument;
    assert_int_not_equal(code, 0);
    assert_int_equal(strlen(sqlstate), 5);
    snprintf(session->message, sizeof(session->message), "%s", message);
    session->refused++;
}

static void on_refuse_as_answered(void *argument)
{
    ((struct session *)argument)->refused_as_answered++;
}

static void on_release(void *argument)
{
    struct session *session = argument;
    struct seen seen[16];
    size_t count = fixture_read(session->fixture, seen, 16);
    if (session->watched < count)
        session->state_at_release = seen[session->watched].state;
    session->released++;
}

static void on_post(void *loop, void (*function)(void *argument), void *argument)
{
    struct session *session = loop;
    struct posted *posted = memory_new(1, sizeof(*posted));
    *posted = (struct posted){function, argument, NULL};
    pthread_mutex_lock(&session->mutex);
    *session->last = posted;
    session->last = &posted->next;
    pthread_cond_signal(&session->changed);
    pthread_mutex_unlock(&session->mutex);
}

/* --- the loop --------------------------------------------------------------------------------- */

bool session_turn(struct session *session)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += 10000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_mutex_lock(&session->mutex);
    if (session->first == NULL)
        (void)pthread_cond_timedwait(&session->changed, &session->mutex, &end);
    struct posted *posted = session->first;
    session->first = NULL;
    session->last = &session->first;
    pthread_mutex_unlock(&session->mutex);
    bool ran = posted != NULL;
    while (posted != NULL) {
        struct posted *next = posted->next;
        posted->function(posted->argument);
        free(posted);
        posted = next;
    }
    return ran;
}

void session_finish(struct session *session)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    while (session->sink.operations->busy(session->sink.capture) && time(NULL) < end)
        session_turn(session);
    assert_false(session->sink.operations->busy(session->sink.capture));
}

/* --- sessions --------------------------------------------------------------------------------- */

void session_open_as(struct fixture *fixture, struct session *session, uint32_t connection_id,
                     bool mariadb)
{
    *session = (struct session){
        .fixture = fixture,
        .sink = capture_sink(fixture->capture),
        .connection_id = connection_id,
        .mariadb = mariadb,
        .default_schema = "shop",
        .sql_mode = "STRICT_TRANS_TABLES",
    };
    session->last = &session->first;
    session->valve = (struct valve){
        .session = session,
        .ask = on_ask,
        .forward = on_forward,
        .refuse = on_refuse,
        .refuse_as_answered = on_refuse_as_answered,
        .release = on_release,
        .post = on_post,
        .loop = session,
    };
    pthread_mutex_init(&session->mutex, NULL);
    pthread_cond_init(&session->changed, NULL);
    const struct session_facts facts = {
        .identity = "#1 dev@127.0.0.1:50000 shop",
        .connection_id = connection_id,
        .server_version = mariadb ? "10.11.19-MariaDB" : "9.7.4",
        .mariadb = mariadb,
        .user = "dev",
        .client_address = "127.0.0.1:50000",
        .database = "shop",
        .program_name = "MySQLWorkbench",
        .client_name = "libmysql",
    };
    fake_server_thread(connection_id, true);
    session->tap = session->sink.operations->open(session->sink.capture, &facts, &session->valve);
    assert_non_null(session->tap);
}

void session_open(struct fixture *fixture, struct session *session, uint32_t connection_id)
{
    session_open_as(fixture, session, connection_id, true);
}

void session_close(struct session *session)
{
    session->sink.operations->close(session->tap);
    session->tap = NULL;
    fake_server_thread(session->connection_id, false);
}

void session_command(struct session *session, enum command_kind kind, const char *text)
{
    const struct command command = {.kind = kind,
                                    .text = slice_from(text),
                                    .status = STATUS_AUTOCOMMIT,
                                    .ask_nothing = session->ask_nothing,
                                    .report_may_wait = session->report_may_wait,
                                    .multi_statements = kind == COMMAND_QUERY};
    assert_int_equal(session->sink.operations->glance(session->tap, kind, command.text, true,
                                                      command.multi_statements),
                     GLANCE_HOLD);
    session->sink.operations->command(session->tap, &command);
}

static void answer_facts(struct session *session)
{
    struct slice values[] = {
        slice_from(session->default_schema),
        slice_from(session->sql_mode),
        SLICE("utf8mb4"),
        SLICE("utf8mb4_general_ci"),
        SLICE("SYSTEM"),
        SLICE("1"),
        SLICE("STRICT_TRANS_TABLES"),
        SLICE("SYSTEM"),
        SLICE("AUTOMATIC"),
        SLICE("7"),
    };
    const struct answer answer = {.columns = session->mariadb ? 8 : 10, .values = values};
    session->sink.operations->answer(session->tap, &answer);
}

static void answer_table(struct session *session)
{
    char quoted[80];
    snprintf(quoted, sizeof(quoted), "`%s`", session->temporary == NULL ? "" : session->temporary);
    bool temporary = strstr(session->question, quoted) != NULL;
    struct slice values[] = {SLICE("t"), temporary ? SLICE("CREATE TEMPORARY TABLE `t` (...)")
                                                   : SLICE("CREATE TABLE `t` (...)")};
    const struct answer answer = {.columns = 2, .values = values};
    session->sink.operations->answer(session->tap, &answer);
}

void session_wait_question(struct session *session)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    while (!session->waits_for_answer && time(NULL) < end)
        session_turn(session);
    assert_true(session->waits_for_answer);
}

void session_answer(struct session *session)
{
    session_wait_question(session);
    session->waits_for_answer = false;
    if (session->question_error != 0) {
        const struct answer answer = {.error_code = (uint16_t)session->question_error};
        session->sink.operations->answer(session->tap, &answer);
    } else if (strstr(session->question, "SHOW CREATE TABLE") != NULL) {
        answer_table(session);
    } else if (strstr(session->question, "SQL_CALC_FOUND_ROWS") != NULL) {
        const struct answer answer = {.columns = 1};
        session->sink.operations->answer(session->tap, &answer);
    } else {
        answer_facts(session);
    }
}

void session_wait_forward(struct session *session)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    while (session->forwarded == 0 && time(NULL) < end) {
        if (session->waits_for_answer)
            session_answer(session);
        else
            session_turn(session);
    }
    assert_int_equal(session->forwarded, 1);
}

bool session_try(struct session *session, enum command_kind kind, const char *text)
{
    unsigned forwarded = session->forwarded;
    unsigned ended = session->refused + session->refused_as_answered;
    time_t end = time(NULL) + WAIT_SECONDS;
    session_command(session, kind, text);
    while (session->forwarded == forwarded &&
           session->refused + session->refused_as_answered == ended && time(NULL) < end) {
        if (session->waits_for_answer)
            session_answer(session);
        else
            session_turn(session);
    }
    return session->forwarded == forwarded + 1;
}

void session_hold(struct session *session, const char *text)
{
    assert_true(session_try(session, COMMAND_QUERY, text));
}

enum outcome_verdict session_begin_outcome(struct session *session, enum outcome_kind kind,
                                           bool last, unsigned error_code)
{
    const struct outcome outcome = {.index = session->next_outcome++,
                                    .kind = kind,
                                    .last = last,
                                    .error_code = (uint16_t)error_code,
                                    .sqlstate = "HY000",
                                    .warnings = session->warnings,
                                    .status = STATUS_AUTOCOMMIT};
    return session->sink.operations->outcome(session->tap, &outcome);
}

void session_wait_release(struct session *session)
{
    unsigned released = session->released;
    time_t end = time(NULL) + WAIT_SECONDS;
    while (session->released == released && time(NULL) < end)
        session_turn(session);
    assert_int_equal(session->released, released + 1);
}

void session_wait_refusal(struct session *session)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    while (session->refused_as_answered == 0 && time(NULL) < end)
        session_turn(session);
    assert_int_equal(session->refused_as_answered, 1);
}

void session_outcome(struct session *session, enum outcome_kind kind, bool last,
                     unsigned error_code)
{
    if (session_begin_outcome(session, kind, last, error_code) == OUTCOME_KEEP)
        session_wait_release(session);
}

void session_ok(struct session *session)
{
    session_outcome(session, OUTCOME_OK, true, 0);
}
