/* uncommit: see uncommit.h.
 *
 *     committed   is all of the newest one kept?                    journal
 *     files       as ddltap committed them?                         committed
 *     migrations  is it a head, and does none follow it?            format: read
 *     database    is it at it?                                      format: locate
 *     git         is it in HEAD, and pushed nowhere?                repo/paths
 *     journal     is the baseline as the commit left it? no drift?  survey
 *     unstamp, files, git commit, baseline, marks                   retraction
 */
#include "command/uncommit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/committed.h"
#include "command/migrations.h"
#include "command/output.h"
#include "command/retraction.h"
#include "command/stamping.h"
#include "command/survey.h"
#include "command/workfile.h"
#include "ddltap/memory.h"
#include "draft/draft.h"
#include "repo/paths.h"
#include "repo/repo.h"

struct uncommitting {
    const struct project *project;
    const struct uncommit_options *options;
    struct journal *journal;
    struct connection connection;
    struct committed committed;
    size_t kept; /* members whose definitions are */
    struct format_found found;
    struct chain chain;
    const struct migration *migration;
    const struct migration *parent; /* that the database goes back to; NULL: it was the first */
    struct texts rows;              /* of the version table */
    struct texts beside; /* those of them that stay where this one's goes; none: it moves */
    struct retraction retraction;
};

/* --- what is kept of it ------------------------------------------------------------------------- */

static bool count_kept(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct uncommitting *uncommitting = argument;
    (void)session;
    uncommitting->kept +=
        committed_has(&uncommitting->committed, change->id) && change->images_kept;
    return true;
}

/* Drafts are nothing without the definitions of their objects. */
static enum error check_kept(struct uncommitting *uncommitting, struct problem *problem)
{
    const struct committed *committed = &uncommitting->committed;
    const struct journal_filter filter = committed_filter(committed);
    enum error error =
        journal_read(uncommitting->journal, &filter, count_kept, uncommitting, problem);
    if (error == ERROR_NONE && uncommitting->kept < committed->member_count)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "The migration that #%" PRId64 " is part of cannot be taken back: its "
                            "definitions are not kept any more (journal.keep_days). Commit a "
                            "migration that does the contrary.",
                            committed->members[0]);
    return error;
}

static enum error check_newest(struct uncommitting *uncommitting, struct problem *problem)
{
    enum error error = committed_newest(uncommitting->journal, &uncommitting->committed, problem);
    if (error == ERROR_NONE && uncommitting->committed.member_count == 0)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "There is nothing to take back: of no migration that is left has the "
                            "journal what that needs.");
    return error == ERROR_NONE ? check_kept(uncommitting, problem) : error;
}

/* --- the files ---------------------------------------------------------------------------------- */

/* Line ends that git writes into the work tree (core.autocrlf) are no edit: it keeps the file as it was committed. */
static bool is_kept_by_git(const struct uncommitting *uncommitting, size_t i)
{
    const char *root = uncommitting->project->root;
    const char *relative = uncommitting->committed.files.items[i];
    struct buffer content = BUFFER_INIT;
    struct problem unused = PROBLEM_INIT;
    char hash[IMAGE_HASH_SIZE];
    bool changed = true;
    bool kept = !uncommitting->options->no_git &&
                paths_read(root, relative, &content, &unused) == ERROR_NONE &&
                paths_changed(root, relative, &changed, &unused) == ERROR_NONE && !changed;
    workfile_hash(buffer_slice(&content), hash);
    buffer_release(&content);
    return kept && strcmp(hash, uncommitting->committed.hashes.items[i]) == 0;
}

/* It was reverted or reset away, or another branch is checked out. */
static enum error refuse_missing(const struct uncommitting *uncommitting, const char *path,
                                 struct problem *problem)
{
    struct problem unused = PROBLEM_INIT;
    const char *version = uncommitting->committed.version;
    char *commit = NULL;
    if (paths_origin(uncommitting->project->root, path, &commit, &unused) != ERROR_NONE ||
        *commit == '\0')
        (void)!problem_set(problem, ERROR_FILE,
                           "%s is not here, or cannot be read, and git knows of no commit that has "
                           "it. Migration %s can be taken back only with that file as it was.",
                           path, version);
    else
        (void)!problem_set(problem, ERROR_FILE,
                           "%s is not here, or cannot be read. Switch to the branch that has "
                           "migration %s; where none has it any more, bring the file back with "
                           "\"git restore --source=%s -- %s\", and try again.",
                           path, version, commit, path);
    free(commit);
    return ERROR_FILE;
}

