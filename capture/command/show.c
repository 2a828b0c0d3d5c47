/* show: one change in full: who and when and under which settings, what a person reads first, the SQL
 * as it was run, the draft, what differs between the images. Or the draft of somebody else. */
#include <stdio.h>
#include <stdlib.h>

#include "command/card.h"
#include "command/command.h"
#include "command/drafts.h"
#include "command/options.h"
#include "command/output.h"
#include "command/project.h"
#include "command/report.h"
#include "command/selection.h"
#include "draft/draft.h"
#include "schema/describe.h"

struct showing {
    const struct project *project;
    struct journal *journal;
    struct drafts drafts;
    bool json, sql;
    bool no_draft; /* --sql of a change that has none */
    struct buffer text;
    json_t *value;
};

static void write_text(struct showing *showing, const struct card *card)
{
    struct buffer *out = &showing->text;
    card_write_head(card, out);
    buffer_append_char(out, '\n');
    card_write_lines(card, out);
    if (card->change->text_len > 0) {
        report_heading(out, "As it was run");
        report_block(out, slice_make(card->change->text, card->change->text_len));
    }
    card_write_draft(card, out);
    card_write_images(card, out);
}

static void write_sections(const struct draft_file *file, struct buffer *out)
{
    buffer_append_text(out, "-- migrate:up\n");
    buffer_append_slice(out, file->up);
    buffer_append_text(out, "-- migrate:down\n");
    buffer_append_slice(out, file->down);
}

/* The sections of the draft alone. */
static void write_sql(struct showing *showing, const struct card *card)
{
    struct buffer composed = BUFFER_INIT;
    struct draft_file file;
    struct slice text = slice_from(card->view.draft_text);
    showing->no_draft = card->view.way == VIEW_NO_DRAFT;
    if (card->view.draft_text == NULL || draft_read_text(text, &file, NULL) != ERROR_NONE) {
        card_compose(card, &composed);
        text = buffer_slice(&composed);
    }
    if (draft_read_text(text, &file, NULL) == ERROR_NONE)
        write_sections(&file, &showing->text);
    buffer_release(&composed);
}

static json_t *json_settings(const struct sql_facts *facts)
{
    json_t *value = json_object();
    json_object_set_new(value, "default_schema",
                        output_json_text(slice_from(facts->default_schema)));
    json_object_set_new(value, "sql_mode", output_json_text(slice_from(facts->sql_mode)));
    json_object_set_new(value, "character_set_client",
                        output_json_text(slice_from(facts->character_set_client)));
    json_object_set_new(value, "collation_connection",
                        output_json_text(slice_from(facts->collation_connection)));
    json_object_set_new(value, "time_zone", output_json_text(slice_from(facts->time_zone)));
    json_object_set_new(value, "foreign_key_checks", json_boolean(facts->foreign_key_checks));
    return value;
}

/* The drafts that are squashed into it. */
static json_t *json_members(const struct card *card)
{
    json_t *list = json_array();
    for (size_t i = 0; i < card->drafts->squashed_count; i++) {
        int64_t id = card->drafts->squashed[i].id;
        if (card->drafts->squashed[i].is_draft && drafts_holder(card->drafts, id) == card->view.id)
            json_array_append_new(list, json_integer(id));
    }
    return list;
}

/* What was done, of the change or, where others are squashed into it, of all of them. */
static void add_json_difference(const struct card *card, json_t *value)
{
    struct buffer lines = BUFFER_INIT;
    json_t *objects = json_array();
    size_t count = card->net == NULL ? 1 : net_count(card->net);
    for (size_t i = 0; i < count; i++) {
        const struct change *change =
            card->net == NULL ? &card->described : net_change(card->net, i);
        json_t *some = report_json_objects(change);
        describe_lines(change, &lines);
        json_array_extend(objects, some);
        json_decref(some);
    }
    json_object_set_new(value, "lines", report_json_lines(buffer_slice(&lines)));
    json_object_set_new(value, "objects", objects);
    buffer_release(&lines);
}

