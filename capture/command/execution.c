/* execution: see execution.h. */
#include "command/execution.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "draft/composition.h"
#include "draft/projection.h"
#include "intercept/record.h"
#include "intercept/verdict.h"
#include "schema/inverse.h"
#include "schema/printed.h"
#include "server/runner.h"
#include "sql/confine.h"
#include "sql/portable.h"
#include "sql/script.h"

#define SETTING "execution"

static void open_session(struct execution *execution, const char *tool)
{
    execution->session = (struct journal_session){
        .opened_at = record_now(),
        .connection_id = runner_connection_id(execution->runner),
        .server_version = memory_copy_text(control_version_text(execution->control)),
        .server_identity = memory_copy_text(control_server_identity(execution->control)),
        .mariadb = control_mariadb(execution->control),
        .user = memory_copy_text(execution->connection->user),
        .client_address = memory_copy_text("localhost"),
        .tool = memory_copy_text(tool),
    };
}

enum error execution_open(struct journal *journal, const struct connection *connection,
                          const char *tool, enum change_origin origin, struct execution *execution,
                          struct problem *problem)
{
    *execution = (struct execution){.journal = journal,
                                    .connection = connection,
                                    .target = project_target(connection),
                                    .origin = origin};
    enum error error = control_open(&execution->target, &execution->control, problem);
    if (error == ERROR_NONE)
        error = runner_open(&execution->target, connection->database, &execution->runner, problem);
    if (error == ERROR_NONE)
        open_session(execution, tool);
    return error;
}

void execution_close(struct execution *execution)
{
    runner_close(execution->runner);
    control_close(execution->control);
    journal_session_release(&execution->session);
    free(execution->changes);
}

static enum error refuse(struct slice statement, const char *why, struct problem *problem)
{
    struct slice shown = printed_trim(statement);
    return problem_set(problem, ERROR_UNSUPPORTED, "\"%.*s\" did not run: %s.",
                       (int)(shown.len > 200 ? 200 : shown.len), shown.ptr, why);
}

static enum error run(struct execution *execution, struct slice statement, bool *ran,
                      struct problem *problem)
{
    struct runner_answer answer;
    enum error error = runner_run(execution->runner, statement, &answer, problem);
    *ran = error == ERROR_NONE && answer.error_code == 0;
    if (error != ERROR_NONE || *ran)
        return error;
    char why[600];
    snprintf(why, sizeof why, "%s (%u)", answer.message, answer.error_code);
    return refuse(statement, why, problem);
}

static void note_done(struct execution *execution, int64_t id)
{
    execution->changes =
        memory_resize(execution->changes, execution->change_count + 1, sizeof *execution->changes);
    execution->changes[execution->change_count++] = id;
}

/* The statement ran or was refused: its outcome. A refused one of several objects may have done a part. */
static enum error settle(struct execution *execution, struct journal_change *change, size_t named,
                         bool ran, struct problem *problem)
{
    bool known;
    enum error error =
        record_read_images(execution->control, change, named, IMAGE_AFTER, NULL, NULL, problem);
    if (error != ERROR_NONE)
        return error;
    bool differs = verdict_images_differ(change, &known);
    change->ended_at = record_now();
    change->state = differs || (ran && !known) ? CHANGE_DONE
                    : ran                      ? CHANGE_NO_EFFECT
                                               : CHANGE_FAILED;
    error = journal_settle(execution->journal, change, problem);
    if (error == ERROR_NONE && change->state == CHANGE_DONE)
        note_done(execution, change->id);
    return error;
}

static enum error run_ddl(struct execution *execution, struct slice text,
                          const struct script *script, const struct statement *statement,
                          struct problem *problem)
{
    const struct record_place place = {.database = execution->connection->database,
                                       .version = control_version(execution->control),
                                       .mariadb = control_mariadb(execution->control),
                                       .names_nocase = control_names_nocase(execution->control)};
    struct journal_change *change =
        record_new(&place, text, &script->dialect, &script->facts, statement);
    struct problem refusal = PROBLEM_INIT;
    size_t named = change->object_count;
    bool ran = false;
    change->origin = execution->origin;
    enum error error =
        record_read_images(execution->control, change, named, IMAGE_BEFORE, NULL, NULL, problem);
    if (error == ERROR_NONE)
        error = journal_intend(execution->journal, &execution->session, change, problem);
    if (error == ERROR_NONE) {
        error = run(execution, text, &ran, &refusal);
        if (error == ERROR_NONE || error == ERROR_UNSUPPORTED) {
            enum error settled = settle(execution, change, named, ran, problem);
            error = settled != ERROR_NONE ? settled : error;
        }
        if (error != ERROR_NONE && refusal.code == error)
            *problem = refusal;
    }
    record_free(change);
    return error;
}

