/* undo: see undo.h. */
#include "command/undo.h"

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
#include "ddltap/memory.h"
#include "draft/projection.h"
#include "schema/net.h"

struct undoing {
    const struct project *project;
    struct journal *journal;
    struct connection connection;
    struct drafts drafts;
    const struct draft *draft;
    struct net *net; /* of the changes that the draft stands for */
    int64_t last;    /* the last of them */
    int64_t after;   /* a later change of one of its objects; 0: none */
    bool begun;      /* an undo has run statements on one of its objects */
    struct undo_options options;
};

/* --- may it be undone? -------------------------------------------------------------------------- */

static bool is_member(const struct undoing *undoing, const struct journal_change *change)
{
    return drafts_holder(&undoing->drafts, change->id) == undoing->draft->id;
}

static bool take_member(void *argument, const struct journal_change *change,
                        const struct journal_session *session)
{
    struct undoing *undoing = argument;
    struct change view;
    (void)session;
    if (!is_member(undoing, change))
        return true;
    struct change_object *objects = projection_change_view(change, &view);
    net_add(undoing->net, &view, change->id);
    free(objects);
    undoing->last = change->id;
    return true;
}

static bool touches(const struct net *net, const struct journal_object *object)
{
    for (size_t i = 0; i < net_count(net); i++) {
        const struct change *change = net_change(net, i);
        for (size_t j = 0; j < change->object_count; j++) {
            if (change->objects[j].type == object->type &&
                slice_equal(change->objects[j].name, slice_from(object->name)))
                return true;
        }
    }
    return false;
}

/* What was undone itself, and what undid it, came to nothing; of what was split the parts tell. */
static bool find_later(void *argument, const struct journal_change *change,
                       const struct journal_session *session)
{
    struct undoing *undoing = argument;
    (void)session;
    if (change->draft_state == DRAFT_UNDONE || change->draft_state == DRAFT_SPLIT ||
        is_member(undoing, change))
        return true;
    for (size_t i = 0; i < change->object_count && undoing->after == 0; i++) {
        if (change->objects[i].role == ROLE_REFERENCE ||
            !touches(undoing->net, &change->objects[i]))
            continue;
        if (change->origin == ORIGIN_UNDONE)
            undoing->begun = true;
        else
            undoing->after = drafts_holder(&undoing->drafts, change->id);
    }
    return undoing->after == 0;
}

static enum error check_order(struct undoing *undoing, struct problem *problem)
{
    const struct journal_filter members = {
        .states = 1u << CHANGE_DONE, .draft_states = 1u << DRAFT_PENDING | 1u << DRAFT_SQUASHED};
    enum error error = journal_read(undoing->journal, &members, take_member, undoing, problem);
    const struct journal_filter later = {.after = undoing->last,
                                         .states = 1u << CHANGE_DONE | 1u << CHANGE_INTENDED,
                                         .without_images = true};
    net_finish(undoing->net);
    if (error == ERROR_NONE)
        error = journal_read(undoing->journal, &later, find_later, undoing, problem);
    if (error != ERROR_NONE || undoing->after == 0)
        return error;
    return problem_set(problem, ERROR_UNSUPPORTED,
                       "#%" PRId64 " changed what #%" PRId64
                       " changed, later: undo that one first.",
                       undoing->after, undoing->draft->id);
}

/* expected NULL: it is not there. */
static bool is_as(const struct control_image *now, const struct definition *expected)
{
    if (now->state != IMAGE_PRESENT || expected == NULL)
        return now->state == IMAGE_ABSENT && expected == NULL;
    return slice_equal(expected->text, slice_from(now->text)) &&
           slice_equal(expected->context, slice_from(now->context));
}

/* How the objects of a draft stand. */
struct standing_objects {
    bool left; /* as the draft left them; else why says which is not */
    bool back; /* as they were before it */
    struct problem why;
};

static enum error look_at_object(const struct undoing *undoing, struct control *control,
                                 const struct change_object *object,
                                 struct standing_objects *standing, struct problem *problem)
{
    char *schema = memory_copy_slice(object->schema), *name = memory_copy_slice(object->name);
    const struct definition *before =
        schema_find(net_before(undoing->net), object->type, SLICE_NONE, object->name);
    const struct definition *after =
        schema_find(net_after(undoing->net), object->type, SLICE_NONE, object->name);
    struct control_image image = {.type = object->type, .schema = schema, .name = name};
    enum error error = control_read_images(control, &image, 1, problem);
    standing->back = standing->back && error == ERROR_NONE && is_as(&image, before);
    if (error == ERROR_NONE && image.state != IMAGE_UNKNOWN && !is_as(&image, after)) {
        standing->left = false;
        (void)problem_set(&standing->why, ERROR_UNSUPPORTED,
                          "%s %s is not as #%" PRId64 " left it: something that never passed the "
                          "proxy changed it. \"ddltap scan\" makes a draft of that.",
                          object_type_text(object->type), name, undoing->draft->id);
    }
    control_images_release(&image, 1);
    free(schema);
    free(name);
    return error;
}

