/* clauses: see clauses.h. Each kind of object has its forms, in the order in which servers print them;
 * reading and writing go through the same list. */
#include "schema/clauses.h"

#include <string.h>

#include "schema/printed.h"
#include "schema/trigger.h"
#include "sql/lexer.h"

/* What follows the words of a clause. */
enum shape {
    SHAPE_FLAG,    /* nothing */
    SHAPE_WORD,    /* up to a blank */
    SHAPE_WORDS,   /* two of them */
    SHAPE_STRING,  /* 'a' */
    SHAPE_NAME,    /* `a` */
    SHAPE_ACCOUNT, /* `a`@`b`, `role` */
    SHAPE_TYPE,    /* bigint unsigned */
    SHAPE_GROUP,   /* (...), as it was typed */
    SHAPE_LINE,    /* up to the line's end */
    SHAPE_KIND,    /* the words of the object's type */
    SHAPE_QUERY,   /* up to the check option */
    SHAPE_REST,
};

struct form {
    const char *lead; /* what stands ahead of the clause, and is no part of it */
    const char *words;
    enum clause clause; /* CLAUSE_COUNT: none, the lead alone */
    enum shape shape;
    bool needed;
    const char *tail; /* NULL: nothing */
};

/* Alternatives of one clause stand side by side, the longer words first. */
static const struct form view_forms[] = {
    {" ", "ALGORITHM=", CLAUSE_ALGORITHM, SHAPE_WORD, false, NULL},
    {" ", "MATERIALIZED /*(BY ENGINE=UNKNOWN)*/", CLAUSE_MATERIALIZED, SHAPE_FLAG, false, NULL},
    {" ", "DEFINER=", CLAUSE_DEFINER, SHAPE_ACCOUNT, false, NULL},
    {" ", "SQL SECURITY ", CLAUSE_SECURITY, SHAPE_WORD, false, NULL},
    {" ", "JSON RELATIONAL DUALITY", CLAUSE_DUALITY, SHAPE_FLAG, false, NULL},
    {" ", "", CLAUSE_KIND, SHAPE_KIND, true, NULL},
    {" ", "", CLAUSE_NAME, SHAPE_NAME, true, NULL},
    {" ", "", CLAUSE_COLUMNS, SHAPE_GROUP, false, NULL},
    {" AS ", "", CLAUSE_QUERY, SHAPE_QUERY, true, NULL},
    {" ", "WITH CASCADED CHECK OPTION", CLAUSE_CHECK_OPTION, SHAPE_FLAG, false, NULL},
    {" ", "WITH LOCAL CHECK OPTION", CLAUSE_CHECK_OPTION, SHAPE_FLAG, false, NULL},
    {NULL, NULL, CLAUSE_COUNT, SHAPE_FLAG, false, NULL},
};

static const struct form routine_forms[] = {
    {" ", "DEFINER=", CLAUSE_DEFINER, SHAPE_ACCOUNT, false, NULL},
    {" ", "AGGREGATE", CLAUSE_AGGREGATE, SHAPE_FLAG, false, NULL},
    {" ", "", CLAUSE_KIND, SHAPE_KIND, true, NULL},
    {" ", "", CLAUSE_NAME, SHAPE_NAME, true, NULL},
    {"", "", CLAUSE_PARAMETERS, SHAPE_GROUP, true, NULL},
    {" ", "RETURNS ", CLAUSE_RETURNS, SHAPE_LINE, false, NULL},
    {" ", "RETURN ", CLAUSE_RETURNS, SHAPE_LINE, false, NULL},
    {"\n    ", "NO SQL", CLAUSE_ACCESS, SHAPE_FLAG, false, NULL},
    {"\n    ", "READS SQL DATA", CLAUSE_ACCESS, SHAPE_FLAG, false, NULL},
    {"\n    ", "MODIFIES SQL DATA", CLAUSE_ACCESS, SHAPE_FLAG, false, NULL},
    {"\n    ", "DETERMINISTIC", CLAUSE_DETERMINISTIC, SHAPE_FLAG, false, NULL},
    {"\n    ", "SQL SECURITY ", CLAUSE_SECURITY, SHAPE_WORD, false, NULL},
    {"\n    ", "LANGUAGE ", CLAUSE_LANGUAGE, SHAPE_WORD, false, NULL},
    {"\n    ", "COMMENT ", CLAUSE_COMMENT, SHAPE_STRING, false, NULL},
    {"\n", "", CLAUSE_BODY, SHAPE_REST, true, NULL},
    {NULL, NULL, CLAUSE_COUNT, SHAPE_FLAG, false, NULL},
};

