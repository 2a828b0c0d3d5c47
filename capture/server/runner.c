/* runner: see runner.h. */
#include "server/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mysql.h>

#include "ddltap/memory.h"
#include "server/control_connect.h"

struct runner {
    MYSQL *handle;
    const struct control_target *target;
    struct sql_facts facts;
};

/* control_connect has pinned the settings for reading; a migration runs under the server's own. */
static const char *const settings[] = {
    "SET SESSION sql_mode = @@GLOBAL.sql_mode, time_zone = @@GLOBAL.time_zone, "
    "lock_wait_timeout = 30",
    "SET NAMES utf8mb4",
};

static enum error refused(const struct runner *runner, const char *what, struct problem *problem)
{
    return control_problem(runner->target, runner->handle, what, problem);
}

static enum error read_facts(struct runner *runner, struct problem *problem)
{
    static const char question[] =
        "SELECT DATABASE(), @@sql_mode, @@character_set_client, @@collation_connection, "
        "@@time_zone, @@GLOBAL.sql_mode, @@GLOBAL.time_zone";
    char **const fields[] = {&runner->facts.default_schema,
                             &runner->facts.sql_mode,
                             &runner->facts.character_set_client,
                             &runner->facts.collation_connection,
                             &runner->facts.time_zone,
                             &runner->facts.global_sql_mode,
                             &runner->facts.global_time_zone};
    MYSQL_RES *result = NULL;
    if (mysql_real_query(runner->handle, question, sizeof question - 1) == 0)
        result = mysql_store_result(runner->handle);
    MYSQL_ROW row = result == NULL ? NULL : mysql_fetch_row(result);
    enum error error =
        row == NULL ? refused(runner, "Cannot read the settings of", problem) : ERROR_NONE;
    for (size_t i = 0; row != NULL && i < sizeof fields / sizeof fields[0]; i++)
        *fields[i] = memory_copy_text(row[i]);
    runner->facts.foreign_key_checks = true;
    if (result != NULL)
        mysql_free_result(result);
    return error;
}

static enum error set_up(struct runner *runner, const char *schema, struct problem *problem)
{
    if (mysql_select_db(runner->handle, schema) != 0)
        return refused(runner, "Cannot use the schema on", problem);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (mysql_real_query(runner->handle, settings[i], (unsigned long)strlen(settings[i])) != 0)
            return refused(runner, "Cannot set up the session on", problem);
    }
    return read_facts(runner, problem);
}

enum error runner_open(const struct control_target *target, const char *schema,
                       struct runner **runner, struct problem *problem)
{
    struct runner *made = memory_new(1, sizeof *made);
    made->target = target;
    enum error error = control_connect(target, &made->handle, problem);
    if (error == ERROR_NONE)
        error = set_up(made, schema, problem);
    made->target = NULL; /* the caller's */
    if (error != ERROR_NONE) {
        runner_close(made);
        made = NULL;
    }
    *runner = made;
    return error;
}

void runner_close(struct runner *runner)
{
    if (runner == NULL)
        return;
    if (runner->handle != NULL)
        mysql_close(runner->handle);
    sql_facts_release(&runner->facts);
    free(runner);
}

static void forget_rows(MYSQL *handle)
{
    MYSQL_RES *result = mysql_use_result(handle);
    while (result != NULL && mysql_fetch_row(result) != NULL)
        continue;
    if (result != NULL)
        mysql_free_result(result);
}

enum error runner_run(struct runner *runner, struct slice statement, struct runner_answer *answer,
                      struct problem *problem)
{
    MYSQL *handle = runner->handle;
    *answer = (struct runner_answer){0};
    int status = mysql_real_query(handle, statement.ptr, (unsigned long)statement.len);
    while (status == 0) {
        forget_rows(handle);
        answer->affected_rows =
            (uint64_t)mysql_affected_rows(handle); /* next_result forgets them */
        status = mysql_errno(handle) != 0 ? 1 : mysql_next_result(handle);
    }
    answer->error_code = mysql_errno(handle);
    if (answer->error_code == 0)
        return ERROR_NONE;
    snprintf(answer->message, sizeof answer->message, "%s", mysql_error(handle));
    if (control_code_is_lost(answer->error_code))
        return problem_set(problem, ERROR_SERVER,
                           "The connection to the server was lost while a statement ran: %s (%u).",
                           answer->message, answer->error_code);
    return ERROR_NONE;
}

const struct sql_facts *runner_facts(const struct runner *runner)
{
    return &runner->facts;
}

uint32_t runner_connection_id(const struct runner *runner)
{
    return (uint32_t)mysql_thread_id(runner->handle);
}