/* *back: an undo that was killed has taken it back. */
static enum error check_objects(const struct undoing *undoing, bool *back, struct problem *problem)
{
    struct control *control = NULL;
    struct standing_objects standing = {true, undoing->begun, PROBLEM_INIT};
    enum error error = project_connect(&undoing->connection, &control, problem);
    for (size_t i = 0; i < net_count(undoing->net) && error == ERROR_NONE; i++) {
        const struct change *change = net_change(undoing->net, i);
        for (size_t j = 0; j < change->object_count && error == ERROR_NONE; j++)
            error = look_at_object(undoing, control, &change->objects[j], &standing, problem);
    }
    control_close(control);
    *back = error == ERROR_NONE && standing.back;
    if (error != ERROR_NONE || standing.back || standing.left)
        return error;
    return problem_set(problem, standing.why.code, "%s", standing.why.text);
}

static enum error check_file(const struct draft *draft, struct problem *problem)
{
    enum error error = drafts_check_file(draft, problem);
    if (error == ERROR_NONE && draft->condition == DRAFT_EDITED)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "The draft of %s was edited, and the database is not at what it says: "
                            "\"ddltap apply\" first.",
                            draft->label);
    if (error == ERROR_NONE && !draft->file.down_known)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            "%s has no way back: ddltap/drafts/%s has no statement in its down "
                            "section.",
                            draft->label, draft->name);
    return error;
}

/* The one that is asked for, or the one with the highest number. */
static enum error choose(struct undoing *undoing, struct selection *selection,
                         struct problem *problem)
{
    enum error error =
        drafts_read(undoing->project, undoing->journal, true, &undoing->drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_resolve(&undoing->drafts, selection, problem);
    for (size_t i = 0; i < undoing->drafts.count && error == ERROR_NONE; i++) {
        const struct draft *draft = &undoing->drafts.drafts[i];
        bool meant = draft->id != 0 && drafts_take(draft, selection);
        if (meant && (undoing->draft == NULL || draft->id > undoing->draft->id))
            undoing->draft = draft;
    }
    if (error == ERROR_NONE && undoing->draft == NULL && selection->count == 0)
        error =
            problem_set(problem, ERROR_NOT_FOUND, "No draft is pending: there is nothing to undo.");
    if (error == ERROR_NONE && undoing->draft == NULL && selection->ranges[0].first == 0)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "\"%s\" is the draft of somebody else, which this database has not "
                            "had: there is nothing to undo.",
                            selection->ranges[0].part);
    if (error == ERROR_NONE)
        error = drafts_check_met(selection, problem);
    return error == ERROR_NONE ? check_file(undoing->draft, problem) : error;
}

/* --- the proof ---------------------------------------------------------------------------------- */

static enum error prove(struct undoing *undoing, struct problem *problem)
{
    struct proof proof;
    size_t count = undoing->drafts.count;
    struct proof_result *results = memory_new(count + 1, sizeof *results);
    bool *selected = memory_new(count + 1, sizeof *selected), whole;
    size_t at = (size_t)(undoing->draft - undoing->drafts.drafts);
    selected[at] = true;
    enum error error = proof_open(undoing->project, undoing->journal, NULL, &proof, problem);
    if (error == ERROR_NONE)
        error = proof_run(&proof, &undoing->drafts, selected, results, &whole, problem);
    if (error == ERROR_NONE && results[at].verdict != PROOF_PROVEN)
        error =
            problem_set(problem, ERROR_UNSUPPORTED,
                        "The way back of %s could not be proven (%s). %s (--no-verify runs it all "
                        "the same.)",
                        undoing->draft->label, proof_verdict_text(results[at].verdict),
                        results[at].why == NULL ? "" : results[at].why);
    proof_close(&proof);
    proof_results_release(results, count);
    free(selected);
    return error;
}

/* --- doing it ----------------------------------------------------------------------------------- */

