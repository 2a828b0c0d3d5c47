/* fuzz: schema. A text as a dump: it ends, within its bounds, with objects that have a name and either a text or
 * a reason; and two texts as a unified diff, from which both can be made again.
 *
 *     input: flags 1 (bit 0: MariaDB; bit 1: two texts, cut at the first NUL) | text
 */
#include "fuzz.h"

#include "schema/dump.h"
#include "schema/unified.h"

static void check_dump(struct slice text, bool mariadb)
{
    const struct dialect usual = {.mariadb = mariadb, .version = mariadb ? 101119 : 90704};
    struct dump dump;
    if (dump_read(text, &usual, "app", &dump, NULL) != ERROR_NONE)
        return;
    require(dump.catalog.count > 0);
    for (size_t i = 0; i < dump.catalog.count; i++) {
        const struct catalog_object *object = &dump.catalog.objects[i];
        require(object->name != NULL);
        require((object->text == NULL) == (object->why != NULL));
    }
    dump_release(&dump);
}

/* A last line without an end is one too. */
static size_t count_lines(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n' || i + 1 == text.len;
    return count;
}

static void check_unified(struct slice before, struct slice after)
{
    struct buffer out = BUFFER_INIT;
    size_t gone = 0, come = 0;
    unified_write(before, after, &out);
    struct slice rest = buffer_slice(&out);
    while (rest.len > 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        require(end != NULL && end > rest.ptr && strchr("@ -+", rest.ptr[0]) != NULL);
        gone += rest.ptr[0] == '-';
        come += rest.ptr[0] == '+';
        rest = slice_from_offset(rest, (size_t)(end - rest.ptr) + 1);
    }
    require(count_lines(before) - gone == count_lines(after) - come);
    if (slice_equal(before, after))
        require(out.len == 0);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make(data, size);
    unsigned flags = take_byte(&input);
    char *block = block_of(input);
    const char *cut = input.len == 0 ? NULL : memchr(block, '\0', input.len);
    if ((flags & 2) == 0) {
        check_dump(slice_make(block, input.len), (flags & 1) != 0);
    } else if (cut != NULL) {
        size_t len = (size_t)(cut - block);
        check_unified(slice_make(block, len), slice_make(cut + 1, input.len - len - 1));
    }
    free(block);
    return 0;
}
