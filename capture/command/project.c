/* project: see project.h. */
#include "command/project.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/commitment.h"
#include "command/execution.h"
#include "command/retraction.h"
#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "draft/draft.h"
#include "draft/projection.h"
#include "repo/repo.h"
#include "schema/printed.h"

#define CONFIG_FILE "ddltap/config.ini"

enum {
    CLAIM_TRIES = 50,
    CLAIM_MICROSECONDS = 100000,
};

static char *join(const char *folder, const char *name)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    return buffer_detach(&path);
}

/* Fill the paths; ERROR_GIT when there is neither a configuration nor a work tree. */
static enum error locate(struct project *project, struct problem *problem)
{
    *project = (struct project){0};
    project->root = repo_nearest_with(".", CONFIG_FILE);
    project->initialised = project->root != NULL;
    if (!project->initialised) {
        enum error error = repo_top(".", &project->root, problem);
        if (error != ERROR_NONE)
            return error;
    }
    project->folder = join(project->root, "ddltap");
    project->drafts = join(project->folder, "drafts");
    project->state = join(project->folder, "state");
    project->journal = join(project->state, "journal.sqlite");
    return ERROR_NONE;
}

static enum error load(struct settings *settings, const char *folder,
                       const struct command_context *context, struct problem *problem)
{
    enum error error = settings_load(settings, folder, problem);
    if (error != ERROR_NONE)
        return error;
    for (size_t i = 0; i < context->assignment_count && error == ERROR_NONE; i++)
        error = settings_put_assignment(settings, context->assignments[i], problem);
    if (error != ERROR_NONE)
        settings_release(settings);
    return error;
}

/* The next command goes on with what a journal says was begun: one that came with the repository could have anything
 * done. */
static enum error check_state(const struct project *project, struct problem *problem)
{
    bool tracked = false;
    struct problem unused = PROBLEM_INIT;
    if (access(project->state, F_OK) != 0 ||
        repo_tracks(project->folder, "state", &tracked, &unused) != ERROR_NONE || !tracked)
        return ERROR_NONE;
    return problem_set(
        problem, ERROR_GIT,
        "git tracks %s: what the journal there says is done, and the proxy's key is "
        "read there. What comes with the repository is not to be trusted with that. "
        "Take it out with \"git rm -r --cached ddltap/state\", and remove the folder "
        "if it is not your own.",
        project->state);
}

enum error project_find(struct project *project, const struct command_context *context,
                        struct problem *problem)
{
    enum error error = locate(project, problem);
    if (error == ERROR_NONE)
        error = check_state(project, problem);
    if (error == ERROR_NONE)
        error = load(&project->settings, project->folder, context, problem);
    if (error != ERROR_NONE)
        project_release(project);
    return error;
}

enum error project_open(struct project *project, const struct command_context *context,
                        struct problem *problem)
{
    enum error error = locate(project, problem);
    if (error == ERROR_GIT || (error == ERROR_NONE && !project->initialised))
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "There is no " CONFIG_FILE " here or in a folder above. Run \"ddltap "
                            "init\" in the git work tree of your project.");
    if (error == ERROR_NONE)
        error = check_state(project, problem);
    if (error == ERROR_NONE)
        error = load(&project->settings, project->folder, context, problem);
    if (error != ERROR_NONE)
        project_release(project);
    return error;
}

void project_release(struct project *project)
{
    free(project->root);
    free(project->folder);
    free(project->drafts);
    free(project->state);
    free(project->journal);
    settings_release(&project->settings);
    *project = (struct project){0};
}

enum error project_reload(struct project *project, const struct command_context *context,
                          struct buffer *ignored, struct problem *problem)
{
    struct settings fresh;
    enum error error = load(&fresh, project->folder, context, problem);
    if (error != ERROR_NONE)
        return error;
    settings_reload(&project->settings, &fresh, ignored);
    settings_release(&fresh);
    return ERROR_NONE;
}

enum error project_connection(const struct project *project, struct connection *connection,
                              struct problem *problem)
{
    return connection_resolve(&project->settings, project->root, NULL, connection, problem);
}

