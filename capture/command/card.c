/* card: see card.h. */
#include "command/card.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/netting.h"
#include "command/output.h"
#include "command/report.h"
#include "draft/composition.h"
#include "draft/draft.h"
#include "draft/projection.h"

struct reading {
    struct card card;
    bool found;
    void (*write)(void *argument, const struct card *card);
    void *argument;
};

/* --- reading ------------------------------------------------------------------------------------ */

static bool found(void *argument, const struct journal_change *change,
                  const struct journal_session *session)
{
    struct reading *reading = argument;
    struct card *card = &reading->card;
    struct change_object *objects = projection_change_view(change, &card->described);
    view_fill(&card->view, card->project, change, session);
    if (card->net != NULL)
        view_take_net(&card->view, card->net);
    card->change = change;
    card->session = session;
    reading->found = true;
    reading->write(reading->argument, card);
    view_release(&card->view);
    free(objects);
    return false;
}

enum error card_read(const struct project *project, struct journal *journal,
                     const struct drafts *drafts, int64_t id,
                     void (*write)(void *argument, const struct card *card), void *argument,
                     struct problem *problem)
{
    const struct journal_filter filter = {.id = id};
    const struct draft *draft = drafts_find(drafts, id);
    struct reading reading = {
        .card = {.project = project, .drafts = drafts}, .write = write, .argument = argument};
    struct netting netting;
    struct problem incomplete = PROBLEM_INIT;
    netting_init(&netting, project->settings.definer == SETTINGS_DEFINER_KEEP);
    /* What is not known of it is no reason to show nothing. */
    if (draft != NULL && draft->has_squashed &&
        netting_read_one(&netting, journal, drafts, id, &incomplete) == ERROR_NONE)
        reading.card.net = netting.net;
    enum error error = journal_read(journal, &filter, found, &reading, problem);
    if (error == ERROR_NONE && !reading.found)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "There is no change #%" PRId64 " in the journal. \"ddltap list --all\" "
                            "shows those there are.",
                            id);
    netting_release(&netting);
    return error;
}

/* --- the head ----------------------------------------------------------------------------------- */

static void line(struct buffer *out, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    buffer_printf(out, "  %-10s ", name);
    output_safe_line(out, slice_from(value));
    buffer_append_char(out, '\n');
}

const char *card_server_version(const struct journal_session *session)
{
    static const char prefix[] = "5.5.5-";
    const char *version = session->server_version == NULL ? "" : session->server_version;
    bool prefixed = session->mariadb && strncmp(version, prefix, strlen(prefix)) == 0;
    return prefixed ? version + strlen(prefix) : version;
}

static void write_setting(struct buffer *out, const char *name, const char *value)
{
    if (value != NULL)
        buffer_printf(out, "%s%s=%s", out->len == 0 ? "" : ", ", name, value);
}

/* Those of the session that the statement depended on. */
static void write_settings(struct buffer *out, const struct journal_change *change)
{
    const struct sql_facts *facts = &change->facts;
    write_setting(out, "default schema", facts->default_schema);
    write_setting(out, "character set", facts->character_set_client);
    write_setting(out, "collation", facts->collation_connection);
    write_setting(out, "time zone", facts->time_zone);
    if (!facts->foreign_key_checks)
        write_setting(out, "foreign_key_checks", "0");
    if (facts->sql_mode != NULL)
        write_setting(out, "sql_mode", *facts->sql_mode == '\0' ? "''" : facts->sql_mode);
}

/* Where its draft is, or what became of it. */
static void write_standing(const struct card *card, struct buffer *out)
{
    const struct view *view = &card->view;
    struct buffer text = BUFFER_INIT;
    enum output_colour colour;
    line(out, "draft", view->draft_path);
    if (view->draft_state == DRAFT_SQUASHED) {
        buffer_printf(&text, "#%" PRId64 " says it", drafts_holder(card->drafts, view->id));
        line(out, "squashed", buffer_text(&text));
    } else if (view->draft_state == DRAFT_PENDING || view->draft_state == DRAFT_DUE) {
        line(out, "way back", view_verdict(view, &colour));
    } else if (view->draft_state != DRAFT_NONE) {
        line(out, "became", draft_state_text(view->draft_state));
    }
    buffer_release(&text);
}

static void write_title(const struct card *card, struct buffer *out)
{
    struct buffer title = BUFFER_INIT;
    buffer_printf(&title, "#%" PRId64, card->view.id);
    drafts_write_members(card->drafts, card->view.id, &title);
    buffer_printf(&title, "  %s", card->view.title);
    output_coloured(out, OUTPUT_BOLD, buffer_text(&title));
    buffer_append_char(out, '\n');
    buffer_release(&title);
}