static enum error run_one(struct execution *execution, struct slice text,
                          const struct script *script, struct problem *problem)
{
    const struct portable_options options = {
        .schema = slice_from(execution->connection->database),
        .schema_nocase = control_names_nocase(execution->control),
        .keep_definer = true,
    };
    struct buffer portable = BUFFER_INIT;
    struct statement statement;
    enum error error = ERROR_NONE;
    bool ran;
    portable_write(text, &script->dialect, &options, &portable);
    struct slice piece = buffer_slice(&portable);
    const char *refusal = confine_refusal(piece, &script->dialect);
    statement_read(piece, &script->dialect, &statement);
    if (refusal != NULL)
        error = refuse(piece, refusal, problem);
    else if (statement.kind == STATEMENT_DDL)
        error = run_ddl(execution, piece, script, &statement, problem);
    else
        error = run(execution, piece, &ran, problem);
    statement_release(&statement);
    buffer_release(&portable);
    return error;
}

enum error execution_run(struct execution *execution, struct slice text, struct problem *problem)
{
    const struct dialect dialect = {.mariadb = control_mariadb(execution->control),
                                    .version = control_version(execution->control)};
    struct script script;
    struct slice piece;
    enum error error = ERROR_NONE;
    script_init(&script, text, &dialect, runner_facts(execution->runner));
    while (error == ERROR_NONE && script_next(&script, &piece))
        error = run_one(execution, piece, &script, problem);
    script_release(&script);
    return error;
}

/* --- taking back -------------------------------------------------------------------------------- */

struct way_back {
    struct buffer sql;
    enum error error;
    struct problem problem;
};

static bool find_way_back(void *argument, const struct journal_change *change,
                          const struct journal_session *session)
{
    struct way_back *way = argument;
    struct sql_facts defaults = composition_defaults(change);
    struct buffer remarks = BUFFER_INIT;
    struct change view;
    (void)session;
    struct change_object *objects = projection_change_view(change, &view);
    way->error = inverse_write(&view, &defaults, true, &way->sql, &remarks, &way->problem);
    buffer_release(&remarks);
    free(objects);
    return false;
}

enum error execution_take_back(struct execution *execution, size_t from, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = execution->change_count; i-- > from && error == ERROR_NONE;) {
        const struct journal_filter filter = {.id = execution->changes[i]};
        struct way_back way = {.error = ERROR_NONE};
        error = journal_read(execution->journal, &filter, find_way_back, &way, problem);
        if (error == ERROR_NONE && way.error != ERROR_NONE)
            error = problem_set(problem, way.error, "%s", way.problem.text);
        if (error == ERROR_NONE)
            error = execution_run(execution, buffer_slice(&way.sql), problem);
        buffer_release(&way.sql);
    }
    return error;
}

/* --- what an interrupted one has run ------------------------------------------------------------ */

struct leftover {
    int64_t since;
    struct journal_draft_mark *marks;
    size_t count;
};

enum error execution_note(struct journal *journal, struct problem *problem)
{
    char now[32];
    snprintf(now, sizeof now, "%" PRId64, record_now());
    return journal_setting_put(journal, SETTING, now, problem);
}

enum error execution_forget(struct journal *journal, struct problem *problem)
{
    return journal_setting_put(journal, SETTING, "", problem);
}

static bool take_leftover(void *argument, const struct journal_change *change,
                          const struct journal_session *session)
{
    struct leftover *left = argument;
    (void)session;
    if (change->origin != ORIGIN_APPLIED || change->at < left->since)
        return true;
    left->marks = memory_resize(left->marks, left->count + 1, sizeof *left->marks);
    left->marks[left->count++] =
        (struct journal_draft_mark){.change_id = change->id, .state = DRAFT_DUE};
    return true;
}

static enum error make_drafts(const struct project *project, struct journal *journal,
                              struct leftover *left, struct problem *problem)
{
    const struct journal_filter filter = {
        .states = 1u << CHANGE_DONE, .draft_states = 1u << DRAFT_NONE, .without_images = true};
    enum error error = journal_read(journal, &filter, take_leftover, left, problem);
    if (error == ERROR_NONE && left->count > 0)
        error = journal_mark_drafts(journal, left->marks, left->count, problem);
    if (error == ERROR_NONE && left->count > 0)
        error = project_drafts(project, journal, problem);
    if (error == ERROR_NONE && left->count > 0)
        fprintf(stderr, "ddltap: \"ddltap apply\" was interrupted; what it had run is in drafts of "
                        "its own. \"ddltap undo\" takes them back, and then it can be applied "
                        "again.\n");
    free(left->marks);
    return error;
}

enum error execution_finish(const struct project *project, struct journal *journal,
                            struct problem *problem)
{
    struct leftover left = {0, NULL, 0};
    char *noted = NULL;
    enum error error = journal_setting_get(journal, SETTING, &noted, problem);
    if (error == ERROR_NONE && noted != NULL && *noted != '\0') {
        left.since = strtoll(noted, NULL, 10);
        error = make_drafts(project, journal, &left, problem);
        if (error == ERROR_NONE)
            error = execution_forget(journal, problem);
    }
    free(noted);
    return error;
}
