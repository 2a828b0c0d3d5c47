/* commit: drafts become one migration of the project's format.
 *
 *   which drafts     all pending ones, or those named; none that is edited or missing
 *   their net change, proven on the baseline           gather
 *   what follows what                                  format: read, head, compose
 *   does the database stand at the head?               format: locate
 *   files, git commit, stamp, baseline, marks          commitment
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "command/command.h"
#include "command/commitment.h"
#include "command/drafts.h"
#include "command/gather.h"
#include "command/linting.h"
#include "command/migrations.h"
#include "command/options.h"
#include "command/output.h"
#include "command/proof.h"
#include "command/report.h"
#include "command/stamping.h"
#include "command/survey.h"
#include "command/uncommit.h"
#include "ddltap/memory.h"
#include "format/format.h"
#include "format/models.h"
#include "intercept/record.h"
#include "repo/paths.h"
#include "repo/repo.h"
#include "schema/printed.h"
#include "sql/script.h"

struct commit_options {
    const char *message, *head;
    bool verbatim, no_git, no_stamp, no_verify, no_lint, dry_run, amend, undo, pushed;
};

struct committing {
    const struct project *project;
    const struct commit_options *options;
    struct journal *journal;
    struct connection connection;
    struct drafts drafts;
    struct proof proof;
    struct gather gather;
    struct format_found found;
    struct chain chain;
    const struct migration *parent;
    struct composed composed;
    struct commitment commitment;
};

/* --- may it be done? ---------------------------------------------------------------------------- */

static enum error check_draft(const struct draft *draft, struct problem *problem)
{
    enum error error = drafts_check_file(draft, problem);
    if (error == ERROR_NONE && draft->condition == DRAFT_EDITED)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "The draft of %s was edited, and the database is not at what it says: "
                            "\"ddltap apply\" brings it there.",
                            draft->label);
    return error;
}

static enum error choose(struct committing *committing, struct selection *selection,
                         struct problem *problem)
{
    struct drafts *drafts = &committing->drafts;
    enum error error =
        drafts_read(committing->project, committing->journal, false, drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_select(drafts, selection, problem);
    for (size_t i = 0; i < drafts->count && error == ERROR_NONE; i++)
        error = check_draft(&drafts->drafts[i], problem);
    if (error == ERROR_NONE && drafts->count == 0)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "No draft is pending: there is nothing to commit.");
    return error;
}

/* *refused: a finding stands in the way that no draft acknowledges. */
static enum error lint(const struct committing *committing, bool *refused, struct problem *problem)
{
    struct linting linting = {.drafts = NULL};
    struct control *control = NULL;
    struct buffer out = BUFFER_INIT;
    enum error error = project_connect(&committing->connection, &control, problem);
    if (error == ERROR_NONE)
        error = linting_run(committing->project, committing->journal, &committing->drafts, NULL,
                            control, NULL, &linting, problem);
    *refused = error == ERROR_NONE && linting_open(&linting, RULE_ERROR) > 0;
    if (*refused) {
        linting_write(&linting, &out);
        fprintf(stderr,
                "%s\nNothing was committed. Acknowledge a finding with a line \"-- lint:ok CODE "
                "why\" in "
                "the draft, or commit with --no-lint.\n",
                buffer_text(&out));
    }
    linting_release(&linting);
    control_close(control);
    buffer_release(&out);
    return error;
}

/* --- the migration ------------------------------------------------------------------------------ */

static enum error gather(struct committing *committing, struct problem *problem)
{
    bool proves = !committing->options->no_verify;
    enum error error = ERROR_NONE;
    if (proves)
        error =
            proof_open(committing->project, committing->journal, NULL, &committing->proof, problem);
    if (error == ERROR_NONE)
        error = gather_make(&committing->gather, committing->project, committing->journal,
                            &committing->drafts, proves ? &committing->proof : NULL,
                            committing->options->verbatim, problem);
    if (error == ERROR_NONE && committing->gather.up.len == 0)
        error =
            problem_set(problem, ERROR_UNSUPPORTED,
                        "These drafts take each other back: there is nothing to commit. \"ddltap "
                        "discard\" sets them aside.");
    return error;
}