static enum error check_file(struct uncommitting *uncommitting, size_t i, struct problem *problem)
{
    const struct committed *committed = &uncommitting->committed;
    const char *relative = committed->files.items[i];
    char *path = workfile_path(uncommitting->project, relative);
    char hash[IMAGE_HASH_SIZE];
    struct buffer content = BUFFER_INIT;
    enum error error = ERROR_NONE;
    bool there = workfile_read(path, &content);
    workfile_hash(buffer_slice(&content), hash);
    if (!there)
        error = refuse_missing(uncommitting, relative, problem);
    else if (strcmp(hash, committed->hashes.items[i]) != 0 && !is_kept_by_git(uncommitting, i))
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "%s is not as ddltap committed it: somebody has worked on it, and that "
                            "is in no draft. Bring it back to what it was, or take it back by "
                            "hand.",
                            relative);
    texts_add(&uncommitting->retraction.files, memory_copy_text(relative));
    texts_add(&uncommitting->retraction.contents, memory_copy_text(buffer_text(&content)));
    buffer_release(&content);
    free(path);
    return error;
}

static enum error check_files(struct uncommitting *uncommitting, struct problem *problem)
{
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < uncommitting->committed.files.count && error == ERROR_NONE; i++)
        error = check_file(uncommitting, i, problem);
    return error;
}

/* --- the chain ---------------------------------------------------------------------------------- */

static enum error check_chain(struct uncommitting *uncommitting, struct problem *problem)
{
    const char *version = uncommitting->committed.version;
    const struct chain *chain = &uncommitting->chain;
    enum error error =
        migrations_read(uncommitting->project, &uncommitting->found, &uncommitting->chain, problem);
    if (error != ERROR_NONE)
        return error;
    uncommitting->migration = chain_find(chain, version);
    if (uncommitting->migration == NULL)
        return problem_set(
            problem, ERROR_NOT_FOUND, "Migration %s (%s) is not among those that %s has here.",
            version, uncommitting->committed.files.items[0], uncommitting->found.format->title);
    for (size_t i = 0; i < chain->count; i++) {
        const struct migration *other = &chain->migrations[i];
        if (texts_have(&other->parents, version) || texts_have(&other->dependencies, version))
            return problem_set(problem, ERROR_UNSUPPORTED,
                               "Migration %s (%s) builds upon %s, the newest that can be "
                               "taken back here: take that one away first.",
                               other->version, other->path, version);
    }
    return ERROR_NONE;
}

/* --- the database ------------------------------------------------------------------------------- */

static void write_rows(const struct texts *rows, struct buffer *out)
{
    for (size_t i = 0; i < rows->count; i++)
        buffer_printf(out, "%s%s", i == 0 ? "" : ", ", rows->items[i]);
}

/* Its row is there, and one of which nothing is known: whether that builds upon it is not known either. */
static enum error refuse_unknown(const char *unknown, struct problem *problem)
{
    return problem_set(problem, ERROR_CONFIG,
                       "The development database is at version %s too, which is in no file of this "
                       "branch. Switch to the branch that has it, or leave the database's mark "
                       "alone with --no-stamp.",
                       unknown);
}

static enum error refuse_position(const struct uncommitting *uncommitting,
                                  const struct position *position, struct problem *problem)
{
    struct buffer where = BUFFER_INIT;
    if (position->unknown != NULL &&
        texts_have(&uncommitting->rows, uncommitting->committed.version))
        return refuse_unknown(position->unknown, problem);
    write_rows(&uncommitting->rows, &where);
    enum error error = problem_set(
        problem, ERROR_CONFIG,
        "The development database is not marked as being at migration %s: it is at %s. Bring it "
        "there with %s, or leave its mark alone with --no-stamp.",
        uncommitting->committed.version, where.len == 0 ? "none" : buffer_text(&where),
        uncommitting->found.format->title);
    buffer_release(&where);
    return error;
}

static enum error locate(const struct uncommitting *uncommitting, const struct texts *rows,
                         struct position *position, struct problem *problem)
{
    return uncommitting->found.format->locate(
        &uncommitting->chain, (const char *const *)rows->items, rows->count, position, problem);
}

