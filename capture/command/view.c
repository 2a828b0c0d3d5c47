/* view: see view.h. */
#include "command/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "draft/composition.h"
#include "draft/draft.h"
#include "draft/projection.h"
#include "schema/describe.h"

static char *safe_copy(struct slice text)
{
    struct buffer out = BUFFER_INIT;
    output_safe_line(&out, text);
    return buffer_detach(&out);
}

static char *copy_account(const struct journal_session *session)
{
    struct buffer text = BUFFER_INIT;
    const char *address = session->client_address == NULL ? "" : session->client_address;
    const char *port = strrchr(address, ':');
    size_t len = port == NULL ? strlen(address) : (size_t)(port - address);
    buffer_printf(&text, "%s@%.*s", session->user == NULL ? "" : session->user, (int)len, address);
    char *account = safe_copy(buffer_slice(&text));
    buffer_release(&text);
    return account;
}

static void describe(struct view *view, const struct change *change)
{
    struct buffer title = BUFFER_INIT, effect = BUFFER_INIT;
    describe_title(change, &title);
    describe_effect(change, &effect);
    view->title = safe_copy(buffer_slice(&title));
    view->effect = safe_copy(buffer_slice(&effect));
    buffer_release(&title);
    buffer_release(&effect);
}

static void look_at_draft(struct view *view, const struct project *project, const char *name)
{
    struct buffer path = BUFFER_INIT;
    struct draft_file file;
    struct problem problem = PROBLEM_INIT;
    buffer_printf(&path, "ddltap/drafts/%s", name);
    view->draft_path = buffer_detach(&path);
    view->draft_text = draft_load(project->drafts, name);
    if (view->draft_text == NULL && !draft_exists(project->drafts, name)) {
        view->way = VIEW_MISSING;
    } else if (view->draft_text == NULL) {
        view->way = VIEW_UNREADABLE;
        view->draft_problem = memory_copy_text("it cannot be read");
    } else if (draft_read_text(slice_from(view->draft_text), &file, &problem) != ERROR_NONE) {
        view->way = VIEW_UNREADABLE;
        view->draft_problem = memory_copy_text(problem.text);
    } else {
        view->way = file.down_known ? VIEW_REVERSIBLE : VIEW_NO_WAY_BACK;
    }
}

static bool differs_in_comments_alone(const struct buffer *written, const char *text,
                                      const struct journal_change *change)
{
    const struct dialect dialect = {.mariadb = change->mariadb, .version = change->version};
    struct draft_file one, other;
    return draft_read_text(buffer_slice(written), &one, NULL) == ERROR_NONE &&
           draft_read_text(slice_from(text), &other, NULL) == ERROR_NONE &&
           draft_same_statements(&one, &other, &dialect);
}

/* Where the journal keeps no text, drafts are composed from the change alone, so composing it again shows
 * an edit. */
static void look_for_edits(struct view *view, const struct project *project,
                           const struct journal_change *change, const struct change *described,
                           const struct journal_session *session)
{
    struct buffer text = BUFFER_INIT;
    bool keep_definer = project->settings.definer == SETTINGS_DEFINER_KEEP;
    composition_write_file(change, described, session, keep_definer, &text);
    bool differs = !slice_equal(buffer_slice(&text), slice_from(view->draft_text));
    view->remarked = differs && differs_in_comments_alone(&text, view->draft_text, change);
    view->edited = differs && !view->remarked;
    buffer_release(&text);
}

void view_fill(struct view *view, const struct project *project,
               const struct journal_change *change, const struct journal_session *session)
{
    *view = (struct view){
        .id = change->id,
        .at = change->at,
        .state = change->state,
        .draft_state = change->draft_state,
        .origin = change->origin,
        .squashed_into = change->squashed_into,
        .has_squashed = change->squash_text != NULL,
        .way = VIEW_NO_DRAFT,
    };
    bool named = session->tool != NULL && *session->tool != '\0';
    view->tool = safe_copy(slice_from(named ? session->tool : "unknown"));
    view->account = copy_account(session);
    struct change described;
    struct change_object *objects = projection_change_view(change, &described);
    describe(view, &described);
    if (change->draft_name != NULL)
        look_at_draft(view, project, change->draft_name);
    if (view->way == VIEW_REVERSIBLE || view->way == VIEW_NO_WAY_BACK)
        look_for_edits(view, project, change, &described, session);
    free(objects);
}