static enum error find_format(struct committing *committing, struct problem *problem)
{
    enum error error =
        migrations_read(committing->project, &committing->found, &committing->chain, problem);
    return error == ERROR_NONE ? chain_head(&committing->chain, committing->options->head,
                                            &committing->parent, problem)
                               : error;
}

struct statements {
    struct slice *items;
    size_t count;
};

static struct statements split(const struct committing *committing, const struct buffer *text)
{
    const struct netting *whole = &committing->gather.whole;
    const struct dialect dialect = {.mariadb = whole->mariadb, .version = whole->version};
    struct statements statements = {NULL, 0};
    struct script script;
    struct slice piece;
    script_init(&script, text->len == 0 ? SLICE("") : buffer_slice(text), &dialect,
                &whole->defaults);
    while (script_next(&script, &piece)) {
        statements.items =
            memory_resize(statements.items, statements.count + 1, sizeof *statements.items);
        statements.items[statements.count++] = printed_trim(piece);
    }
    script_release(&script);
    return statements;
}

static enum error compose(struct committing *committing, struct problem *problem)
{
    struct gather *gathered = &committing->gather;
    const struct dialect dialect = {.mariadb = gathered->whole.mariadb,
                                    .version = gathered->whole.version};
    struct statements up = split(committing, &gathered->up);
    struct statements down = split(committing, &gathered->down);
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        abort();
    const struct proposal proposal = {
        .message = committing->options->message,
        .time = record_now(),
        .parent = committing->parent,
        .up = up.items,
        .up_count = up.count,
        .down = down.items,
        .down_count = gathered->no_way_back == NULL ? down.count : 0,
        .no_way_back = gathered->no_way_back,
        .remarks = (const char *const *)gathered->remarks.items,
        .remark_count = gathered->remarks.count,
        .dialect = &dialect,
        .random = random,
    };
    enum error error = committing->found.format->compose(&committing->found, &committing->chain,
                                                         &proposal, &committing->composed, problem);
    free(up.items);
    free(down.items);
    return error;
}

/* The database must stand where the new migration begins. */
static enum error check_position(struct committing *committing, struct problem *problem)
{
    const struct format *format = committing->found.format;
    struct position position = POSITION_INIT;
    struct texts rows = TEXTS_INIT;
    if (format->current_query == NULL || committing->options->no_stamp)
        return ERROR_NONE;
    char *query = format->current_query(&committing->found);
    enum error error = stamping_rows(&committing->connection, query, &rows, problem);
    if (error == ERROR_NONE)
        error = format->locate(&committing->chain, (const char *const *)rows.items, rows.count,
                               &position, problem);
    if (error == ERROR_NONE)
        error = position_check(&position, &committing->chain, committing->parent, problem);
    position_release(&position);
    texts_release(&rows);
    free(query);
    return error;
}

static bool is_in_net(const void *argument, enum object_type type, struct slice name)
{
    const struct net *net = argument;
    for (size_t i = 0; i < net_count(net); i++) {
        const struct change *change = net_change(net, i);
        for (size_t j = 0; j < change->object_count; j++) {
            if (change->objects[j].type == type && slice_equal(change->objects[j].name, name))
                return true;
        }
    }
    return false;
}

/* What never passed the proxy is in no draft: a migration of an object that changed so would not give what the
 * database holds. */
static enum error check_drift(struct committing *committing, struct problem *problem)
{
    return survey_check(committing->project, committing->journal, &committing->connection,
                        is_in_net, committing->gather.whole.net, problem);
}

/* --- the commitment ----------------------------------------------------------------------------- */

