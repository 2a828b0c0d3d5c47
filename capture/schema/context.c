/* context: see context.h. The old values wait in user variables, which every migration tool keeps
 * since it runs a migration on one connection. */
#include "schema/context.h"

#include <string.h>

static const char *const settings[] = {"sql_mode", "character_set_client", "collation_connection",
                                       "time_zone"};
enum {
    SETTING_SQL_MODE,
    SETTING_CHARSET,
    SETTING_COLLATION,
    SETTING_TIME_ZONE,
    SETTING_COUNT
};

struct slice context_value(struct slice context, const char *name)
{
    size_t len = strlen(name);

    while (context.len > 0) {
        const char *end = memchr(context.ptr, '\n', context.len);
        size_t line = end == NULL ? context.len : (size_t)(end - context.ptr);
        if (line > len && context.ptr[len] == '=' && memcmp(context.ptr, name, len) == 0)
            return slice_make(context.ptr + len + 1, line - len - 1);
        context = slice_from_offset(context, end == NULL ? line : line + 1);
    }
    return SLICE_NONE;
}

bool context_allows(struct slice context, struct slice text)
{
    struct slice charset = context_value(context, settings[SETTING_CHARSET]);

    if (slice_is_none(charset) || slice_starts_with(charset, SLICE("utf8")))
        return true;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    }
    return true;
}

/* utf8 is an old name of utf8mb3. */
static bool same_value(int setting, struct slice a, struct slice b)
{
    const struct slice old = SLICE("utf8"), name = SLICE("utf8mb3");

    if (setting == SETTING_CHARSET) {
        a = slice_equal_nocase(a, old) ? name : a;
        b = slice_equal_nocase(b, old) ? name : b;
    }
    return slice_equal_nocase(a, b);
}

static struct slice default_value(const struct sql_facts *defaults, int setting)
{
    switch (setting) {
    case SETTING_SQL_MODE:
        return slice_from(defaults->sql_mode);
    case SETTING_CHARSET:
        return slice_from(defaults->character_set_client);
    case SETTING_COLLATION:
        return slice_from(defaults->collation_connection);
    default:
        return slice_from(defaults->time_zone);
    }
}

static bool differs(struct slice context, const struct sql_facts *defaults, int setting)
{
    struct slice value = context_value(context, settings[setting]);
    struct slice usual = default_value(defaults, setting);

    return !slice_is_none(value) && (slice_is_none(usual) || !same_value(setting, value, usual));
}

static void append_value(struct slice value, struct buffer *out)
{
    buffer_append_char(out, '\'');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\'')
            buffer_append_char(out, '\'');
        if (value.ptr[i] != '\\')
            buffer_append_char(out, value.ptr[i]);
    }
    buffer_append_char(out, '\'');
}

/* Is this one set? sql_mode also for dates that it would refuse. */
static bool is_set(struct slice context, const struct sql_facts *defaults, bool zero_dates,
                   int setting)
{
    return differs(context, defaults, setting) || (setting == SETTING_SQL_MODE && zero_dates);
}

void context_open(struct slice context, const struct sql_facts *defaults, bool zero_dates,
                  struct buffer *out)
{
    const char *separator = "SET ";

    for (int i = 0; i < SETTING_COUNT; i++) {
        if (!is_set(context, defaults, zero_dates, i))
            continue;
        buffer_printf(out, "%s@ddltap_%s = @@%s, %s = ", separator, settings[i], settings[i],
                      settings[i]);
        if (differs(context, defaults, i))
            append_value(context_value(context, settings[i]), out);
        else
            buffer_append_text(out, "REPLACE(REPLACE(@@sql_mode, 'NO_ZERO_DATE', ''), "
                                    "'NO_ZERO_IN_DATE', '')");
        separator = ", ";
    }
    if (separator[0] == ',')
        buffer_append_text(out, ";\n");
}

void context_close(struct slice context, const struct sql_facts *defaults, bool zero_dates,
                   struct buffer *out)
{
    const char *separator = "SET ";

    for (int i = 0; i < SETTING_COUNT; i++) {
        if (!is_set(context, defaults, zero_dates, i))
            continue;
        buffer_printf(out, "%s%s = @ddltap_%s", separator, settings[i], settings[i]);
        separator = ", ";
    }
    if (separator[0] == ',')
        buffer_append_text(out, ";\n");
}
