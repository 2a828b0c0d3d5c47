/* clause: see clause.h. One function for each level: statement, clause, definition, attribute. */
#include "schema/clause.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "sql/reader.h"

/* A reader that knows where the last token ended. */
struct cutter {
    struct reader reader;
    const char *end;
    struct clause_list *list;
    bool is_lost; /* something came that is not understood */
};

static void step(struct cutter *cutter)
{
    if (cutter->reader.token.kind == TOKEN_END)
        return;
    cutter->end = cutter->reader.token.text.ptr + cutter->reader.token.text.len;
    reader_next(&cutter->reader);
}

static bool is(const struct cutter *cutter, const char *word)
{
    return reader_is(&cutter->reader, word);
}

static bool is_symbol(const struct cutter *cutter, char symbol)
{
    return reader_is_symbol(&cutter->reader, symbol);
}

static bool take(struct cutter *cutter, const char *word)
{
    if (!is(cutter, word))
        return false;
    step(cutter);
    return true;
}

static bool take_symbol(struct cutter *cutter, char symbol)
{
    if (!is_symbol(cutter, symbol))
        return false;
    step(cutter);
    return true;
}

/* Of the current token; at the end of the text, the end. */
static const char *start_of(const struct cutter *cutter)
{
    struct slice text = cutter->reader.lexer.text;

    return cutter->reader.token.kind == TOKEN_END ? text.ptr + text.len
                                                  : cutter->reader.token.text.ptr;
}

static struct slice since(const struct cutter *cutter, const char *start)
{
    return cutter->end < start ? slice_make(start, 0)
                               : slice_make(start, (size_t)(cutter->end - start));
}

/* Pass what stands in parentheses, when '(' is current. */
static void skip_group(struct cutter *cutter)
{
    unsigned depth = 0;

    do {
        depth += is_symbol(cutter, '(');
        depth -= is_symbol(cutter, ')');
        step(cutter);
    } while (depth > 0 && !reader_at_end(&cutter->reader));
    cutter->is_lost |= depth > 0;
}

/* One token, or a whole group. */
static void skip_one(struct cutter *cutter)
{
    if (is_symbol(cutter, '('))
        skip_group(cutter);
    else
        step(cutter);
}

/* At the end of a clause: the ',' or ')' behind it. */
static bool at_end(const struct cutter *cutter)
{
    return reader_at_end(&cutter->reader) || is_symbol(cutter, ',') || is_symbol(cutter, ')');
}

static void skip_clause(struct cutter *cutter)
{
    while (!at_end(cutter))
        skip_one(cutter);
}

static struct token peek(const struct cutter *cutter)
{
    return reader_peek(&cutter->reader);
}

static bool next_is(const struct cutter *cutter, const char *word)
{
    struct token next = peek(cutter);

    return token_is(&next, word);
}

/* IF [NOT] EXISTS */
static void skip_condition(struct cutter *cutter)
{
    if (!is(cutter, "IF") || !(next_is(cutter, "NOT") || next_is(cutter, "EXISTS")))
        return;
    step(cutter);
    (void)take(cutter, "NOT");
    (void)take(cutter, "EXISTS");
}

/* a, a.b, `a` . `b` */
static struct slice take_name(struct cutter *cutter)
{
    const char *start = start_of(cutter);

    if (!token_is_name(&cutter->reader.token)) {
        cutter->is_lost = true;
        return SLICE_NONE;
    }
    step(cutter);
    while (take_symbol(cutter, '.'))
        step(cutter);
    return since(cutter, start);
}

static struct clause *add_clause(struct cutter *cutter, enum clause_kind kind)
{
    struct clause_list *list = cutter->list;

    if (list->count == list->capacity) {
        list->capacity = 2 * list->capacity + 16;
        list->list = memory_resize(list->list, list->capacity, sizeof(*list->list));
    }
    struct clause *clause = &list->list[list->count++];
    *clause = (struct clause){.kind = kind};
    return clause;
}

/* Its name, when one stands here. */
static void name_clause(struct cutter *cutter, struct clause *clause)
{
    if (!token_is_name(&cutter->reader.token)) {
        cutter->is_lost = true;
        return;
    }
    clause->name = token_name(&cutter->reader.token, cutter->reader.lexer.dialect);
    clause->spelling = cutter->reader.token.text;
    step(cutter);
}

/* --- the definition of a column ----------------------------------------------------------------- */

