/* slug: see slug.h. The C library knows letters of all scripts in its locale C.UTF-8. */
#include "format/slug.h"

#include <locale.h>
#include <wchar.h>
#include <wctype.h>

#include <stdbool.h>
#include <stdint.h>

struct slugger {
    locale_t locale; /* 0: only ASCII is known */
    bool joining;    /* a word has ended */
    size_t start;    /* in the buffer */
    size_t characters;
};

static uint32_t next_character(struct slice text, size_t *len)
{
    const unsigned char *s = (const unsigned char *)text.ptr;
    *len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (*len > text.len)
        *len = 1;
    uint32_t c = *len == 1 ? s[0] : s[0] & (0xffU >> (*len + 1));
    for (size_t i = 1; i < *len; i++)
        c = c << 6 | (s[i] & 0x3fU);
    return c;
}

static bool is_word(const struct slugger *slugger, uint32_t c)
{
    bool ascii = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return ascii || c == '_' ||
           (c > 0x7f && slugger->locale != 0 && iswalnum_l((wint_t)c, slugger->locale));
}

static void append_character(uint32_t c, struct buffer *out)
{
    if (c < 0x80) {
        buffer_append_char(out, (char)c);
        return;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    buffer_append_char(out, (char)((0xff00U >> (more + 1) & 0xffU) | c >> 6 * more));
    while (more-- > 0)
        buffer_append_char(out, (char)(0x80U | (c >> 6 * more & 0x3fU)));
}

static void append_lower(const struct slugger *slugger, uint32_t c, struct buffer *out)
{
    if (c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    else if (c > 0x7f && slugger->locale != 0)
        c = (uint32_t)towlower_l((wint_t)c, slugger->locale);
    append_character(c, out);
}

/* Cut back to `most` characters and the last '_' before them. */
static void cut(size_t start, size_t most, struct buffer *out)
{
    size_t at = start, len;
    for (size_t i = 0; i < most; i++) {
        next_character(slice_make(out->ptr + at, out->len - at), &len);
        at += len;
    }
    size_t end = at;
    while (end > start && out->ptr[end - 1] != '_')
        end--;
    buffer_truncate(out, end > start ? end - 1 : at);
    buffer_append_char(out, '_');
}

void slug_append(struct slice text, size_t most, struct buffer *out)
{
    struct slugger slugger = {newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), false, out->len, 0};
    size_t len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t c = next_character(slice_from_offset(text, at), &len);
        if (!is_word(&slugger, c)) {
            slugger.joining = slugger.characters > 0;
            continue;
        }
        if (slugger.joining)
            buffer_append_char(out, '_');
        append_lower(&slugger, c, out);
        slugger.characters += slugger.joining ? 2 : 1;
        slugger.joining = false;
    }
    if (slugger.characters > most)
        cut(slugger.start, most, out);
    if (slugger.locale != 0)
        freelocale(slugger.locale);
}
