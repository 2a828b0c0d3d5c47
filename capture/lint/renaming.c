/* renaming: see renaming.h. */
#include "lint/renaming.h"

#include <string.h>

static void find_tables(const struct statement *read, struct findings *findings)
{
    for (size_t i = 0; i + 1 < read->object_count; i++) {
        const struct statement_object *from = &read->objects[i];
        if (from->role == ROLE_RENAME_FROM && from->name != NULL && from[1].name != NULL)
            findings_add(findings, RULE_RENAME_TABLE, "`%s` is called `%s` then.", from->name,
                         from[1].name);
    }
}

void renaming_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->statement_count; i++) {
        const struct statement *read = &subject->statements[i].read;
        if (subject->statements[i].down || read->kind != STATEMENT_DDL)
            continue;
        find_tables(read, findings);
        for (size_t j = 0; j < read->rename_count; j++) {
            const struct statement_rename *rename = &read->renames[j];
            if (!rename->index && strcmp(rename->from, rename->to) != 0)
                findings_add(findings, RULE_RENAME_COLUMN,
                             "Column `%s` of `%s` is called `%s` then.", rename->from,
                             read->object_count == 0 ? "" : read->objects[0].name, rename->to);
        }
    }
}