/* Is the migration applied there, and all that is applied in the files? */
static bool is_at(const struct uncommitting *uncommitting, const struct position *position,
                  const struct migration *migration)
{
    return position->unknown == NULL && position->dirty == NULL &&
           position->applied[migration - uncommitting->chain.migrations];
}

/* Are there rows that stay as they are without this one: of other roots, or of others that follow the parent? */
static enum error find_beside(struct uncommitting *uncommitting, const struct migration *parent,
                              struct problem *problem)
{
    struct texts *others = &uncommitting->beside;
    struct position position = POSITION_INIT;
    enum error error = ERROR_NONE;
    if (uncommitting->found.format->stamp_beside == NULL)
        return ERROR_NONE;
    for (size_t i = 0; i < uncommitting->rows.count; i++) {
        if (strcmp(uncommitting->rows.items[i], uncommitting->committed.version) != 0)
            texts_add(others, memory_copy_text(uncommitting->rows.items[i]));
    }
    if (parent != NULL)
        error = locate(uncommitting, others, &position, problem);
    if (error != ERROR_NONE || (parent != NULL && !is_at(uncommitting, &position, parent)))
        texts_release(others);
    position_release(&position);
    return error;
}

/* What it was committed on, where that is still there: a migration that has come between the two since was not run. */
static const struct migration *find_parent(const struct uncommitting *uncommitting)
{
    const struct chain *chain = &uncommitting->chain;
    const struct texts *now = &uncommitting->migration->parents;
    const char *then = uncommitting->committed.parent;
    if (then != NULL && *then == '\0')
        return NULL;
    const struct migration *parent = then == NULL ? NULL : chain_find(chain, then);
    return parent != NULL || now->count == 0 ? parent : chain_find(chain, now->items[0]);
}

static enum error fill_stampings(struct uncommitting *uncommitting, const char *query,
                                 struct problem *problem)
{
    const struct format *format = uncommitting->found.format;
    const char *version = uncommitting->committed.version;
    const struct migration *parent = find_parent(uncommitting);
    struct stamp forth = STAMP_INIT, back = STAMP_INIT;
    enum error error = find_beside(uncommitting, parent, problem);
    bool beside = uncommitting->beside.count > 0;
    uncommitting->parent = parent;
    const char *to = parent == NULL || beside ? NULL : parent->version;
    format->unstamp(&uncommitting->found, version, to, &forth);
    if (beside)
        format->stamp_beside(&uncommitting->found, version, &back);
    else
        format->stamp(&uncommitting->found, version, to, &back);
    stamping_fill(&uncommitting->retraction.forth, &forth, query, version, to);
    stamping_fill(&uncommitting->retraction.back, &back, query, version, to);
    stamp_release(&forth);
    stamp_release(&back);
    return error;
}

static enum error check_database(struct uncommitting *uncommitting, struct problem *problem)
{
    const struct format *format = uncommitting->found.format;
    struct position position = POSITION_INIT;
    if (format->current_query == NULL || uncommitting->options->no_stamp) {
        stamping_fill(&uncommitting->retraction.forth, NULL, "", uncommitting->committed.version,
                      NULL);
        stamping_fill(&uncommitting->retraction.back, NULL, "", uncommitting->committed.version,
                      NULL);
        return ERROR_NONE;
    }
    char *query = format->current_query(&uncommitting->found);
    enum error error =
        stamping_rows(&uncommitting->connection, query, &uncommitting->rows, problem);
    if (error == ERROR_NONE)
        error = locate(uncommitting, &uncommitting->rows, &position, problem);
    if (error == ERROR_NONE && !is_at(uncommitting, &position, uncommitting->migration))
        error = refuse_position(uncommitting, &position, problem);
    if (error == ERROR_NONE)
        error = fill_stampings(uncommitting, query, problem);
    position_release(&position);
    free(query);
    return error;
}

/* --- git ---------------------------------------------------------------------------------------- */

static enum error check_pushed(const struct uncommitting *uncommitting, const char *path,
                               struct problem *problem)
{
    char *branch = NULL;
    if (uncommitting->options->pushed)
        return ERROR_NONE;
    enum error error = paths_pushed(uncommitting->project->root, path, &branch, problem);
    if (error == ERROR_NONE && branch != NULL)
        error = problem_set(problem, ERROR_GIT,
                            "%s has %s already: a database that has run it would be at a version "
                            "that no file has. Commit a migration that does the contrary; or, "
                            "where you know that no database has run it, give --pushed.",
                            branch, path);
    free(branch);
    return error;
}