static void write_json(struct showing *showing, const struct card *card)
{
    struct draft_file file = {0};
    const struct journal_change *change = card->change;
    json_t *value = view_json(&card->view);
    if (card->view.draft_text != NULL &&
        draft_read_text(slice_from(card->view.draft_text), &file, NULL) != ERROR_NONE)
        file = (struct draft_file){0};
    json_object_set_new(value, "database",
                        output_json_text(slice_from(change->development_schema)));
    json_object_set_new(value, "server_version",
                        output_json_text(slice_from(card_server_version(card->session))));
    json_object_set_new(value, "reason", output_json_text(slice_from(change->reason)));
    json_object_set_new(value, "text",
                        output_json_text(slice_make(change->text, change->text_len)));
    json_object_set_new(value, "squashed", json_members(card));
    json_object_set_new(value, "up", output_json_text(file.up));
    json_object_set_new(value, "down", output_json_text(file.down));
    json_object_set_new(value, "settings", json_settings(&change->facts));
    add_json_difference(card, value);
    showing->value = value;
}

static void write(void *argument, const struct card *card)
{
    struct showing *showing = argument;
    (showing->json ? write_json : showing->sql ? write_sql : write_text)(showing, card);
}

/* --- of somebody else --------------------------------------------------------------------------- */

static enum error show_foreign(struct showing *showing, struct selection *selection,
                               struct problem *problem)
{
    const struct draft *draft = NULL;
    for (size_t i = 0; i < showing->drafts.count; i++) {
        const struct draft *one = &showing->drafts.drafts[i];
        if (one->id == 0 && drafts_take(one, selection))
            draft = one;
    }
    if (draft == NULL)
        return problem_set(problem, ERROR_NOT_FOUND, "There is no such draft.");
    if (showing->json)
        showing->value = drafts_json(draft, true);
    else if (showing->sql && draft->condition == DRAFT_FOREIGN)
        write_sections(&draft->file, &showing->text);
    else
        card_write_foreign(draft, &showing->text);
    return ERROR_NONE;
}

/* --- which one ---------------------------------------------------------------------------------- */

/* Names are those of pending drafts first, then of all that ever were. */
static enum error find(struct showing *showing, struct selection *selection,
                       struct problem *problem)
{
    enum error error =
        drafts_read(showing->project, showing->journal, true, &showing->drafts, problem);
    if (error == ERROR_NONE)
        error = drafts_resolve(&showing->drafts, selection, problem);
    if (error == ERROR_NOT_FOUND)
        error = drafts_resolve_changes(showing->journal, 0, selection, problem);
    return error;
}

static enum error show(struct showing *showing, struct selection *selection,
                       struct problem *problem)
{
    enum error error = project_journal(showing->project, &showing->journal, problem);
    if (error == ERROR_NONE)
        error = find(showing, selection, problem);
    int64_t id = selection->ranges[0].first;
    if (error == ERROR_NONE && id == 0)
        error = show_foreign(showing, selection, problem);
    else if (error == ERROR_NONE)
        error = card_read(showing->project, showing->journal, &showing->drafts, id, write, showing,
                          problem);
    if (error == ERROR_NONE && showing->no_draft)
        error = problem_set(problem, ERROR_NOT_FOUND,
                            "#%lld has no draft. \"ddltap show %lld\" says what became of it.",
                            (long long)id, (long long)id);
    journal_close(showing->journal);
    drafts_release(&showing->drafts);
    return error;
}

int command_show(int argc, char **argv, const struct command_context *context)
{
    bool json = false, sql = false;
    const struct option_entry entries[] = {
        OPTION_FLAG('\0', "json", "print JSON", &json),
        OPTION_FLAG('\0', "sql", "print the SQL of its draft alone", &sql),
    };
    const struct option_usage usage = {
        "ddltap show [--sql | --json] ID | NAME",
        "Show one change: who made it, what it did, its SQL, its draft, and what differs in the "
        "objects.\nNAME: a part of the name of its draft file, or of the file of somebody else.",
        entries, 2};
    int operand, code = options_parse(argc, argv, &usage, &operand);
    if (code >= 0)
        return code;
    if (json && sql)
        return options_wrong(argv[0], "takes one of --json and --sql.");
    struct selection selection;
    code = selection_parse_one(argc, argv, operand, "change", &selection);
    if (code >= 0)
        return code;
    struct project project;
    struct problem problem = PROBLEM_INIT;
    if (project_open(&project, context, &problem) != ERROR_NONE)
        return command_fail(&problem);
    struct showing showing = {.project = &project, .json = json, .sql = sql};
    enum error error = show(&showing, &selection, &problem);
    if (error == ERROR_NONE && json)
        output_json(showing.value);
    else if (error == ERROR_NONE)
        (sql ? output_page_exact : output_page)(&showing.text);
    buffer_release(&showing.text);
    project_release(&project);
    return error == ERROR_NONE ? EXIT_DONE : command_fail(&problem);
}
