/* fuzz: schema. A text as the printed definition of an object that is no table: what is cut into clauses gives
 * the text back byte for byte, and is told from another one without reading beyond either.
 *
 *     input: flags 1 (bit 0: MariaDB; 1: ANSI_QUOTES; 2: NO_BACKSLASH_ESCAPES; from bit 3: the object's type)
 *            | text, to a NUL | another text
 */
#include "fuzz.h"

#include "schema/clauses.h"

static bool check(enum object_type type, struct slice text, const struct dialect *dialect,
                  struct clauses *clauses)
{
    struct buffer again = BUFFER_INIT;
    struct slice unknown = SLICE_NONE;
    bool known = clauses_read(type, text, dialect, clauses, &unknown);
    if (!known)
        require_within(unknown, text);
    for (size_t i = 0; i < CLAUSE_COUNT; i++)
        require_within(clauses->of[i], text);
    if (known) {
        clauses_write(clauses, &again);
        require(slice_equal(buffer_slice(&again), text));
    }
    buffer_release(&again);
    return known;
}

static void tell(const struct clauses *before, const struct clauses *after)
{
    struct clauses_change change;
    enum clause at = 0;
    while (clauses_next_change(before, after, &at, &change)) {
        require(change.mark == '+' || change.mark == '-' || change.mark == '~');
        require_within(change.before, before->text);
        require_within(change.after, after->text);
    }
    at = 0;
    require(!clauses_next_change(before, before, &at, &change));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_make(data, size);
    unsigned flags = take_byte(&rest);
    const struct dialect dialect = {.mariadb = (flags & 1) != 0,
                                    .version = (flags & 1) != 0 ? 110806 : 90704,
                                    .ansi_quotes = (flags & 2) != 0,
                                    .no_backslash_escapes = (flags & 4) != 0};
    enum object_type type = (enum object_type)((flags >> 3) % OBJECT_TYPE_COUNT);
    if (type == OBJECT_TABLE)
        return 0;
    const char *end = rest.len == 0 ? NULL : memchr(rest.ptr, '\0', rest.len);
    size_t len = end == NULL ? rest.len : (size_t)(end - rest.ptr);
    struct slice behind = slice_from_offset(rest, end == NULL ? len : len + 1);
    char *one = block_of(slice_make(rest.ptr, len)), *two = block_of(behind);
    struct clauses a, b;
    bool known = check(type, slice_make(one, len), &dialect, &a);
    if (check(type, slice_make(two, behind.len), &dialect, &b) && known)
        tell(&a, &b);
    free(one);
    free(two);
    return 0;
}