/* What HEAD has goes in a commit; what git has never had just goes. */
static enum error check_path(struct uncommitting *uncommitting, const char *path,
                             struct problem *problem)
{
    const char *root = uncommitting->project->root;
    bool there = false, amiss = false;
    enum error error = paths_in_head(root, path, &there, problem);
    if (error == ERROR_NONE)
        error = there ? paths_changed(root, path, &amiss, problem)
                      : repo_tracks(root, path, &amiss, problem);
    if (error == ERROR_NONE && amiss)
        error = problem_set(problem, ERROR_GIT,
                            "%s is otherwise in git's index than in its last commit (git status). "
                            "Commit that or take it out of the index first, or give --no-git.",
                            path);
    if (error == ERROR_NONE && there) {
        texts_add(&uncommitting->retraction.paths, memory_copy_text(path));
        error = check_pushed(uncommitting, path, problem);
    }
    return error;
}

/* Draft files that went in the commit of the migration come back in the one that takes it back; those that were staged
 * and never committed do not. */
static enum error add_tracked(struct uncommitting *uncommitting, struct problem *problem)
{
    const struct texts *tracked = &uncommitting->committed.tracked;
    struct retraction *retraction = &uncommitting->retraction;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < tracked->count && error == ERROR_NONE; i++) {
        const char *root = uncommitting->project->root;
        bool there = false, was = false;
        error = repo_tracks(root, tracked->items[i], &there, problem);
        if (error == ERROR_NONE && !there)
            error = paths_in_history(root, tracked->items[i], &was, problem);
        if (error != ERROR_NONE || there || !was)
            continue;
        texts_add(&retraction->added, memory_copy_text(tracked->items[i]));
        texts_add(&retraction->paths, memory_copy_text(tracked->items[i]));
    }
    return error;
}

static enum error check_git(struct uncommitting *uncommitting, struct problem *problem)
{
    const struct texts *files = &uncommitting->committed.files;
    struct retraction *retraction = &uncommitting->retraction;
    if (uncommitting->options->no_git) {
        retraction->head = memory_copy_text("");
        return ERROR_NONE;
    }
    enum error error = paths_check_state(uncommitting->project->root, problem);
    for (size_t i = 0; i < files->count && error == ERROR_NONE; i++)
        error = check_path(uncommitting, files->items[i], problem);
    if (error == ERROR_NONE && retraction->paths.count > 0)
        error = add_tracked(uncommitting, problem);
    if (error == ERROR_NONE)
        error = paths_head(uncommitting->project->root, &retraction->head, problem);
    return error;
}

/* --- the journal -------------------------------------------------------------------------------- */

static bool is_touched(const void *argument, enum object_type type, struct slice name)
{
    return committed_touches(argument, type, name);
}

static enum error check_baseline(struct uncommitting *uncommitting, struct problem *problem)
{
    const struct committed *committed = &uncommitting->committed;
    struct catalog baseline = CATALOG_INIT;
    const struct catalog_object *moved = NULL;
    bool covers = false;
    enum error error = journal_baseline_get(uncommitting->journal, &baseline, problem);
    if (error == ERROR_NONE)
        error = survey_covers(uncommitting->journal, committed->members, committed->member_count,
                              &covers, problem);
    if (error == ERROR_NONE)
        moved = committed_find_moved(committed, &baseline);
    if (error == ERROR_NONE && (covers || moved != NULL))
        error = problem_set(
            problem, ERROR_UNSUPPORTED,
            "The baseline was taken anew since migration %s was committed (\"ddltap scan "
            "--accept\"): what was before it is not known any more. Commit a migration that does "
            "the contrary.",
            committed->version);
    catalog_release(&baseline);
    if (error == ERROR_NONE)
        error = survey_check(uncommitting->project, uncommitting->journal,
                             &uncommitting->connection, is_touched, committed, problem);
    return error;
}

/* Drafts that lie there already are left alone. */
static void add_drafts(struct uncommitting *uncommitting)
{
    const struct committed *committed = &uncommitting->committed;
    for (size_t i = 0; i < committed->names.count; i++) {
        const char *name = committed->names.items[i];
        if (draft_exists(uncommitting->project->drafts, name))
            continue;
        texts_add(&uncommitting->retraction.names, memory_copy_text(name));
        texts_add(&uncommitting->retraction.drafts, memory_copy_text(committed->drafts.items[i]));
    }
}

