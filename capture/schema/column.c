/* column: see column.h. Each attribute begins with its words; what follows up to the words of another
 * one is its value. */
#include "schema/column.h"

#include <string.h>

#include "schema/printed.h"

static const struct {
    const char *words;
    enum column_attribute attribute;
    unsigned values; /* words or groups that belong to it; VALUE_ANY: up to the next attribute */
} forms[] = {
#define VALUE_ANY 99
    {"/*!50606 STORAGE ", COLUMN_STORAGE, 2},
    {"/*!50606 COLUMN_FORMAT ", COLUMN_STORAGE, 2},
    {"/*!50633 COLUMN_FORMAT ", COLUMN_COMPRESSED, VALUE_ANY},
    {"/*M!100301 COMPRESSED", COLUMN_COMPRESSED, VALUE_ANY},
    {"/*!100301 COMPRESSED", COLUMN_COMPRESSED, VALUE_ANY},
    {"COMPRESSED", COLUMN_COMPRESSED, 0},
    {"CHARACTER SET ", COLUMN_CHARSET, 1},
    {"COLLATE ", COLUMN_COLLATION, 1},
    {"GENERATED ALWAYS AS ROW ", COLUMN_GENERATED, 1},
    {"GENERATED ALWAYS AS ", COLUMN_GENERATED, 2},
    {"NOT NULL", COLUMN_NULL, 0},
    {"NULL", COLUMN_NULL, 0},
    {"WITHOUT SYSTEM VERSIONING", COLUMN_UNVERSIONED, 0},
    {"/*!80003 SRID ", COLUMN_SRID, 2},
    {"/*!80023 INVISIBLE */", COLUMN_INVISIBLE, 0},
    {"INVISIBLE", COLUMN_INVISIBLE, 0},
    {"DEFAULT ", COLUMN_DEFAULT, VALUE_ANY},
    {"ON UPDATE ", COLUMN_ON_UPDATE, VALUE_ANY},
    {"AUTO_INCREMENT", COLUMN_AUTO_INCREMENT, 0},
    {"COMMENT ", COLUMN_COMMENT, 1},
    {"CHECK ", COLUMN_CHECK, 1},
    {"/*!80021 ENGINE_ATTRIBUTE ", COLUMN_ENGINE, VALUE_ANY},
    {"/*!80021 SECONDARY_ENGINE_ATTRIBUTE ", COLUMN_ENGINE, VALUE_ANY},
    {"`", COLUMN_ENGINE, VALUE_ANY},
    {"/*!80013 NOT SECONDARY */", COLUMN_ENGINE, 0},
};

#define FORM_COUNT (sizeof(forms) / sizeof(forms[0]))

static size_t find_form(struct slice text, size_t at)
{
    struct slice rest = slice_from_offset(text, at);

    for (size_t i = 0; i < FORM_COUNT; i++) {
        if (slice_starts_with(rest, slice_from(forms[i].words)))
            return i;
    }
    return FORM_COUNT;
}

/* Past one word with its groups: "utf8mb4", "'a'", "current_timestamp(6)". */
static size_t skip_word(struct slice text, size_t at)
{
    while (at < text.len && text.ptr[at] != ' ')
        at = printed_skip(text, at);
    return at;
}

static size_t skip_blanks(struct slice text, size_t at)
{
    while (at < text.len && text.ptr[at] == ' ')
        at++;
    return at;
}

/* Past the value that begins at `at`. A DEFAULT NULL is no NULL of its own. */
static size_t skip_values(struct slice text, size_t at, unsigned values)
{
    size_t end = at;

    for (unsigned i = 0; i < values && at < text.len; i++) {
        if (i > 0 && values == VALUE_ANY && find_form(text, at) < FORM_COUNT)
            break;
        end = skip_word(text, at);
        at = skip_blanks(text, end);
    }
    return end;
}

static bool read_attribute(struct slice text, size_t *at, struct column *column)
{
    size_t form = find_form(text, *at);

    if (form == FORM_COUNT)
        return false;
    struct slice *slot = &column->attributes[forms[form].attribute];
    bool more_than_one =
        forms[form].attribute == COLUMN_ENGINE || forms[form].attribute == COLUMN_STORAGE;
    if (!slice_is_none(*slot) && !more_than_one)
        return false;
    size_t start = *at, behind = start + strlen(forms[form].words);
    if (forms[form].words[0] == '`')
        behind = start;
    size_t end = skip_values(text, behind, forms[form].values);
    end = end < behind ? behind : end;
    if (slice_is_none(*slot))
        *slot = slice_make(text.ptr + start, end - start);
    else
        slot->len = (size_t)(text.ptr + end - slot->ptr);
    *at = skip_blanks(text, end);
    return end == text.len || text.ptr[end] == ' ';
}

bool column_read(struct slice definition, struct column *column, struct slice *unknown)
{
    size_t at = printed_type(definition).len;

    *column = (struct column){.attributes = {SLICE_NONE}};
    column->attributes[COLUMN_TYPE] = slice_make(definition.ptr, at);
    at = skip_blanks(definition, at);
    while (at < definition.len) {
        size_t start = at;
        if (!read_attribute(definition, &at, column)) {
            *unknown = slice_from_offset(definition, start);
            return false;
        }
    }
    return true;
}

const char *column_attribute_text(enum column_attribute attribute)
{
    static const char *const texts[] = {
        [COLUMN_TYPE] = "type",
        [COLUMN_COMPRESSED] = "compression",
        [COLUMN_STORAGE] = "storage",
        [COLUMN_CHARSET] = "character set",
        [COLUMN_COLLATION] = "collation",
        [COLUMN_GENERATED] = "expression",
        [COLUMN_NULL] = "NULL",
        [COLUMN_UNVERSIONED] = "row history",
        [COLUMN_SRID] = "SRID",
        [COLUMN_INVISIBLE] = "visibility",
        [COLUMN_DEFAULT] = "default",
        [COLUMN_ON_UPDATE] = "ON UPDATE",
        [COLUMN_AUTO_INCREMENT] = "AUTO_INCREMENT",
        [COLUMN_COMMENT] = "comment",
        [COLUMN_CHECK] = "check",
        [COLUMN_ENGINE] = "attributes",
    };

    return texts[attribute];
}