static const struct form package_forms[] = {
    {" ", "DEFINER=", CLAUSE_DEFINER, SHAPE_ACCOUNT, false, NULL},
    {" ", "", CLAUSE_KIND, SHAPE_KIND, true, NULL},
    {" ", "", CLAUSE_NAME, SHAPE_NAME, true, NULL},
    {"    ", "SQL SECURITY ", CLAUSE_SECURITY, SHAPE_WORD, false, "\n"},
    {"    ", "COMMENT ", CLAUSE_COMMENT, SHAPE_STRING, false, "\n"},
    {" ", "", CLAUSE_BODY, SHAPE_REST, true, NULL},
    {NULL, NULL, CLAUSE_COUNT, SHAPE_FLAG, false, NULL},
};

static const struct form event_forms[] = {
    {" ", "DEFINER=", CLAUSE_DEFINER, SHAPE_ACCOUNT, false, NULL},
    {" ", "", CLAUSE_KIND, SHAPE_KIND, true, NULL},
    {" ", "", CLAUSE_NAME, SHAPE_NAME, true, NULL},
    {" ", "ON SCHEDULE AT ", CLAUSE_SCHEDULE, SHAPE_STRING, false, NULL},
    {" ", "ON SCHEDULE EVERY ", CLAUSE_SCHEDULE, SHAPE_WORDS, true, NULL},
    {" ", "STARTS ", CLAUSE_STARTS, SHAPE_STRING, false, NULL},
    {" ", "ENDS ", CLAUSE_ENDS, SHAPE_STRING, false, NULL},
    {" ", "ON COMPLETION PRESERVE", CLAUSE_COMPLETION, SHAPE_FLAG, false, NULL},
    {" ", "ON COMPLETION NOT PRESERVE", CLAUSE_COMPLETION, SHAPE_FLAG, true, NULL},
    {" ", "ENABLE", CLAUSE_STATUS, SHAPE_FLAG, false, NULL},
    {" ", "DISABLE ON SLAVE", CLAUSE_STATUS, SHAPE_FLAG, false, NULL},
    {" ", "DISABLE ON REPLICA", CLAUSE_STATUS, SHAPE_FLAG, false, NULL},
    {" ", "DISABLE", CLAUSE_STATUS, SHAPE_FLAG, true, NULL},
    {" ", "COMMENT ", CLAUSE_COMMENT, SHAPE_STRING, false, NULL},
    {" DO ", "", CLAUSE_BODY, SHAPE_REST, true, NULL},
    {NULL, NULL, CLAUSE_COUNT, SHAPE_FLAG, false, NULL},
};

static const struct form sequence_forms[] = {
    {" ", "", CLAUSE_KIND, SHAPE_KIND, true, NULL},
    {" ", "", CLAUSE_NAME, SHAPE_NAME, true, NULL},
    {" ", "as ", CLAUSE_TYPE, SHAPE_TYPE, false, NULL},
    {" ", "start with ", CLAUSE_START, SHAPE_WORD, true, NULL},
    {" ", "minvalue ", CLAUSE_MINVALUE, SHAPE_WORD, true, NULL},
    {" ", "maxvalue ", CLAUSE_MAXVALUE, SHAPE_WORD, true, NULL},
    {" ", "increment by ", CLAUSE_INCREMENT, SHAPE_WORD, true, NULL},
    {" ", "cache ", CLAUSE_CACHE, SHAPE_WORD, false, NULL},
    {" ", "nocache", CLAUSE_CACHE, SHAPE_FLAG, true, NULL},
    {" ", "cycle", CLAUSE_CYCLE, SHAPE_FLAG, false, NULL},
    {" ", "nocycle", CLAUSE_CYCLE, SHAPE_FLAG, true, NULL},
    {" ", "ENGINE=", CLAUSE_ENGINE, SHAPE_WORD, true, NULL},
    {" ", "COMMENT=", CLAUSE_COMMENT, SHAPE_STRING, false, NULL},
    {NULL, NULL, CLAUSE_COUNT, SHAPE_FLAG, false, NULL},
};