/* RESTRICT, CASCADE, SET NULL, SET DEFAULT, NO ACTION */
static void skip_reference_action(struct cutter *cutter)
{
    step(cutter); /* ON */
    step(cutter); /* DELETE, UPDATE */
    if (is(cutter, "SET") || is(cutter, "NO"))
        step(cutter);
    step(cutter);
}

static void skip_references(struct cutter *cutter)
{
    step(cutter);
    (void)take_name(cutter);
    if (is_symbol(cutter, '('))
        skip_group(cutter);
    if (take(cutter, "MATCH"))
        step(cutter);
    while (is(cutter, "ON") && (next_is(cutter, "DELETE") || next_is(cutter, "UPDATE")) &&
           !cutter->is_lost)
        skip_reference_action(cutter);
}

static void skip_check(struct cutter *cutter)
{
    step(cutter);
    if (is_symbol(cutter, '('))
        skip_group(cutter);
    if (is(cutter, "NOT") && next_is(cutter, "ENFORCED"))
        step(cutter);
    (void)take(cutter, "ENFORCED");
}

/* [CONSTRAINT [name]] in front of CHECK or REFERENCES */
static void skip_constraint_name(struct cutter *cutter)
{
    step(cutter);
    if (!is(cutter, "CHECK") && !is(cutter, "REFERENCES") && !is(cutter, "UNIQUE") &&
        !is(cutter, "PRIMARY"))
        step(cutter);
}

/* A key or constraint inside of the definition; false: none stands here. MariaDB keeps a check with its column. */
static bool skip_inner_key(struct cutter *cutter, struct clause *clause)
{
    bool mariadb = cutter->reader.lexer.dialect->mariadb;
    const struct cutter before = *cutter;

    if (is(cutter, "CONSTRAINT"))
        skip_constraint_name(cutter);
    if (take(cutter, "UNIQUE")) {
        (void)take(cutter, "KEY");
        clause->has_unique = true;
    } else if (take(cutter, "PRIMARY")) {
        (void)take(cutter, "KEY");
        clause->has_primary = true;
    } else if (take(cutter, "KEY")) {
        clause->has_primary = true;
    } else if (is(cutter, "REFERENCES")) {
        skip_references(cutter);
        clause->has_other = true;
    } else if (is(cutter, "CHECK") && !mariadb) {
        skip_check(cutter);
        clause->has_other = true;
    } else {
        *cutter = before;
        return false;
    }
    return true;
}

/* What has a value behind it that must not be taken for a word of its own. */
static void skip_attribute(struct cutter *cutter)
{
    static const char *const valued[] = {"DEFAULT", "COMMENT", "COLLATE", "CHARSET",       "SET",
                                         "FORMAT",  "STORAGE", "SRID",    "COLUMN_FORMAT", NULL};

    for (const char *const *word = valued; *word != NULL; word++) {
        if (is(cutter, *word)) {
            step(cutter);
            break;
        }
    }
    if (!at_end(cutter))
        skip_one(cutter);
}

/* FIRST and AFTER a stand at the end of a clause. */
static bool at_place(const struct cutter *cutter)
{
    struct token next = peek(cutter);

    return is(cutter, "AFTER") ||
           (is(cutter, "FIRST") && (next.kind == TOKEN_END || token_is_symbol(&next, ',') ||
                                    token_is_symbol(&next, ')') || token_is_symbol(&next, ';')));
}

static void append_piece(struct slice piece, struct buffer *out)
{
    if (piece.len == 0)
        return;
    if (out->len > 0)
        buffer_append_char(out, ' ');
    buffer_append_slice(out, piece);
}

/* SERIAL is a unique key too, and no part of it says so. */
static bool stands_alone(struct slice text)
{
    return text.len > 0 &&
           !(text.len >= 6 && slice_equal_nocase(slice_make(text.ptr, 6), SLICE("SERIAL")));
}

/* Without the keys inside, and with them, up to the place. */
static void read_definition(struct cutter *cutter, struct clause *clause)
{
    const char *start = start_of(cutter), *piece = start;
    struct buffer alone = BUFFER_INIT;

    cutter->end = start;
    while (!at_end(cutter) && !at_place(cutter) && !cutter->is_lost) {
        struct slice before = since(cutter, piece);
        if (!skip_inner_key(cutter, clause)) {
            skip_attribute(cutter);
            continue;
        }
        append_piece(before, &alone);
        piece = start_of(cutter);
    }
    clause->text = since(cutter, start);
    append_piece(since(cutter, piece), &alone);
    if (stands_alone(buffer_slice(&alone)))
        clause->alone = buffer_detach(&alone);
    buffer_release(&alone);
    skip_clause(cutter);
}

