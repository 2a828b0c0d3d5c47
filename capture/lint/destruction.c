/* destruction: see destruction.h. */
#include "lint/destruction.h"

#include <string.h>

#include "ddltap/memory.h"

static void find_items(const struct subject_statement *statement, struct findings *findings)
{
    const char *table = statement->read.object_count == 0 ? "" : statement->read.objects[0].name;
    for (size_t i = 0; i < statement->alteration.count; i++) {
        const struct alteration_item *item = &statement->alteration.items[i];
        if (item->kind == ALTERATION_DROP_COLUMN && item->name != NULL)
            findings_add(findings, RULE_DROP_COLUMN, "Column `%s` of `%s` goes.", item->name,
                         table);
        else if (item->kind == ALTERATION_DROP_PARTITION)
            findings_add(findings, RULE_DROP_PARTITION, "Of `%s`: %.*s.", table,
                         FINDINGS_TEXT(item->text));
        else if (item->kind == ALTERATION_DROP_HISTORY)
            findings_add(findings, RULE_DROP_HISTORY, "The history of `%s` goes.", table);
    }
}

static const char *const nouns[OBJECT_TYPE_COUNT] = {
    [OBJECT_VIEW] = "View",           [OBJECT_TRIGGER] = "Trigger",
    [OBJECT_PROCEDURE] = "Procedure", [OBJECT_FUNCTION] = "Function",
    [OBJECT_EVENT] = "Event",         [OBJECT_SEQUENCE] = "Sequence",
    [OBJECT_PACKAGE] = "Package",     [OBJECT_PACKAGE_BODY] = "Package body",
};

static void find_dropped(const struct statement_object *object, struct findings *findings)
{
    if (object->role != ROLE_TARGET || object->name == NULL)
        return;
    if (object->type == OBJECT_TABLE) {
        findings_add(findings, RULE_DROP_TABLE, "Table `%s` goes.", object->name);
    } else if (object->type == OBJECT_DATABASE) {
        findings_add(findings, RULE_DROP_DATABASE, "Database `%s` goes.", object->name);
    } else {
        struct findings_item *finding = findings_add(findings, RULE_DROP_OBJECT, "%s `%s` goes.",
                                                     nouns[object->type], object->name);
        finding->dropped_type = object->type;
        if (finding->dropped == NULL)
            finding->dropped = memory_copy_text(object->name);
    }
}

/* DROP INDEX names its table as what it changes. */
static bool drops_objects(const struct statement *read)
{
    return read->verb == DDL_DROP && (read->noun == NULL || strcmp(read->noun, "INDEX") != 0);
}

static void find_objects(const struct statement *read, struct findings *findings)
{
    bool replaces = read->verb == DDL_CREATE && read->or_replace && read->noun != NULL &&
                    strcmp(read->noun, "TABLE") == 0;
    if (read->kind != STATEMENT_DDL || read->temporary)
        return;
    for (size_t i = 0; i < read->object_count; i++) {
        const struct statement_object *object = &read->objects[i];
        if (drops_objects(read) || (replaces && object->role == ROLE_TARGET))
            find_dropped(object, findings);
        else if (read->verb == DDL_TRUNCATE)
            findings_add(findings, RULE_TRUNCATE, "All rows of `%s` go.", object->name);
    }
}

/* A WHERE inside of parentheses is another query's. */
static void find_rows(const struct subject_statement *statement, struct findings *findings)
{
    struct reader reader;
    reader_init(&reader, statement->text, &statement->dialect);
    bool deletes = reader_is(&reader, "DELETE");
    if (!deletes && !reader_is(&reader, "UPDATE"))
        return;
    while (!reader_at_end(&reader)) {
        if (reader_is(&reader, "WHERE") || reader_is(&reader, "LIMIT") ||
            reader_is(&reader, "JOIN"))
            return;
        if (reader_is_symbol(&reader, '('))
            reader_skip_parentheses(&reader);
        else
            reader_next(&reader);
    }
    struct slice shown = statement->text;
    shown.len = shown.len > 60 ? 60 : shown.len;
    findings_add(findings, RULE_ALL_ROWS, "%s without WHERE: %.*s", deletes ? "DELETE" : "UPDATE",
                 FINDINGS_TEXT(shown));
}

void destruction_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->statement_count; i++) {
        const struct subject_statement *statement = &subject->statements[i];
        if (statement->down)
            continue;
        find_items(statement, findings);
        find_objects(&statement->read, findings);
        find_rows(statement, findings);
    }
}

static bool makes(const struct statement *read, const struct findings_item *finding)
{
    for (size_t i = 0; i < read->object_count; i++) {
        const struct statement_object *object = &read->objects[i];
        if (read->kind == STATEMENT_DDL && read->verb == DDL_CREATE &&
            object->role == ROLE_TARGET && object->type == finding->dropped_type &&
            object->name != NULL &&
            slice_equal_nocase(slice_from(object->name), slice_from(finding->dropped)))
            return true;
    }
    return false;
}

bool destruction_is_made_again(const struct subject_options *options, struct slice up,
                               const struct findings_item *finding)
{
    struct subject subject;
    bool made = false;
    if (finding->dropped == NULL)
        return false;
    subject_read(options, up, SLICE_NONE, NULL, &subject);
    for (size_t i = 0; i < subject.statement_count && !made; i++)
        made = makes(&subject.statements[i].read, finding);
    subject_release(&subject);
    return made;
}
