/* image: see image.h. */
#include "schema/image.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "schema/printed.h"
#include "sql/redact.h"

/* " AUTO_INCREMENT=17" ahead of another option or the end; 0: it is something else. */
static size_t counter_length(struct slice text)
{
    const struct slice counter = SLICE(" AUTO_INCREMENT=");
    size_t len = counter.len;

    if (!slice_starts_with(text, counter))
        return 0;
    while (len < text.len && text.ptr[len] >= '0' && text.ptr[len] <= '9')
        len++;
    bool ends = len == text.len || text.ptr[len] == ' ' || text.ptr[len] == '\n';
    return ends && len > counter.len ? len : 0;
}

/* The counter stands among the options, outside of every group: the attribute of a column is inside the columns' group
 * and has no value. */
static void append_without_counter(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len;) {
        size_t counter = counter_length(slice_from_offset(text, i));
        size_t next = counter > 0 ? i + counter : printed_skip(text, i);
        if (counter == 0)
            buffer_append(out, text.ptr + i, next - i);
        i = next;
    }
}

/* MySQL keeps the ';' behind a trigger or event that was made within a text of several statements.
 */
static struct slice without_terminator(struct slice text)
{
    while (text.len > 0 && strchr("; \t\r\n", text.ptr[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* MariaDB 11 prints the name that it made for a foreign key of the table `a``b` as `a`b_ibfk_1`. */
static void append_with_quoted_keys(struct slice text, struct buffer *out)
{
    struct buffer bare = BUFFER_INIT, broken = BUFFER_INIT;
    struct slice name = printed_name(text, SLICE("CREATE TABLE ").len);

    printed_unquote(name, &bare);
    buffer_printf(&broken, "\n  CONSTRAINT `%s_ibfk_", buffer_text(&bare));
    for (size_t i = 0; i < text.len;) {
        bool is_broken = bare.len + 2 < name.len &&
                         slice_starts_with(slice_from_offset(text, i), buffer_slice(&broken));
        if (!is_broken) {
            buffer_append_char(out, text.ptr[i++]);
            continue;
        }
        buffer_append_text(out, "\n  CONSTRAINT ");
        buffer_append(out, name.ptr, name.len - 1);
        buffer_append_text(out, "_ibfk_");
        i += broken.len;
    }
    buffer_release(&bare);
    buffer_release(&broken);
}

void image_normalise(enum object_type type, struct slice text, bool mariadb, struct buffer *out)
{
    struct buffer counted = BUFFER_INIT, quoted = BUFFER_INIT;

    if (type == OBJECT_TABLE) {
        append_with_quoted_keys(text, &quoted);
        append_without_counter(buffer_slice(&quoted), &counted);
        text = buffer_slice(&counted);
    } else {
        text = without_terminator(text);
    }
    redact_write_definition(text, mariadb, out);
    buffer_release(&counted);
    buffer_release(&quoted);
}

void image_hash(struct slice text, struct slice context, char hash[IMAGE_HASH_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *state = EVP_MD_CTX_new();

    hash[0] = '\0';

    /* the NUL between the two keeps ("ab", "c") and ("a", "bc") apart */
    int done = state != NULL && EVP_DigestInit_ex(state, EVP_sha256(), NULL) == 1 &&
               EVP_DigestUpdate(state, text.ptr, text.len) == 1 &&
               EVP_DigestUpdate(state, "", 1) == 1 &&
               EVP_DigestUpdate(state, context.ptr, context.len) == 1 &&
               EVP_DigestFinal_ex(state, digest, &len) == 1;
    assert(done && 2 * len + 1 == IMAGE_HASH_SIZE);
    (void)done;
    EVP_MD_CTX_free(state);
    for (unsigned i = 0; i < len; i++)
        snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}
