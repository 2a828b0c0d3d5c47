/* portable_charset: from MySQL's character sets to UTF-8, by the C library's iconv. */
#include <errno.h>
#include <iconv.h>

#include "sql/portable.h"

/* MySQL's names and iconv's. Sets that are not here cannot be converted. */
static const struct {
    const char *mysql;
    const char *iconv;
} charsets[] = {
    {"utf8", "UTF-8"},
    {"utf8mb3", "UTF-8"},
    {"utf8mb4", "UTF-8"},
    {"binary", "UTF-8"},
    {"ascii", "ASCII"},
    {"latin1", "CP1252"},
    {"latin2", "ISO-8859-2"},
    {"latin5", "ISO-8859-9"},
    {"latin7", "ISO-8859-13"},
    {"greek", "ISO-8859-7"},
    {"hebrew", "ISO-8859-8"},
    {"cp1250", "CP1250"},
    {"cp1251", "CP1251"},
    {"cp1256", "CP1256"},
    {"cp1257", "CP1257"},
    {"cp850", "CP850"},
    {"cp852", "CP852"},
    {"cp866", "CP866"},
    {"koi8r", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"tis620", "TIS-620"},
    {"macroman", "MACINTOSH"},
    {"macce", "MAC-CENTRALEUROPE"},
    {"armscii8", "ARMSCII-8"},
    {"geostd8", "GEORGIAN-PS"},
    {"hp8", "HP-ROMAN8"},
    {"gbk", "GBK"},
    {"gb2312", "EUC-CN"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5"},
    {"sjis", "SHIFT_JIS"},
    {"cp932", "CP932"},
    {"ujis", "EUC-JP"},
    {"eucjpms", "EUC-JP-MS"},
    {"euckr", "CP949"},
    {"ucs2", "UCS-2BE"},
    {"utf16", "UTF-16BE"},
    {"utf16le", "UTF-16LE"},
    {"utf32", "UTF-32BE"},
};

static const char *find_charset(const char *character_set)
{
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
        if (slice_equal_nocase(slice_from(charsets[i].mysql), slice_from(character_set)))
            return charsets[i].iconv;
    }
    return NULL;
}

/* MySQL's latin1 knows the five bytes that CP1252 leaves open as the control characters U+0081 to
 * U+009D: their UTF-8 form is 0xC2 and the byte itself. */
static bool append_latin1_control(char **in, size_t *left, struct buffer *out)
{
    if (*left == 0 || memchr("\x81\x8D\x8F\x90\x9D", **in, 5) == NULL)
        return false;
    buffer_append_char(out, '\xC2');
    buffer_append_char(out, **in);
    (*in)++;
    (*left)--;
    return true;
}

must_check static enum error convert(iconv_t converter, bool latin1, struct slice text,
                                     struct buffer *out)
{
    char *in = (char *)(uintptr_t)text.ptr; /* iconv reads only, but has no const */
    size_t left = text.len;

    while (left > 0) {
        char piece[4096];
        char *to = piece;
        size_t room = sizeof(piece);
        size_t done = iconv(converter, &in, &left, &to, &room);
        int why = errno;
        buffer_append(out, piece, (size_t)(to - piece));
        if (done != (size_t)-1 || why == E2BIG)
            continue;
        if (!latin1 || !append_latin1_control(&in, &left, out))
            return ERROR_MALFORMED;
    }
    return ERROR_NONE;
}

enum error portable_to_utf8(struct slice text, const char *character_set, struct buffer *out)
{
    const char *name = character_set == NULL ? NULL : find_charset(character_set);
    if (name == NULL)
        return ERROR_UNSUPPORTED;
    iconv_t converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1)
        return ERROR_UNSUPPORTED;
    size_t before = out->len;
    bool latin1 = slice_equal_nocase(slice_from(character_set), SLICE("latin1"));
    enum error result = convert(converter, latin1, text, out);
    if (result != ERROR_NONE)
        buffer_truncate(out, before);
    iconv_close(converter);
    return result;
}