static void read_column(struct cutter *cutter)
{
    struct clause *clause = add_clause(cutter, CLAUSE_COLUMN);

    name_clause(cutter, clause);
    if (!cutter->is_lost)
        read_definition(cutter, clause);
}

/* --- keys --------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum clause_key key;
} key_words[] = {
    {"PRIMARY", CLAUSE_PRIMARY}, {"UNIQUE", CLAUSE_UNIQUE},     {"INDEX", CLAUSE_INDEX},
    {"KEY", CLAUSE_INDEX},       {"FULLTEXT", CLAUSE_FULLTEXT}, {"SPATIAL", CLAUSE_SPATIAL},
    {"VECTOR", CLAUSE_VECTOR},   {"FOREIGN", CLAUSE_FOREIGN},   {"CHECK", CLAUSE_CHECK},
};

static bool find_key_word(const struct token *token, enum clause_key *key)
{
    for (size_t i = 0; i < sizeof(key_words) / sizeof(key_words[0]); i++) {
        if (token_is(token, key_words[i].word)) {
            *key = key_words[i].key;
            return true;
        }
    }
    return false;
}

/* VECTOR, and on some servers others, may be the name of a column too. */
static bool at_key(const struct cutter *cutter)
{
    enum clause_key key;

    if (is(cutter, "CONSTRAINT"))
        return true;
    if (!find_key_word(&cutter->reader.token, &key))
        return false;
    return key != CLAUSE_VECTOR || next_is(cutter, "KEY") || next_is(cutter, "INDEX");
}

/* CONSTRAINT [name] */
static void take_symbol_name(struct cutter *cutter, struct clause *clause)
{
    enum clause_key key;

    if (!take(cutter, "CONSTRAINT"))
        return;
    if (!find_key_word(&cutter->reader.token, &key) || cutter->reader.token.kind == TOKEN_QUOTED)
        name_clause(cutter, clause);
}

/* UNIQUE [INDEX | KEY] [IF NOT EXISTS] [name] [USING BTREE] (...): the name of the index counts more than
 * that of the constraint, but for foreign keys. */
static void take_key_name(struct cutter *cutter, struct clause *clause)
{
    if (clause->key != CLAUSE_INDEX && !take(cutter, "KEY"))
        (void)take(cutter, "INDEX");
    skip_condition(cutter);
    if (is_symbol(cutter, '(') || is(cutter, "USING") || is(cutter, "TYPE") || at_end(cutter))
        return;
    if (clause->key == CLAUSE_FOREIGN && clause->name != NULL) {
        step(cutter);
        return;
    }
    free(clause->name);
    clause->name = NULL;
    name_clause(cutter, clause);
}

static void read_key(struct cutter *cutter)
{
    struct clause *clause = add_clause(cutter, CLAUSE_KEY);
    const char *start = start_of(cutter);
    struct buffer columns = BUFFER_INIT;

    take_symbol_name(cutter, clause);
    if (!find_key_word(&cutter->reader.token, &clause->key)) {
        cutter->is_lost = true;
        return;
    }
    step(cutter);
    if (clause->key != CLAUSE_CHECK)
        take_key_name(cutter, clause);
    skip_clause(cutter);
    clause->text = since(cutter, start);
    if (clause->key != CLAUSE_CHECK &&
        clause_columns(clause->text, cutter->reader.lexer.dialect, &columns))
        clause->columns = buffer_detach(&columns);
    buffer_release(&columns);
}

bool clause_columns(struct slice text, const struct dialect *dialect, struct buffer *out)
{
    struct reader reader;

    reader_init(&reader, text, dialect);
    while (!reader_at_end(&reader) && !reader_is_symbol(&reader, '('))
        reader_next(&reader);
    if (reader_at_end(&reader))
        return false;
    reader_next(&reader);
    for (unsigned depth = 1; !reader_at_end(&reader); reader_next(&reader)) {
        depth += reader_is_symbol(&reader, '(');
        depth -= reader_is_symbol(&reader, ')');
        if (depth == 0)
            return true;
        size_t at = out->len;
        if (reader.token.kind == TOKEN_QUOTED)
            token_unquote(&reader.token, dialect, out);
        else
            buffer_append_slice(out, reader.token.text);
        for (; at < out->len; at++) {
            if (out->ptr[at] >= 'A' && out->ptr[at] <= 'Z')
                out->ptr[at] = (char)(out->ptr[at] + 32);
        }
    }
    return false;
}