void view_take_net(struct view *view, const struct net *net)
{
    static const struct change nothing;
    size_t count = net_count(net);
    free(view->title);
    free(view->effect);
    describe(view, count == 0 ? &nothing : net_change(net, 0));
    if (count == 1)
        return;
    struct buffer title = BUFFER_INIT;
    if (count == 0)
        buffer_append_text(&title, "nothing: its changes take each other back");
    else
        buffer_printf(&title, "%s and %zu more", view->title, count - 1);
    free(view->title);
    view->title = buffer_detach(&title);
    if (count == 0)
        *view->effect = '\0';
}

void view_release(struct view *view)
{
    free(view->tool);
    free(view->account);
    free(view->title);
    free(view->effect);
    free(view->draft_path);
    free(view->draft_text);
    free(view->draft_problem);
    *view = (struct view){0};
}

static const struct {
    const char *word; /* for JSON */
    const char *text;
    const char *edited; /* the same for a file that somebody edited */
    enum output_colour colour;
} ways[VIEW_WAY_COUNT] = {
    [VIEW_NO_DRAFT] = {"none", "", "", OUTPUT_PLAIN},
    [VIEW_REVERSIBLE] = {"reversible", "reversible", "reversible, edited", OUTPUT_GREEN},
    [VIEW_NO_WAY_BACK] = {"unknown", "no way back known", "no way back known, edited",
                          OUTPUT_YELLOW},
    [VIEW_MISSING] = {"missing", "file missing", "file missing", OUTPUT_RED},
    [VIEW_UNREADABLE] = {"unreadable", "file unreadable", "file unreadable", OUTPUT_RED},
};

const char *view_verdict(const struct view *view, enum output_colour *colour)
{
    *colour = ways[view->way].colour;
    if (view->draft_state == DRAFT_PENDING)
        return view->edited ? ways[view->way].edited : ways[view->way].text;
    if (view->draft_state != DRAFT_NONE)
        return draft_state_text(view->draft_state);
    *colour = view->state == CHANGE_INTENDED ? OUTPUT_RED : OUTPUT_DIM;
    return view->state == CHANGE_INTENDED ? "undecided" : change_state_text(view->state);
}

json_t *view_json(const struct view *view)
{
    struct buffer at = BUFFER_INIT;
    output_time(&at, view->at);
    json_t *object = json_object();
    json_object_set_new(object, "id", json_integer(view->id));
    json_object_set_new(object, "captured_at", json_string(buffer_text(&at)));
    json_object_set_new(object, "tool", output_json_text(slice_from(view->tool)));
    json_object_set_new(object, "account", output_json_text(slice_from(view->account)));
    json_object_set_new(object, "title", output_json_text(slice_from(view->title)));
    json_object_set_new(object, "effect", output_json_text(slice_from(view->effect)));
    json_object_set_new(object, "state", json_string(change_state_text(view->state)));
    json_object_set_new(object, "draft_state", json_string(draft_state_text(view->draft_state)));
    json_object_set_new(object, "origin", json_string(change_origin_text(view->origin)));
    json_object_set_new(object, "squashed_into",
                        view->squashed_into == 0 ? json_null() : json_integer(view->squashed_into));
    json_object_set_new(object, "draft", output_json_text(slice_from(view->draft_path)));
    json_object_set_new(object, "way_back", json_string(ways[view->way].word));
    json_object_set_new(object, "edited", json_boolean(view->edited));
    buffer_release(&at);
    return object;
}