static const struct form database_forms[] = {
    {" ", "", CLAUSE_KIND, SHAPE_KIND, true, NULL},
    {" ", "", CLAUSE_NAME, SHAPE_NAME, true, NULL},
    {" /*!40100 DEFAULT ", "CHARACTER SET ", CLAUSE_CHARSET, SHAPE_WORD, true, NULL},
    {" ", "COLLATE ", CLAUSE_COLLATION, SHAPE_WORD, false, NULL},
    {" */", "", CLAUSE_COUNT, SHAPE_FLAG, true, NULL},
    {" /*!80016 ", "DEFAULT ENCRYPTION=", CLAUSE_ENCRYPTION, SHAPE_STRING, false, " */"},
    {" /* ", "READ ONLY=", CLAUSE_READ_ONLY, SHAPE_WORD, false, " */"},
    {" ", "COMMENT ", CLAUSE_COMMENT, SHAPE_STRING, false, NULL},
    {NULL, NULL, CLAUSE_COUNT, SHAPE_FLAG, false, NULL},
};

static const struct form *forms_of(enum object_type type)
{
    switch (type) {
    case OBJECT_VIEW:
        return view_forms;
    case OBJECT_PROCEDURE:
    case OBJECT_FUNCTION:
        return routine_forms;
    case OBJECT_PACKAGE:
    case OBJECT_PACKAGE_BODY:
        return package_forms;
    case OBJECT_EVENT:
        return event_forms;
    case OBJECT_SEQUENCE:
        return sequence_forms;
    case OBJECT_DATABASE:
        return database_forms;
    default:
        return NULL;
    }
}

/* --- shapes -------------------------------------------------------------------------------------
 *
 * Each function gives the position past what begins at `at`, or `at` when that is nothing such. */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

static size_t skip_word(struct slice text, size_t at)
{
    while (at < text.len && !is_blank(text.ptr[at]))
        at = printed_skip(text, at);
    return at;
}

static size_t skip_words(struct slice text, size_t at)
{
    size_t end = skip_word(text, at);
    bool two = end > at && end + 1 < text.len && !is_blank(text.ptr[end + 1]);

    return two ? skip_word(text, end + 1) : at;
}

/* Closed, and more than its quotes where it may not be empty. */
static size_t skip_quoted(struct slice text, size_t at, const char *quotes, size_t least)
{
    if (at >= text.len || text.ptr[at] == '\0' || strchr(quotes, text.ptr[at]) == NULL)
        return at;
    size_t end = printed_skip(text, at);
    return end - at >= least && text.ptr[end - 1] == text.ptr[at] ? end : at;
}

static size_t skip_name(struct slice text, size_t at)
{
    return skip_quoted(text, at, "`\"", 3);
}

static size_t skip_account(struct slice text, size_t at)
{
    size_t end = skip_quoted(text, at, "`\"", 2);

    if (end > at && end < text.len && text.ptr[end] == '@')
        end = skip_quoted(text, end + 1, "`\"", 2);
    return end;
}

/* Read as the statement was typed, with comments and under its sql_mode. */
static size_t skip_group(struct slice text, size_t at, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    unsigned depth = 0;

    if (at >= text.len || text.ptr[at] != '(')
        return at;
    lexer_init(&lexer, slice_from_offset(text, at), dialect);
    while (lexer_next(&lexer, &token)) {
        depth += token_is_symbol(&token, '(');
        if (token_is_symbol(&token, ')') && --depth == 0)
            return at + lexer.offset;
    }
    return at;
}

static size_t skip_line(struct slice text, size_t at)
{
    while (at < text.len && text.ptr[at] != '\n')
        at = printed_skip(text, at);
    return at;
}

static bool ends_with(struct slice text, const char *end)
{
    size_t len = strlen(end);

    return text.len > len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

static size_t skip_query(struct slice text, size_t at)
{
    static const char *const options[] = {" WITH CASCADED CHECK OPTION",
                                          " WITH LOCAL CHECK OPTION"};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (ends_with(slice_from_offset(text, at), options[i]))
            return text.len - strlen(options[i]);
    }
    return text.len;
}

static size_t skip_kind(struct slice text, size_t at, enum object_type type)
{
    struct slice kind = slice_from(object_type_text(type));

    return slice_starts_with(slice_from_offset(text, at), kind) ? at + kind.len : at;
}