/* The comments at the top of the down section say what data does not come back. */
static void say(const struct undoing *undoing)
{
    struct buffer out = BUFFER_INIT;
    buffer_printf(&out, "%s  %s, in %s:\n", undoing->draft->label, undoing->draft->title,
                  undoing->connection.database);
    output_safe(&out, undoing->draft->file.down);
    fprintf(stderr, "%s", buffer_text(&out));
    buffer_release(&out);
}

static enum error run_down(struct undoing *undoing, struct problem *problem)
{
    struct execution execution;
    struct problem failure = PROBLEM_INIT, back = PROBLEM_INIT;
    enum error error = execution_open(undoing->journal, &undoing->connection, "ddltap undo",
                                      ORIGIN_UNDONE, &execution, &failure);
    if (error == ERROR_NONE)
        error = execution_run(&execution, undoing->draft->file.down, &failure);
    if (error == ERROR_UNSUPPORTED) {
        bool clean = execution_take_back(&execution, 0, &back) == ERROR_NONE;
        (void)problem_set(problem, error, "%s %s%s", failure.text,
                          clean ? "The database is as it was."
                                : "What ran before it could not be taken "
                                  "back: ",
                          clean ? "" : back.text);
    } else if (error != ERROR_NONE) {
        *problem = failure;
    }
    execution_close(&execution);
    return error;
}

static enum error mark(const struct undoing *undoing, struct problem *problem)
{
    struct journal_draft_mark mark = {
        .change_id = undoing->draft->id, .state = DRAFT_UNDONE, .file_due = true};
    drafts_keep_text(undoing->draft, &mark);
    enum error error = journal_mark_drafts(undoing->journal, &mark, 1, problem);
    if (error == ERROR_NONE)
        error = project_drafts(undoing->project, undoing->journal, problem);
    if (error == ERROR_NONE)
        printf("%s  %s  undone\n", undoing->draft->label, undoing->draft->title);
    return error;
}

/* *declined: the person said no. */
static enum error undo(struct undoing *undoing, struct selection *selection, bool *declined,
                       struct problem *problem)
{
    bool back = false;
    enum error error = project_connection(undoing->project, &undoing->connection, problem);
    if (error == ERROR_NONE)
        error = choose(undoing, selection, problem);
    if (error == ERROR_NONE)
        error = check_order(undoing, problem);
    if (error == ERROR_NONE)
        error = check_objects(undoing, &back, problem);
    if (error == ERROR_NONE && back)
        return mark(undoing, problem);
    if (error == ERROR_NONE && undoing->options.prove)
        error = prove(undoing, problem);
    if (error != ERROR_NONE)
        return error;
    say(undoing);
    *declined = !confirm_ask("Take it back?", undoing->options.yes);
    if (*declined)
        return ERROR_NONE;
    error = run_down(undoing, problem);
    return error == ERROR_NONE ? mark(undoing, problem) : error;
}

enum error undo_draft(const struct project *project, struct journal *journal,
                      struct selection *selection, const struct undo_options *options,
                      bool *declined, struct problem *problem)
{
    struct undoing undoing = {
        .project = project, .journal = journal, .net = net_new(), .options = *options};
    *declined = false;
    enum error error = undo(&undoing, selection, declined, problem);
    net_release(undoing.net);
    drafts_release(&undoing.drafts);
    connection_release(&undoing.connection);
    return error;
}

int command_undo(int argc, char **argv, const struct command_context *context)
{
    bool yes = false, no_verify = false, declined = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('y', "yes", "do not ask", &yes),
        OPTION_FLAG('\0', "no-verify", "do not prove the way back in a scratch database first",
                    &no_verify),
    };
    const struct option_usage usage = {
        "ddltap undo [--yes] [--no-verify] [ID | NAME]",
        "Take the last change, or the one named, back in the development database, through the "
        "way\n"
        "back of its draft, which is proven first. Data that does not return is told before. Exit "
        "code 1:\nyou said no.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    struct selection selection;
    const char *wrong = selection_read(argv + operand, (size_t)(argc - operand), &selection);
    if (wrong != NULL || selection.count > 1 ||
        (selection.count == 1 && !selection.ranges[0].single))
        return options_wrong(argv[0], "takes the number or the name of one draft.");
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    const struct undo_options options = {.yes = yes, .prove = !no_verify};
    struct journal *journal = NULL;
    enum error error = project_journal_alone(&project, &journal, &problem);
    if (error == ERROR_NONE)
        error = undo_draft(&project, journal, &selection, &options, &declined, &problem);
    journal_close(journal);
    project_release(&project);
    if (error != ERROR_NONE)
        return command_fail(&problem);
    return declined ? EXIT_ANSWER_NO : EXIT_DONE;
}