/* --- CREATE TABLE ------------------------------------------------------------------------------- */

static bool at_period(const struct cutter *cutter)
{
    return is(cutter, "PERIOD") && next_is(cutter, "FOR");
}

static void read_items(struct cutter *cutter)
{
    do {
        if (at_period(cutter))
            skip_clause(cutter);
        else if (at_key(cutter))
            read_key(cutter);
        else
            read_column(cutter);
    } while (!cutter->is_lost && take_symbol(cutter, ','));
    if (!take_symbol(cutter, ')'))
        cutter->is_lost = true;
}

/* What stands behind the columns: options, or a query. */
static void read_rest(struct cutter *cutter)
{
    static const char *const queries[] = {"AS",     "SELECT", "WITH",    "TABLE",
                                          "VALUES", "IGNORE", "REPLACE", NULL};
    const char *start = start_of(cutter);

    cutter->end = start;
    while (!reader_at_end(&cutter->reader)) {
        bool versioned = is(cutter, "WITH") && next_is(cutter, "SYSTEM");
        for (const char *const *word = queries; *word != NULL && !versioned; word++)
            cutter->is_lost |= is(cutter, *word);
        if (is_symbol(cutter, ')'))
            cutter->is_lost = true;
        skip_one(cutter);
    }
    cutter->list->tail = since(cutter, start);
}

static void read_create(struct cutter *cutter)
{
    (void)(take(cutter, "OR") && take(cutter, "REPLACE"));
    if (!take(cutter, "TABLE")) {
        cutter->is_lost = true;
        return;
    }
    skip_condition(cutter);
    cutter->list->is_create = true;
    cutter->list->name = take_name(cutter);
    if (!take_symbol(cutter, '(') || is(cutter, "LIKE") || is(cutter, "SELECT") ||
        is_symbol(cutter, '(')) {
        cutter->is_lost = true;
        return;
    }
    read_items(cutter);
    if (!cutter->is_lost)
        read_rest(cutter);
}

/* --- ALTER TABLE -------------------------------------------------------------------------------- */

/* Something that is added and is neither a column nor a key. */
static bool at_other_addition(const struct cutter *cutter)
{
    return is(cutter, "PARTITION") || at_period(cutter) ||
           (is(cutter, "SYSTEM") && next_is(cutter, "VERSIONING"));
}

static void read_added(struct cutter *cutter)
{
    bool column = take(cutter, "COLUMN");

    skip_condition(cutter);
    if (take_symbol(cutter, '('))
        read_items(cutter);
    else if (!column && at_other_addition(cutter))
        skip_clause(cutter);
    else if (!column && at_key(cutter))
        read_key(cutter);
    else
        read_column(cutter);
}

/* MODIFY name definition, CHANGE old name definition */
static void read_changed(struct cutter *cutter, bool renames)
{
    (void)take(cutter, "COLUMN");
    skip_condition(cutter);
    if (renames)
        step(cutter);
    read_column(cutter);
}

static void read_dropped(struct cutter *cutter)
{
    static const char *const others[] = {"PRIMARY",    "INDEX",     "KEY",    "FOREIGN", "CHECK",
                                         "CONSTRAINT", "PARTITION", "PERIOD", "SYSTEM",  NULL};
    bool column = take(cutter, "COLUMN");
    struct token next = peek(cutter);
    bool last =
        next.kind == TOKEN_END || token_is_symbol(&next, ',') || token_is_symbol(&next, ';');

    for (const char *const *word = others; *word != NULL && !column && !last; word++) {
        if (is(cutter, *word)) {
            skip_clause(cutter);
            return;
        }
    }
    skip_condition(cutter);
    name_clause(cutter, add_clause(cutter, CLAUSE_DROPPED_COLUMN));
    skip_clause(cutter);
}

static void read_alteration(struct cutter *cutter)
{
    if (take(cutter, "ADD"))
        read_added(cutter);
    else if (take(cutter, "MODIFY"))
        read_changed(cutter, false);
    else if (take(cutter, "CHANGE"))
        read_changed(cutter, true);
    else if (take(cutter, "DROP"))
        read_dropped(cutter);
    else
        skip_clause(cutter);
}