static size_t skip_shape(const struct clauses *clauses, size_t at, enum shape shape,
                         const struct dialect *dialect)
{
    struct slice text = clauses->text;

    switch (shape) {
    case SHAPE_FLAG:
        return at;
    case SHAPE_WORD:
        return skip_word(text, at);
    case SHAPE_WORDS:
        return skip_words(text, at);
    case SHAPE_STRING:
        return skip_quoted(text, at, "'", 2);
    case SHAPE_NAME:
        return skip_name(text, at);
    case SHAPE_ACCOUNT:
        return skip_account(text, at);
    case SHAPE_TYPE:
        return at + printed_type(slice_from_offset(text, at)).len;
    case SHAPE_GROUP:
        return skip_group(text, at, dialect);
    case SHAPE_LINE:
        return skip_line(text, at);
    case SHAPE_KIND:
        return skip_kind(text, at, clauses->type);
    case SHAPE_QUERY:
        return skip_query(text, at);
    case SHAPE_REST: /* no server prints a blank ahead of it: it would be a clause not known */
        return at < text.len && is_blank(text.ptr[at]) ? at : text.len;
    }
    return at;
}

/* --- reading and writing ------------------------------------------------------------------------ */

static bool accept_text(struct slice text, size_t *at, const char *words)
{
    struct slice wanted = slice_from(words);

    if (!slice_starts_with(slice_from_offset(text, *at), wanted))
        return false;
    *at += wanted.len;
    return true;
}

/* The clause of a form at *at, which goes behind it. false: it does not stand there. */
static bool read_form(struct clauses *clauses, const struct form *form,
                      const struct dialect *dialect, size_t *at)
{
    struct slice text = clauses->text;
    size_t start = *at;

    if (!accept_text(text, &start, form->lead))
        return false;
    size_t value = start;
    if (!accept_text(text, &value, form->words))
        return false;
    size_t end = skip_shape(clauses, value, form->shape, dialect);
    size_t next = end;
    if ((end == value && form->shape != SHAPE_FLAG) ||
        (form->tail != NULL && !accept_text(text, &next, form->tail)))
        return false;
    if (form->clause != CLAUSE_COUNT)
        clauses->of[form->clause] = slice_make(text.ptr + start, end - start);
    *at = next;
    return true;
}

static bool is_read(const struct clauses *clauses, const struct form *form)
{
    return form->clause != CLAUSE_COUNT && !slice_is_none(clauses->of[form->clause]);
}

static bool read_forms(struct clauses *clauses, const struct dialect *dialect,
                       struct slice *unknown)
{
    size_t at = 0;
    bool known = accept_text(clauses->text, &at, "CREATE");

    for (const struct form *form = forms_of(clauses->type); known && form->lead != NULL; form++)
        known = is_read(clauses, form) || read_form(clauses, form, dialect, &at) || !form->needed;
    *unknown = slice_from_offset(clauses->text, at);
    return known && unknown->len == 0;
}

static bool read_trigger(struct clauses *clauses, const struct dialect *dialect,
                         struct slice *unknown)
{
    struct trigger trigger;

    *unknown = clauses->text;
    if (!trigger_read(clauses->text, dialect, &trigger))
        return false;
    clauses->of[CLAUSE_DEFINER] = trigger.definer;
    clauses->of[CLAUSE_NAME] = trigger.name;
    clauses->of[CLAUSE_TIMING] = trigger.timing;
    clauses->of[CLAUSE_EVENT] = trigger.event;
    if (!slice_is_none(trigger.columns))
        clauses->of[CLAUSE_EVENT].len =
            (size_t)(trigger.columns.ptr + trigger.columns.len - trigger.event.ptr);
    clauses->of[CLAUSE_TABLE] = trigger.on;
    clauses->of[CLAUSE_BODY] = trigger.body;
    return true;
}

bool clauses_read(enum object_type type, struct slice text, const struct dialect *dialect,
                  struct clauses *clauses, struct slice *unknown)
{
    *clauses = (struct clauses){.type = type, .text = text};
    for (size_t i = 0; i < CLAUSE_COUNT; i++)
        clauses->of[i] = SLICE_NONE;
    return type == OBJECT_TRIGGER ? read_trigger(clauses, dialect, unknown)
                                  : read_forms(clauses, dialect, unknown);
}

/* The clauses, and between them what was typed: blanks, comments and words that say nothing. */
static void write_trigger(const struct clauses *clauses, struct buffer *out)
{
    static const enum clause order[] = {CLAUSE_DEFINER, CLAUSE_NAME,  CLAUSE_TIMING,
                                        CLAUSE_EVENT,   CLAUSE_TABLE, CLAUSE_BODY};
    const char *at = clauses->text.ptr;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct slice clause = clauses->of[order[i]];
        if (slice_is_none(clause))
            continue;
        buffer_append(out, at, (size_t)(clause.ptr - at));
        buffer_append_slice(out, clause);
        at = clause.ptr + clause.len;
    }
}