static enum error check_files(const struct committing *committing, struct problem *problem)
{
    const struct project *project = committing->project;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < committing->composed.count && error == ERROR_NONE; i++) {
        const char *path = committing->composed.files[i].path;
        struct buffer whole = BUFFER_INIT;
        bool ignored = false;
        buffer_printf(&whole, "%s/%s", project->root, path);
        if (faccessat(AT_FDCWD, buffer_text(&whole), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            error = problem_set(problem, ERROR_FILE, "%s is there already.", path);
        if (error == ERROR_NONE && !committing->options->no_git)
            error = repo_ignores(project->root, path, &ignored, problem);
        if (error == ERROR_NONE && ignored)
            error = problem_set(problem, ERROR_GIT,
                                "git ignores %s: a migration there would never be committed. See "
                                "\"git check-ignore -v %s\".",
                                path, path);
        buffer_release(&whole);
    }
    return error;
}

static enum error note_tracked_drafts(struct committing *committing, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < committing->drafts.count && error == ERROR_NONE; i++) {
        struct buffer path = BUFFER_INIT;
        bool tracked = false;
        buffer_printf(&path, "ddltap/drafts/%s", committing->drafts.drafts[i].name);
        error = repo_tracks(committing->project->root, buffer_text(&path), &tracked, problem);
        if (tracked)
            texts_add(&committing->commitment.removed, memory_copy_text(buffer_text(&path)));
        buffer_release(&path);
    }
    return error;
}

static void note_stamp(struct committing *committing)
{
    const struct format *format = committing->found.format;
    struct stamp stamp = STAMP_INIT;
    bool stamps = format->stamp != NULL && !committing->options->no_stamp;
    char *query = stamps ? format->current_query(&committing->found) : memory_copy_text("");
    const char *version = committing->composed.version;
    const char *parent = committing->parent == NULL ? NULL : committing->parent->version;
    if (stamps)
        format->stamp(&committing->found, version, parent, &stamp);
    stamping_fill(&committing->commitment.stamping, &stamp, query, version, parent);
    stamp_release(&stamp);
    free(query);
}

/* As they fire in the replayed schema; the way back has run there since, so up runs once more. */
static enum error note_triggers(struct committing *committing, struct problem *problem)
{
    struct catalog after = CATALOG_INIT;
    struct scratch_failure failure = {NULL, NULL};
    const struct drafts none = {.drafts = NULL};
    if (committing->options->no_verify)
        return ERROR_NONE;
    enum error error = proof_reset(&committing->proof, &none, problem);
    if (error == ERROR_NONE)
        error = scratch_run(committing->proof.scratch, buffer_slice(&committing->gather.up),
                            &failure, problem);
    if (error == ERROR_NONE)
        error = scratch_read(committing->proof.scratch, &after, problem);
    for (size_t i = 0; i < after.count && error == ERROR_NONE; i++) {
        if (after.objects[i].type == OBJECT_TRIGGER)
            texts_add(&committing->commitment.triggers, memory_copy_text(after.objects[i].name));
    }
    scratch_failure_release(&failure);
    catalog_release(&after);
    return error;
}

static enum error note(struct committing *committing, struct problem *problem)
{
    struct commitment *commitment = &committing->commitment;
    commitment->drafts = memory_new(committing->drafts.count + 1, sizeof *commitment->drafts);
    for (size_t i = 0; i < committing->drafts.count; i++) {
        const struct draft *draft = &committing->drafts.drafts[i];
        commitment->drafts[commitment->draft_count++] = draft->id;
        texts_add(&commitment->names, memory_copy_text(draft->name));
        texts_add(&commitment->draft_texts, memory_copy_text(draft->text));
    }
    for (size_t i = 0; i < committing->composed.count; i++)
        texts_add(&commitment->files, memory_copy_text(committing->composed.files[i].path));
    commitment->message = memory_copy_text(committing->options->message);
    commitment->git = !committing->options->no_git;
    commitment->amend = committing->options->amend;
    note_stamp(committing);
    enum error error = commitment->git ? note_tracked_drafts(committing, problem) : ERROR_NONE;
    return error == ERROR_NONE ? note_triggers(committing, problem) : error;
}

static enum error carry_out(struct committing *committing, struct problem *problem)
{
    size_t count = committing->composed.count;
    struct buffer *contents = memory_new(count + 1, sizeof *contents);
    for (size_t i = 0; i < count; i++)
        contents[i] = committing->composed.files[i].content;
    enum error error = commitment_write(committing->project, committing->journal,
                                        &committing->commitment, contents, problem);
    free(contents);
    if (error == ERROR_NONE)
        error = commitment_complete(committing->project, committing->journal,
                                    &committing->commitment, problem);
    return error;
}

/* --- words -------------------------------------------------------------------------------------- */

