/* apply: bring the development database to what the draft files say.
 *
 *   a draft of a teammate      its up section is run; the draft is this journal's from then on
 *   a draft that was edited    what it gives now, in a scratch database, is compared with development; the
 *                              difference is run
 *
 * All drafts are replayed first: what does not run there is not begun here. What is run becomes changes of the
 * journal, squashed into the draft that they belong to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/confirm.h"
#include "command/drafts.h"
#include "command/execution.h"
#include "command/options.h"
#include "command/output.h"
#include "command/proof.h"
#include "command/report.h"
#include "ddltap/memory.h"
#include "schema/difference.h"

struct applying {
    const struct project *project;
    struct journal *journal;
    struct drafts drafts; /* all pending ones, in order */
    bool *wanted;         /* one for each: it is edited or foreign, and was asked for */
    size_t wanted_count;
    struct proof proof;
    struct catalog after; /* what all drafts give */
    bool yes;
};

/* --- which ones --------------------------------------------------------------------------------- */

static enum error choose(struct applying *applying, struct selection *selection,
                         struct problem *problem)
{
    enum error error =
        drafts_read(applying->project, applying->journal, true, &applying->drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_resolve(&applying->drafts, selection, problem);
    if (error != ERROR_NONE)
        return error;
    applying->wanted = memory_new(applying->drafts.count + 1, sizeof *applying->wanted);
    for (size_t i = 0; i < applying->drafts.count; i++) {
        const struct draft *draft = &applying->drafts.drafts[i];
        bool ahead = draft->condition == DRAFT_EDITED || draft->condition == DRAFT_FOREIGN;
        applying->wanted[i] = drafts_take(draft, selection) && ahead;
        applying->wanted_count += applying->wanted[i];
    }
    error = drafts_check_met(selection, problem);
    return error == ERROR_NONE ? drafts_check_files(&applying->drafts, problem) : error;
}

/* What was not asked for stays as the database has it; a file that was edited says something else. */
static enum error check_others(const struct applying *applying, struct problem *problem)
{
    for (size_t i = 0; i < applying->drafts.count; i++) {
        const struct draft *draft = &applying->drafts.drafts[i];
        if (draft->condition == DRAFT_EDITED && !applying->wanted[i])
            return problem_set(problem, ERROR_UNSUPPORTED,
                               "%s was edited too: apply it as well, or put its file back.",
                               draft->label);
    }
    return ERROR_NONE;
}

/* Those of teammates that were not asked for. */
static void leave_out_others(struct applying *applying)
{
    size_t kept = 0;
    for (size_t i = 0; i < applying->drafts.count; i++) {
        struct draft draft = applying->drafts.drafts[i];
        if (draft.condition == DRAFT_FOREIGN && !applying->wanted[i]) {
            drafts_release_one(&draft);
            continue;
        }
        applying->drafts.drafts[kept] = draft;
        applying->wanted[kept++] = applying->wanted[i];
    }
    applying->drafts.count = kept;
}

/* --- what they give ----------------------------------------------------------------------------- */

static enum error replay(struct applying *applying, struct problem *problem)
{
    enum error error =
        proof_open(applying->project, applying->journal, NULL, &applying->proof, problem);
    if (error == ERROR_NONE)
        error = proof_reset(&applying->proof, &applying->drafts, problem);
    if (error == ERROR_NONE && !applying->proof.compares)
        error =
            problem_set(problem, ERROR_UNSUPPORTED,
                        "The scratch server is of another kind or version than development: what "
                        "the drafts give there cannot be compared.");
    return error == ERROR_NONE ? scratch_read(applying->proof.scratch, &applying->after, problem)
                               : error;
}

static struct schema *part_of(const struct catalog *catalog, const struct catalog *names)
{
    struct schema *schema = schema_new();
    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_object *object = &catalog->objects[i];
        const struct definition definition = {.type = object->type,
                                              .name = slice_from(object->name),
                                              .text = slice_from(object->text),
                                              .context = slice_from(object->context)};
        for (size_t j = 0; j < names->count && object->text != NULL; j++) {
            if (names->objects[j].type == object->type &&
                strcmp(names->objects[j].name, object->name) == 0) {
                schema_add(schema, &definition);
                break;
            }
        }
    }
    return schema;
}

