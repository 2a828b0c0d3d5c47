/* fuzz: format. Files of a project that a format reads: a revision of Alembic, its alembic.ini, its env.py. And a
 * string that is written as a Python literal has the value that it had.
 *
 *     input: flags 1 (what the text is, modulo 4) | text
 */
#include "fuzz.h"

#include "format/alembic_revision.h"
#include "format/ini.h"
#include "format/python_literal.h"
#include "sql/section.h"

static void check_revision(struct slice text)
{
    char path[] = "1.py";
    struct migration migration = {.path = path};
    if (alembic_revision_read(text, &migration, NULL) == ERROR_NONE)
        require(migration.version != NULL);
    require(migration.title != NULL);
    free(migration.version);
    free(migration.title);
    texts_release(&migration.parents);
    texts_release(&migration.dependencies);
    texts_release(&migration.labels);
}

static void check_keyword(struct slice text)
{
    char *value;
    if (!alembic_revision_find_keyword(text, "version_table", &value))
        require(value == NULL);
    free(value);
}

static void check_ini(struct slice text)
{
    struct ini ini;
    ini_read(text, "alembic", &ini);
    for (size_t i = 0; i < ini.count; i++) {
        char *value = ini_get(&ini, ini.entries[i].name);
        require(value != NULL);
        free(value);
    }
    ini_release(&ini);
}

/* Without what is written by number, which is not read back. */
static void check_literal(struct slice text)
{
    struct buffer literal = BUFFER_INIT, value = BUFFER_INIT;
    if (!section_is_utf8(text))
        return;
    python_literal_append(text, &literal);
    require(python_literal_length(buffer_slice(&literal)) == literal.len);
    python_literal_value(buffer_slice(&literal), &value);
    bool by_number = false;
    for (size_t i = 0; i + 1 < literal.len; i++)
        by_number =
            by_number || (literal.ptr[i] == '\\' && strchr("xuU", literal.ptr[i + 1]) != NULL);
    require(by_number || slice_equal(buffer_slice(&value), text));
    buffer_clear(&literal);
    python_literal_append_argument(text, &literal);
    buffer_release(&literal);
    buffer_release(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(struct slice) = {check_revision, check_keyword, check_ini,
                                                   check_literal};
    if (size == 0)
        return 0;
    struct slice text = slice_make(data + 1, size - 1);
    char *block = block_of(text);
    checks[data[0] % 4](slice_make(block, text.len));
    free(block);
    return 0;
}