/* --- words -------------------------------------------------------------------------------------- */

static void say_drafts(const struct uncommitting *uncommitting, struct buffer *out)
{
    const struct texts *names = &uncommitting->committed.names;
    for (size_t i = 0; i < names->count; i++) {
        if (texts_have(&uncommitting->retraction.names, names->items[i]))
            buffer_printf(out, "+ ddltap/drafts/%s\n", names->items[i]);
        else
            buffer_printf(out, "  ddltap/drafts/%s lies there already and stays as it is\n",
                          names->items[i]);
    }
}

static void say_mark(const struct uncommitting *uncommitting, struct buffer *out)
{
    const struct texts *beside = &uncommitting->beside;
    const char *version = uncommitting->committed.version;
    if (uncommitting->retraction.forth.statements.count == 0)
        return;
    buffer_append_text(out, "  the database of development: ");
    if (beside->count == 0) {
        buffer_printf(out, "from %s back to %s\n", version,
                      uncommitting->parent == NULL ? "none" : uncommitting->parent->version);
        return;
    }
    buffer_printf(out, "at %s no more; at ", version);
    write_rows(beside, out);
    buffer_append_text(out, " as before\n");
}

static void say(const struct uncommitting *uncommitting)
{
    const struct retraction *retraction = &uncommitting->retraction;
    struct buffer text = BUFFER_INIT, out = BUFFER_INIT;
    for (size_t i = 0; i < retraction->files.count; i++)
        buffer_printf(&text, "- %s\n", retraction->files.items[i]);
    say_drafts(uncommitting, &text);
    say_mark(uncommitting, &text);
    if (retraction->paths.count > 0)
        buffer_printf(&text, "  git commit: %s\n", retraction->message);
    else
        buffer_append_text(&text, "  no git commit\n");
    if (uncommitting->options->dry_run)
        buffer_append_text(&text, "Nothing was done.\n");
    output_safe(&out, buffer_slice(&text));
    fwrite(out.ptr, 1, out.len, stdout);
    buffer_release(&text);
    buffer_release(&out);
}

/* --- the command -------------------------------------------------------------------------------- */

static void choose_message(struct uncommitting *uncommitting)
{
    const char *title = uncommitting->committed.message;
    struct buffer message = BUFFER_INIT;
    if (uncommitting->options->message == NULL)
        buffer_printf(&message, "Take back \"%.*s\"", (int)strcspn(title, "\n"), title);
    else
        buffer_append_text(&message, uncommitting->options->message);
    uncommitting->retraction.change = uncommitting->committed.members[0];
    uncommitting->retraction.title = memory_copy_text(title);
    uncommitting->retraction.message = buffer_detach(&message);
}

static enum error check(struct uncommitting *uncommitting, struct problem *problem)
{
    enum error error = check_newest(uncommitting, problem);
    if (error == ERROR_NONE)
        error = check_files(uncommitting, problem);
    if (error == ERROR_NONE)
        error = check_chain(uncommitting, problem);
    if (error == ERROR_NONE)
        error = project_connection(uncommitting->project, &uncommitting->connection, problem);
    if (error == ERROR_NONE)
        error = check_database(uncommitting, problem);
    if (error == ERROR_NONE)
        error = check_git(uncommitting, problem);
    if (error == ERROR_NONE)
        error = check_baseline(uncommitting, problem);
    return error;
}

enum error uncommit_run(const struct project *project, struct journal *journal,
                        const struct uncommit_options *options, struct problem *problem)
{
    struct uncommitting uncommitting = {.project = project, .options = options, .journal = journal};
    enum error error = check(&uncommitting, problem);
    if (error == ERROR_NONE) {
        choose_message(&uncommitting);
        add_drafts(&uncommitting);
    }
    if (error == ERROR_NONE && !options->dry_run)
        error = retraction_begin(project, journal, &uncommitting.retraction, problem);
    if (error == ERROR_NONE && !options->dry_run)
        error = retraction_complete(journal, &uncommitting.retraction, problem);
    if (error == ERROR_NONE)
        say(&uncommitting);
    retraction_release(&uncommitting.retraction);
    texts_release(&uncommitting.rows);
    texts_release(&uncommitting.beside);
    chain_release(&uncommitting.chain);
    format_found_release(&uncommitting.found);
    committed_release(&uncommitting.committed);
    connection_release(&uncommitting.connection);
    return error;
}