static void say_lines(const struct committing *committing, struct buffer *out)
{
    const struct net *net = committing->gather.whole.net;
    for (size_t i = 0; i < net_count(net); i++)
        report_write_lines(net_change(net, i), out);
}

static void say(const struct committing *committing)
{
    struct buffer out = BUFFER_INIT;
    for (size_t i = 0; i < committing->composed.count; i++)
        buffer_printf(&out, "%s\n", committing->composed.files[i].path);
    say_lines(committing, &out);
    if (committing->gather.goes.len > 0) {
        report_heading(&out, "Data that goes");
        report_block(&out, buffer_slice(&committing->gather.goes));
    }
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&out);
}

static void say_dry(const struct committing *committing)
{
    struct buffer out = BUFFER_INIT;
    for (size_t i = 0; i < committing->composed.count; i++) {
        buffer_printf(&out, "--- %s\n", committing->composed.files[i].path);
        output_safe(&out, buffer_slice(&committing->composed.files[i].content));
    }
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&out);
}

static bool is_captured(const struct net *net, const struct models_gap *gap)
{
    for (size_t i = 0; i < net_count(net); i++) {
        const struct change *change = net_change(net, i);
        for (size_t j = 0; j < change->object_count; j++) {
            if (change->objects[j].type == OBJECT_TABLE &&
                slice_equal_nocase(change->objects[j].name, slice_from(gap->table)))
                return true;
        }
    }
    return false;
}

/* The next migration that the tool writes from the models would drop what they do not know. */
static void warn_of_models(const struct committing *committing)
{
    const struct format *format = committing->found.format;
    struct models models = MODELS_INIT;
    struct problem problem = PROBLEM_INIT;
    struct buffer out = BUFFER_INIT;
    if (format->compare_models == NULL)
        return;
    if (format->compare_models(&committing->found, committing->project->settings.python, &models,
                               &problem) != ERROR_NONE) {
        fprintf(stderr, "ddltap: whether the models know these changes could not be told: %s\n",
                problem.text);
        return;
    }
    for (size_t i = 0; i < models.count; i++) {
        if (!is_captured(committing->gather.whole.net, &models.gaps[i]))
            continue;
        models_append_sentence(&models, i, &out);
        buffer_printf(&out, "\n%s", models.gaps[i].lines);
    }
    fprintf(stderr, "%s", buffer_text(&out));
    buffer_release(&out);
    models_release(&models);
}

/* --- the command -------------------------------------------------------------------------------- */

/* *refused: lint says no, and has said why. */
static enum error commit(struct committing *committing, struct selection *selection, bool *refused,
                         struct problem *problem)
{
    const struct commit_options *options = committing->options;
    enum error error = project_connection(committing->project, &committing->connection, problem);
    if (error == ERROR_NONE)
        error = choose(committing, selection, problem);
    if (error == ERROR_NONE && !options->no_lint && !options->dry_run)
        error = lint(committing, refused, problem);
    if (*refused)
        return error;
    if (error == ERROR_NONE && !options->no_git && !options->dry_run)
        error = paths_check_state(committing->project->root, problem);
    if (error == ERROR_NONE)
        error = find_format(committing, problem);
    if (error == ERROR_NONE && !options->dry_run)
        error = check_position(committing, problem);
    if (error == ERROR_NONE)
        error = gather(committing, problem);
    if (error == ERROR_NONE && !options->dry_run)
        error = check_drift(committing, problem);
    if (error == ERROR_NONE)
        error = compose(committing, problem);
    if (error != ERROR_NONE)
        return error;
    if (options->dry_run) {
        say_dry(committing);
        return ERROR_NONE;
    }
    error = check_files(committing, problem);
    if (error == ERROR_NONE)
        error = note(committing, problem);
    if (error == ERROR_NONE)
        error = carry_out(committing, problem);
    if (error == ERROR_NONE) {
        say(committing);
        warn_of_models(committing);
    }
    return error;
}