void card_write_head(const struct card *card, struct buffer *out)
{
    struct buffer at = BUFFER_INIT, server = BUFFER_INIT, settings = BUFFER_INIT;
    output_time(&at, card->view.at);
    buffer_append_text(&at, " (");
    output_ago(&at, card->view.at);
    buffer_append_char(&at, ')');
    buffer_printf(&server, "%s %s", card->session->mariadb ? "MariaDB" : "MySQL",
                  card_server_version(card->session));
    write_settings(&settings, card->change);
    write_title(card, out);
    line(out, change_origin_text(card->view.origin), buffer_text(&at));
    line(out, "tool", card->view.tool);
    line(out, "account", card->view.account);
    line(out, "database", card->change->development_schema);
    line(out, "server", buffer_text(&server));
    line(out, "settings", buffer_text(&settings));
    line(out, "state", change_state_text(card->change->state));
    line(out, "reason", card->change->reason);
    if (!card->change->images_kept)
        line(out, "images", "not kept any more (journal.keep_days)");
    write_standing(card, out);
    buffer_release(&at);
    buffer_release(&server);
    buffer_release(&settings);
}

/* --- what was done ------------------------------------------------------------------------------ */

void card_write_lines(const struct card *card, struct buffer *out)
{
    size_t count = card->net == NULL ? 1 : net_count(card->net);
    for (size_t i = 0; i < count; i++)
        report_write_lines(card->net == NULL ? &card->described : net_change(card->net, i), out);
}

void card_write_images(const struct card *card, struct buffer *out)
{
    size_t count = card->net == NULL ? 1 : net_count(card->net);
    for (size_t i = 0; i < count; i++)
        report_write_images(card->net == NULL ? &card->described : net_change(card->net, i), out);
}

/* --- the draft ---------------------------------------------------------------------------------- */

static void write_sections(const struct draft_file *file, struct buffer *out)
{
    report_heading(out, "Up");
    report_block(out, file->up);
    report_heading(out, "Down");
    report_block(out, file->down);
}

void card_compose(const struct card *card, struct buffer *out)
{
    bool keep_definer = card->project->settings.definer == SETTINGS_DEFINER_KEEP;
    composition_write(card->change, &card->described, card->session, keep_definer, out);
}

/* What ddltap wrote before somebody edited it. */
static void write_original(const struct card *card, struct buffer *out)
{
    struct buffer text = BUFFER_INIT;
    struct draft_file file;
    if (card->view.has_squashed)
        buffer_append_text(&text, card->change->squash_text);
    else
        card_compose(card, &text);
    if (draft_read_text(buffer_slice(&text), &file, NULL) == ERROR_NONE) {
        report_heading(out, "Up, before it was edited");
        report_block(out, file.up);
        report_heading(out, "Down, before it was edited");
        report_block(out, file.down);
    }
    buffer_release(&text);
}

void card_write_draft(const struct card *card, struct buffer *out)
{
    const struct view *view = &card->view;
    struct draft_file file;
    if (view->way == VIEW_MISSING && view->draft_state == DRAFT_PENDING) {
        report_heading(out, "Draft");
        report_block(
            out,
            SLICE("The file is not in the work tree. Another branch, a stash or a clean may have "
                  "taken it; the journal still has the change."));
    }
    if (view->draft_text == NULL)
        return;
    if (draft_read_text(slice_from(view->draft_text), &file, NULL) != ERROR_NONE) {
        report_heading(out, "Draft, unreadable");
        report_block(out, slice_from(view->draft_problem));
        return;
    }
    write_sections(&file, out);
    if (view->edited)
        write_original(card, out);
}

/* --- of somebody else --------------------------------------------------------------------------- */

static void field(struct buffer *out, const char *name, const struct draft *draft, unsigned number)
{
    struct buffer value = BUFFER_INIT;
    buffer_append_slice(&value, draft_captured_field(draft->file.header, number));
    line(out, name, buffer_text(&value));
    buffer_release(&value);
}

void card_write_foreign(const struct draft *draft, struct buffer *out)
{
    static const char *const names[] = {"captured", "tool", "account", "database", "server"};
    struct buffer title = BUFFER_INIT;
    output_safe_line(&title, slice_from(draft->name));
    output_coloured(out, OUTPUT_BOLD, buffer_text(&title));
    buffer_append_char(out, '\n');
    buffer_release(&title);
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        field(out, names[i], draft, i);
    line(out, "draft", "of somebody else; \"ddltap apply\" brings this database to it");
    if (draft->problem != NULL) {
        report_heading(out, "Draft, unreadable");
        report_block(out, slice_from(draft->problem));
    } else {
        write_sections(&draft->file, out);
    }
}