void clauses_write(const struct clauses *clauses, struct buffer *out)
{
    enum clause last = CLAUSE_COUNT;

    if (clauses->type == OBJECT_TRIGGER) {
        write_trigger(clauses, out);
        return;
    }
    buffer_append_text(out, "CREATE");
    for (const struct form *form = forms_of(clauses->type); form->lead != NULL; form++) {
        bool is_literal = form->clause == CLAUSE_COUNT;
        if (!is_literal && (form->clause == last || slice_is_none(clauses->of[form->clause])))
            continue;
        last = form->clause;
        buffer_append_text(out, form->lead);
        if (!is_literal)
            buffer_append_slice(out, clauses->of[form->clause]);
        buffer_append_text(out, form->tail == NULL ? "" : form->tail);
    }
}

/* --- for people --------------------------------------------------------------------------------- */

/* How a clause is called, and the words that the call stands for. */
static const struct {
    enum clause clause;
    const char *label;
    const char *words;
    bool is_long;
} labels[] = {
    {CLAUSE_ALGORITHM, "algorithm", "ALGORITHM=", false},
    {CLAUSE_MATERIALIZED, "materialized", "", true},
    {CLAUSE_DEFINER, "definer", "DEFINER=", false},
    {CLAUSE_SECURITY, "SQL SECURITY", "SQL SECURITY ", false},
    {CLAUSE_COLUMNS, "columns", "", false},
    {CLAUSE_PARAMETERS, "parameters", "", false},
    {CLAUSE_RETURNS, "returns", "RETURNS ", false},
    {CLAUSE_RETURNS, "returns", "RETURN ", false},
    {CLAUSE_LANGUAGE, "language", "LANGUAGE ", false},
    {CLAUSE_SCHEDULE, "schedule", "ON SCHEDULE ", false},
    {CLAUSE_STARTS, "starts", "STARTS ", false},
    {CLAUSE_ENDS, "ends", "ENDS ", false},
    {CLAUSE_TABLE, "table", "ON ", false},
    {CLAUSE_TYPE, "type", "as ", false},
    {CLAUSE_START, "start with", "start with ", false},
    {CLAUSE_MINVALUE, "minvalue", "minvalue ", false},
    {CLAUSE_MAXVALUE, "maxvalue", "maxvalue ", false},
    {CLAUSE_INCREMENT, "increment by", "increment by ", false},
    {CLAUSE_ENGINE, "engine", "ENGINE=", false},
    {CLAUSE_CHARSET, "character set", "CHARACTER SET ", false},
    {CLAUSE_COLLATION, "collation", "COLLATE ", false},
    {CLAUSE_ENCRYPTION, "encryption", "DEFAULT ENCRYPTION=", false},
    {CLAUSE_COMMENT, "comment", "COMMENT ", false},
    {CLAUSE_COMMENT, "comment", "COMMENT=", false},
    {CLAUSE_QUERY, "query", "", true},
    {CLAUSE_BODY, "body", "", true},
};

#define LABEL_COUNT (sizeof(labels) / sizeof(labels[0]))

static bool fits(struct slice text, const char *words)
{
    return slice_is_none(text) || slice_starts_with(text, slice_from(words));
}

static size_t find_label(enum clause clause, struct slice before, struct slice after)
{
    size_t i = 0;

    while (i < LABEL_COUNT && (labels[i].clause != clause || !fits(before, labels[i].words) ||
                               !fits(after, labels[i].words)))
        i++;
    return i;
}

static struct slice value_of(struct slice text, size_t label)
{
    if (slice_is_none(text) || labels[label].is_long)
        return SLICE_NONE;
    return slice_from_offset(text, strlen(labels[label].words));
}

static void tell(enum clause clause, struct slice before, struct slice after,
                 struct clauses_change *change)
{
    size_t label = find_label(clause, before, after);
    char mark = slice_is_none(before) ? '+' : slice_is_none(after) ? '-' : '~';

    *change = (struct clauses_change){mark, "", before, after};
    if (label == LABEL_COUNT)
        return;
    change->label = labels[label].label;
    change->before = value_of(before, label);
    change->after = value_of(after, label);
}

bool clauses_next_change(const struct clauses *before, const struct clauses *after, enum clause *at,
                         struct clauses_change *change)
{
    while (*at < CLAUSE_COUNT) {
        enum clause clause = (*at)++;
        struct slice a = before->of[clause], b = after->of[clause];
        if (clause == CLAUSE_NAME || (slice_is_none(a) && slice_is_none(b)) || slice_equal(a, b))
            continue;
        tell(clause, a, b, change);
        return true;
    }
    return false;
}