/* Objects that the draft names now, and those that its changes touched. */
struct touched {
    const struct applying *applying;
    const struct draft *draft;
    struct catalog *names;
};

static bool take_objects(void *argument, const struct journal_change *change,
                         const struct journal_session *session)
{
    struct touched *touched = argument;
    (void)session;
    if (drafts_holder(&touched->applying->drafts, change->id) != touched->draft->id)
        return true;
    for (size_t i = 0; i < change->object_count; i++) {
        if (change->objects[i].role != ROLE_REFERENCE)
            proof_add_name(touched->names, change->objects[i].type, change->objects[i].name);
    }
    return true;
}

/* The statements from development as it is to what the edited draft gives; none where it is there already. */
static enum error find_difference(struct applying *applying, const struct draft *draft,
                                  struct buffer *sql, struct buffer *remarks,
                                  struct problem *problem)
{
    struct catalog names = CATALOG_INIT;
    struct touched touched = {applying, draft, &names};
    const struct journal_filter pending = {.states = 1u << CHANGE_DONE,
                                           .draft_states =
                                               1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED,
                                           .without_images = true};
    const struct sql_facts defaults = proof_defaults(&applying->proof);
    const struct difference_options options = {
        .mariadb = applying->proof.likeness.dialect.mariadb,
        .version = applying->proof.likeness.dialect.version,
        .schema = slice_from(applying->proof.connection.database),
        .keep_definer = applying->proof.likeness.keep_definer,
        .defaults = &defaults,
    };
    struct difference difference;
    enum error error = journal_read(applying->journal, &pending, take_objects, &touched, problem);
    proof_add_names(&applying->proof, draft, &names);
    struct schema *now = part_of(&applying->proof.live, &names);
    struct schema *wanted = part_of(&applying->after, &names);
    difference_find(now, wanted, NULL, 0, &options, &difference);
    if (error == ERROR_NONE && difference.problems.len > 0)
        error = problem_set(problem, ERROR_UNSUPPORTED, "%s: %s", draft->label,
                            buffer_text(&difference.problems));
    difference_write(&difference, sql);
    buffer_append_slice(remarks, buffer_slice(&difference.remarks));
    difference_release(&difference);
    schema_release(now);
    schema_release(wanted);
    catalog_release(&names);
    return error;
}

/* --- doing it ----------------------------------------------------------------------------------- */

static bool ask(const struct applying *applying, const struct draft *draft, struct slice sql,
                struct slice remarks)
{
    struct buffer out = BUFFER_INIT;
    buffer_printf(&out, "%s  %s, in %s:\n", draft->label, draft->title,
                  applying->proof.connection.database);
    output_safe(&out, remarks);
    output_safe(&out, sql);
    fprintf(stderr, "%s", buffer_text(&out));
    buffer_release(&out);
    return confirm_ask("Run this?", applying->yes);
}

static enum error run(struct applying *applying, struct execution *execution, struct slice sql,
                      struct problem *problem)
{
    struct problem failure = PROBLEM_INIT, back = PROBLEM_INIT;
    enum error error = execution_open(applying->journal, &applying->proof.connection,
                                      "ddltap apply", ORIGIN_APPLIED, execution, &failure);
    if (error == ERROR_NONE)
        error = execution_note(applying->journal, &failure);
    if (error == ERROR_NONE)
        error = execution_run(execution, sql, &failure);
    if (error == ERROR_UNSUPPORTED) {
        size_t done = execution->change_count;
        bool clean = execution_take_back(execution, 0, &back) == ERROR_NONE &&
                     execution_forget(applying->journal, &back) == ERROR_NONE;
        (void)problem_set(problem, error, "%s %s%s", failure.text,
                          clean       ? "The database is as it was."
                          : done == 0 ? ""
                                      : "What ran before it could not be taken back: ",
                          clean ? "" : back.text);
    } else if (error != ERROR_NONE) {
        *problem = failure;
    }
    return error;
}

/* The changes belong to the draft: to an edited one as squashed into it; of a teammate's the last one is its
 * holder. */