static int run(const struct command_context *context, const struct commit_options *options,
               struct selection *selection)
{
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct committing committing = {.project = &project, .options = options};
    bool refused = false;
    enum error error = project_journal_alone(&project, &committing.journal, &problem);
    if (error == ERROR_NONE)
        error = commit(&committing, selection, &refused, &problem);
    commitment_release(&committing.commitment);
    composed_release(&committing.composed);
    chain_release(&committing.chain);
    format_found_release(&committing.found);
    gather_release(&committing.gather);
    proof_close(&committing.proof);
    drafts_release(&committing.drafts);
    connection_release(&committing.connection);
    journal_close(committing.journal);
    project_release(&project);
    if (error != ERROR_NONE)
        return command_fail(&problem);
    return refused ? EXIT_ANSWER_NO : EXIT_DONE;
}

static int run_undo(const struct command_context *context, const struct commit_options *options)
{
    const struct uncommit_options undo = {.message = options->message,
                                          .no_git = options->no_git,
                                          .no_stamp = options->no_stamp,
                                          .pushed = options->pushed,
                                          .dry_run = options->dry_run};
    struct project project;
    struct journal *journal = NULL;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    enum error error = project_journal_alone(&project, &journal, &problem);
    if (error == ERROR_NONE)
        error = uncommit_run(&project, journal, &undo, &problem);
    journal_close(journal);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}

/* What has no meaning there; NULL: all has. */
static const char *find_wrong_with_undo(const struct commit_options *options, bool names_drafts)
{
    return names_drafts                                     ? "a draft"
           : options->verbatim                              ? "--verbatim"
           : options->head != NULL                          ? "--head"
           : options->amend                                 ? "--amend"
           : options->no_lint                               ? "--no-lint"
           : options->no_verify                             ? "--no-verify"
           : options->message != NULL && !*options->message ? "an empty message"
                                                            : NULL;
}

/* -1: they go together. */
static int check_options(const char *command, const struct commit_options *options,
                         const struct selection *selection)
{
    const char *misfit = find_wrong_with_undo(options, selection->count > 0);
    if (options->undo && misfit != NULL)
        return options_wrong(
            command, "--undo takes the last migration back; %s has no meaning with it.", misfit);
    if (!options->undo && options->pushed)
        return options_wrong(command, "--pushed goes with --undo.");
    if (!options->undo && (options->message == NULL || *options->message == '\0'))
        return options_wrong(command, "needs -m TEXT: what the migration is called.");
    return -1;
}

int command_commit(int argc, char **argv, const struct command_context *context)
{
    struct commit_options options = {0};
    const struct option_entry entries[] = {
        OPTION_TEXT('m', "message", "TEXT", "what the migration is called", &options.message),
        OPTION_FLAG('n', "dry-run", "print the files, change nothing", &options.dry_run),
        OPTION_FLAG('\0', "verbatim", "the statements as they were run, not their net change",
                    &options.verbatim),
        OPTION_TEXT('\0', "head", "VERSION",
                    "the migration to follow, where there are several heads", &options.head),
        OPTION_FLAG('\0', "amend", "put it into the last git commit", &options.amend),
        OPTION_FLAG('\0', "no-git", "write the files, make no git commit", &options.no_git),
        OPTION_FLAG('\0', "no-stamp", "do not mark the migration as applied in the database",
                    &options.no_stamp),
        OPTION_FLAG('\0', "no-lint", "also where lint finds an error", &options.no_lint),
        OPTION_FLAG('\0', "no-verify", "do not replay it in a scratch database",
                    &options.no_verify),
        OPTION_FLAG('\0', "undo", "take the last migration back: its drafts are pending again",
                    &options.undo),
        OPTION_FLAG('\0', "pushed", "with --undo: also where a remote branch has it",
                    &options.pushed),
    };
    const struct option_usage usage = {"ddltap commit -m TEXT [options] [ID | ID..ID ...] | --undo",
                                       "Make one migration of the pending drafts, or of those "
                                       "named: their net change, proven, in the\n"
                                       "project's format, committed to git (these files alone), "
                                       "marked as applied in the development\n"
                                       "database. All of it or nothing. Exit code 1: lint found an "
                                       "error that no draft\nacknowledges.",
                                       entries, sizeof entries / sizeof entries[0]};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    code = check_options(argv[0], &options, &selection);
    if (code >= 0)
        return code;
    if (options.undo)
        return run_undo(context, &options);
    return run(context, &options, &selection);
}