struct control_target project_target(const struct connection *connection)
{
    return (struct control_target){
        .host = connection->address.host,
        .port = connection->address.port,
        .socket = connection->address.socket,
        .user = connection->user,
        .password = connection->password,
        .tls_required = connection->tls_required,
    };
}

enum error project_connect(const struct connection *connection, struct control **control,
                           struct problem *problem)
{
    const struct control_target target = project_target(connection);
    return control_open(&target, control, problem);
}

enum error project_use(struct control *control, const struct connection *connection,
                       struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    char *unused = NULL;
    unsigned code = 0;
    buffer_append_text(&text, "USE ");
    printed_quote(slice_from(connection->database), &text);
    enum error error = control_value(control, buffer_text(&text), &unused, &code, problem);
    free(unused);
    buffer_release(&text);
    if (error == ERROR_NONE && code != 0)
        error = problem_set(problem, ERROR_SERVER, "The schema %s cannot be used: error %u.",
                            connection->database, code);
    return error;
}

enum error project_drafts(const struct project *project, struct journal *journal,
                          struct problem *problem)
{
    const struct projection_options options = {
        .folder = project->drafts,
        .keep_definer = project->settings.definer == SETTINGS_DEFINER_KEEP,
    };
    return projection_run(journal, &options, problem);
}

/* What a kill left of a commit, of the undo of one, or of statements that were being applied. */
static enum error finish(const struct project *project, struct journal *journal,
                         struct problem *problem)
{
    enum error error = commitment_finish(project, journal, problem);
    if (error == ERROR_NONE)
        error = retraction_finish(project, journal, problem);
    return error == ERROR_NONE ? execution_finish(project, journal, problem) : error;
}

static void finish_if_free(const struct project *project, struct journal *journal)
{
    struct problem problem = PROBLEM_INIT;
    if (journal_claim(journal, &problem) != ERROR_NONE)
        return;
    if (finish(project, journal, &problem) != ERROR_NONE)
        fprintf(stderr, "ddltap: %s\n", problem.text);
    journal_unclaim(journal);
}

/* Looking goes on where drafts cannot be written: their files are shown as missing. */
static void write_if_possible(const struct project *project, struct journal *journal)
{
    struct problem problem = PROBLEM_INIT;
    if (project_drafts(project, journal, &problem) != ERROR_NONE)
        fprintf(stderr, "ddltap: %s\n", problem.text);
}

/* Commands are short, as a rule: the other one may end soon. */
static enum error claim(struct journal *journal, struct problem *problem)
{
    enum error error = journal_claim(journal, problem);
    for (unsigned tries = 0; error == ERROR_LOCKED && tries < CLAIM_TRIES; tries++) {
        (void)usleep(CLAIM_MICROSECONDS);
        error = journal_claim(journal, problem);
    }
    return error;
}

static enum error open_journal(const struct project *project, bool alone, struct journal **journal,
                               struct problem *problem)
{
    enum error error = journal_open(project->journal, JOURNAL_COMMAND, journal, problem);
    if (error == ERROR_NONE && alone)
        error = claim(*journal, problem);
    if (error == ERROR_NONE && alone)
        error = draft_check_folder(project->drafts, problem);
    if (error == ERROR_NONE && alone)
        error = project_drafts(project, *journal, problem);
    else if (error == ERROR_NONE)
        write_if_possible(project, *journal);
    if (error == ERROR_NONE && alone)
        error = finish(project, *journal, problem);
    else if (error == ERROR_NONE)
        finish_if_free(project, *journal);
    if (error != ERROR_NONE) {
        journal_close(*journal);
        *journal = NULL;
    }
    return error;
}

enum error project_journal(const struct project *project, struct journal **journal,
                           struct problem *problem)
{
    return open_journal(project, false, journal, problem);
}

enum error project_journal_alone(const struct project *project, struct journal **journal,
                                 struct problem *problem)
{
    return open_journal(project, true, journal, problem);
}