static enum error adopt(struct applying *applying, const struct draft *draft,
                        const struct execution *execution, struct problem *problem)
{
    size_t count = execution->change_count;
    struct journal_draft_mark *marks = memory_new(count + 1, sizeof *marks);
    bool foreign = draft->id == 0;
    int64_t holder = !foreign ? draft->id : count == 0 ? 0 : execution->changes[count - 1];
    size_t mark_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (execution->changes[i] != holder)
            marks[mark_count++] = (struct journal_draft_mark){.change_id = execution->changes[i],
                                                              .state = DRAFT_SQUASHED,
                                                              .squashed_into = holder};
    }
    marks[mark_count] = (struct journal_draft_mark){
        .change_id = holder, .state = DRAFT_PENDING, .name = foreign ? draft->name : NULL};
    drafts_keep_text(draft, &marks[mark_count++]);
    enum error error = ERROR_NONE;
    if (holder == 0)
        fprintf(stderr, "ddltap: %s changes nothing here: its schema is there already.\n",
                draft->label);
    else
        error = journal_mark_drafts(applying->journal, marks, mark_count, problem);
    free(marks);
    return error;
}

/* *declined: the person said no. */
static enum error apply_one(struct applying *applying, const struct draft *draft, bool *declined,
                            struct problem *problem)
{
    struct buffer sql = BUFFER_INIT, remarks = BUFFER_INIT;
    struct execution execution = {.journal = NULL};
    enum error error = ERROR_NONE;
    if (draft->condition == DRAFT_FOREIGN)
        buffer_append_slice(&sql, draft->file.up);
    else
        error = find_difference(applying, draft, &sql, &remarks, problem);
    bool any = sql.len > 0;
    if (error == ERROR_NONE && any)
        *declined = !ask(applying, draft, buffer_slice(&sql), buffer_slice(&remarks));
    if (error == ERROR_NONE && any && !*declined)
        error = run(applying, &execution, buffer_slice(&sql), problem);
    if (error == ERROR_NONE && !*declined)
        error = adopt(applying, draft, &execution, problem);
    if (error == ERROR_NONE && !*declined)
        error = execution_forget(applying->journal, problem);
    if (error == ERROR_NONE && !*declined)
        printf("%s  %s  applied\n", draft->label, draft->title);
    execution_close(&execution);
    buffer_release(&sql);
    buffer_release(&remarks);
    return error;
}

static enum error apply(struct applying *applying, struct selection *selection, bool *declined,
                        struct problem *problem)
{
    enum error error = choose(applying, selection, problem);
    if (error == ERROR_NONE && applying->wanted_count == 0) {
        printf("Nothing to apply: the database is at what the drafts say.\n");
        return ERROR_NONE;
    }
    if (error == ERROR_NONE)
        error = check_others(applying, problem);
    if (error == ERROR_NONE) {
        leave_out_others(applying);
        error = replay(applying, problem);
    }
    for (size_t i = 0; i < applying->drafts.count && error == ERROR_NONE && !*declined; i++) {
        if (applying->wanted[i])
            error = apply_one(applying, &applying->drafts.drafts[i], declined, problem);
    }
    return error;
}

int command_apply(int argc, char **argv, const struct command_context *context)
{
    bool yes = false, declined = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('y', "yes", "do not ask", &yes),
    };
    const struct option_usage usage = {
        "ddltap apply [--yes] [ID | ID..ID | NAME ...]",
        "Bring the development database to what the drafts say: those of teammates that lie in\n"
        "ddltap/drafts, and those that were edited. NAME is a part of a file's name. Exit code 1: "
        "you "
        "said no.",
        entries, 1};
    struct selection selection;
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code < 0)
        code = selection_parse(argc, argv, operand, &selection);
    if (code >= 0)
        return code;
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct applying applying = {.project = &project, .yes = yes};
    enum error error = project_journal_alone(&project, &applying.journal, &problem);
    if (error == ERROR_NONE)
        error = apply(&applying, &selection, &declined, &problem);
    proof_close(&applying.proof);
    journal_close(applying.journal);
    drafts_release(&applying.drafts);
    catalog_release(&applying.after);
    free(applying.wanted);
    project_release(&project);
    if (error != ERROR_NONE)
        return command_fail(&problem);
    return declined ? EXIT_ANSWER_NO : EXIT_DONE;
}