static void read_alter(struct cutter *cutter)
{
    static const char *const words[] = {"ONLINE", "OFFLINE", "IGNORE", NULL};

    (void)reader_accept_any(&cutter->reader, words);
    if (!take(cutter, "TABLE")) {
        cutter->is_lost = true;
        return;
    }
    skip_condition(cutter);
    cutter->list->name = take_name(cutter);
    if (take(cutter, "WAIT"))
        step(cutter);
    else
        (void)take(cutter, "NOWAIT");
    do
        read_alteration(cutter);
    while (!cutter->is_lost && take_symbol(cutter, ','));
    cutter->is_lost |= !reader_at_end(&cutter->reader);
}

/* --- all of it ---------------------------------------------------------------------------------- */

/* One that a server runs may begin within a clause and end in another. */
static bool has_executable_comment(struct slice text, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;

    lexer_init(&lexer, text, dialect);
    while (lexer_next_raw(&lexer, &token)) {
        if (token.kind == TOKEN_COMMENT_OPEN)
            return true;
    }
    return false;
}

bool clause_read(struct slice text, const struct dialect *dialect, struct clause_list *list)
{
    struct cutter cutter = {.list = list};

    memset(list, 0, sizeof(*list));
    if (has_executable_comment(text, dialect))
        return false;
    reader_init(&cutter.reader, text, dialect);
    cutter.end = start_of(&cutter);
    if (take(&cutter, "CREATE"))
        read_create(&cutter);
    else if (take(&cutter, "ALTER"))
        read_alter(&cutter);
    else
        return false;
    return !cutter.is_lost;
}

void clause_release(struct clause_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->list[i].name);
        free(list->list[i].alone);
        free(list->list[i].columns);
    }
    free(list->list);
    memset(list, 0, sizeof(*list));
}

/* --- the tail of a CREATE TABLE ----------------------------------------------------------------- */

static char *option_key(const struct token *word)
{
    static const char *const charsets[] = {"CHARSET", "CHARACTER", "CHAR"};
    char *key = memory_copy_slice(word->text);

    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
        if (token_is(word, charsets[i])) {
            free(key);
            return memory_copy_text("DEFAULT CHARSET");
        }
    }
    for (char *at = key; *at != '\0'; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 32);
    }
    return key;
}

/* WITH SYSTEM VERSIONING; [DEFAULT] CHARACTER SET [=] utf8mb4; WORD [=] value; WORD = (a, b) */
static void read_option(struct cutter *cutter, struct clause_option *option)
{
    const char *start = start_of(cutter);

    if (take(cutter, "WITH")) {
        cutter->is_lost |= !take(cutter, "SYSTEM") || !take(cutter, "VERSIONING");
        option->key = memory_copy_text("WITH SYSTEM VERSIONING");
        option->text = since(cutter, start);
        return;
    }
    (void)take(cutter, "DEFAULT");
    if (cutter->reader.token.kind != TOKEN_WORD) {
        cutter->is_lost = true;
        return;
    }
    option->key = option_key(&cutter->reader.token);
    step(cutter);
    (void)(take(cutter, "SET") || take(cutter, "DIRECTORY"));
    (void)take_symbol(cutter, '=');
    cutter->is_lost |= reader_at_end(&cutter->reader);
    skip_one(cutter);
    option->text = since(cutter, start);
}

bool clause_read_tail(struct slice tail, const struct dialect *dialect, struct clause_tail *read)
{
    struct cutter cutter = {.is_lost = false};

    memset(read, 0, sizeof(*read));
    reader_init(&cutter.reader, tail, dialect);
    while (!reader_at_end(&cutter.reader) && !cutter.is_lost) {
        if (is(&cutter, "PARTITION")) {
            read->partition =
                slice_make(start_of(&cutter), (size_t)(tail.ptr + tail.len - start_of(&cutter)));
            return true;
        }
        read->options = memory_resize(read->options, read->count + 1, sizeof(*read->options));
        read->options[read->count] = (struct clause_option){NULL, SLICE_NONE};
        read_option(&cutter, &read->options[read->count++]);
        (void)take_symbol(&cutter, ',');
    }
    return !cutter.is_lost;
}

void clause_release_tail(struct clause_tail *read)
{
    for (size_t i = 0; i < read->count; i++)
        free(read->options[i].key);
    free(read->options);
    memset(read, 0, sizeof(*read));
}
