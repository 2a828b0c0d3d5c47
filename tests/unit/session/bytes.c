#include "bytes.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "wire/packet.h"

struct made {
    char *bytes;
    struct made *next;
};

static struct made *all_made;

void bytes_forget(void)
{
    while (all_made != NULL) {
        struct made *made = all_made;
        all_made = made->next;
        free(made->bytes);
        free(made);
    }
}

static struct slice keep(struct buffer *buffer)
{
    struct made *made = memory_new(1, sizeof(*made));
    size_t len = buffer->len;
    made->bytes = len == 0 ? memory_new(1, 1) : buffer_detach(buffer);
    made->next = all_made;
    all_made = made;
    return slice_make(made->bytes, len);
}

struct slice bytes_join(const struct slice *parts, size_t count)
{
    struct buffer buffer = BUFFER_INIT;
    for (size_t i = 0; i < count; i++)
        buffer_append_slice(&buffer, parts[i]);
    return keep(&buffer);
}

struct slice bytes_text(const char *text)
{
    struct slice slice = slice_from(text);
    return bytes_join(&slice, 1);
}

struct slice bytes_pattern(const char *start, size_t len)
{
    struct buffer buffer = BUFFER_INIT;
    uint32_t number = 1;
    buffer_append_text(&buffer, start);
    while (buffer.len + 4 <= len) {
        number = number * 1664525u + 1013904223u;
        buffer_append_integer(&buffer, number, 4);
    }
    while (buffer.len < len)
        buffer_append_char(&buffer, '.');
    return keep(&buffer);
}

struct slice bytes_integer(uint64_t value, unsigned bytes)
{
    struct buffer buffer = BUFFER_INIT;
    buffer_append_integer(&buffer, value, bytes);
    return keep(&buffer);
}

struct slice packet(uint8_t sequence, struct slice payload)
{
    struct buffer buffer = BUFFER_INIT;
    (void)packet_write(&buffer, sequence, payload);
    return keep(&buffer);
}

/* --- frames ----------------------------------------------------------------------------------- */

static struct slice frame(uint8_t sequence, struct slice data, size_t plain)
{
    return JOIN(bytes_integer(data.len, 3), bytes_integer(sequence, 1), bytes_integer(plain, 3),
                data);
}

struct slice stored(uint8_t sequence, struct slice packets)
{
    return frame(sequence, packets, 0);
}

struct slice deflated(uint8_t sequence, struct slice packets)
{
    uLong len = compressBound(packets.len);
    char *data = memory_new(len, 1);
    if (compress((Bytef *)data, &len, (const Bytef *)packets.ptr, packets.len) != Z_OK)
        abort();
    bool fits = len <= PACKET_PAYLOAD_MAX;
    struct slice slice =
        fits ? frame(sequence, slice_make(data, len), packets.len) : stored(sequence, packets);
    free(data);
    return slice;
}

struct slice zstandard(uint8_t sequence, struct slice packets)
{
    size_t len = ZSTD_compressBound(packets.len);
    char *data = memory_new(len, 1);
    len = ZSTD_compress(data, len, packets.ptr, packets.len, 3);
    struct slice slice = frame(sequence, slice_make(data, len), packets.len);
    free(data);
    return slice;
}

/* --- the client's ----------------------------------------------------------------------------- */

struct slice response(uint64_t capabilities, const char *user, const char *database)
{
    struct buffer buffer = BUFFER_INIT;
    buffer_append_integer(&buffer, capabilities & CAPABILITIES_BASE, 4);
    buffer_append_integer(&buffer, 0x1000000, 4);
    buffer_append_integer(&buffer, 45, 1);
    for (int i = 0; i < 19; i++)
        buffer_append_char(&buffer, '\0');
    buffer_append_integer(&buffer, capabilities >> 32, 4);
    buffer_append(&buffer, user, strlen(user) + 1);
    buffer_append_integer(&buffer, 20, 1);
    buffer_append(&buffer, "01234567890123456789", 20);
    if ((capabilities & CLIENT_CONNECT_WITH_DB) != 0)
        buffer_append(&buffer, database, strlen(database) + 1);
    buffer_append(&buffer, "mysql_native_password", sizeof("mysql_native_password"));
    return packet(1, keep(&buffer));
}

struct slice command(enum command_code code, struct slice rest)
{
    return packet(0, JOIN(bytes_integer(code, 1), rest));
}

struct slice query(const char *text)
{
    return command(COM_QUERY, slice_from(text));
}

struct slice execute(uint32_t statement_id)
{
    return command(COM_STMT_EXECUTE, JOIN(bytes_integer(statement_id, 4), SLICE("\0\1\0\0\0")));
}

struct slice close_statement(uint32_t statement_id)
{
    return command(COM_STMT_CLOSE, bytes_integer(statement_id, 4));
}

struct slice change_user(const char *user, const char *database)
{
    return command(COM_CHANGE_USER, JOIN(slice_make(user, strlen(user) + 1), SLICE("\0"),
                                         slice_make(database, strlen(database) + 1),
                                         SLICE("\x2d\0"), SLICE("mysql_native_password\0")));
}

/* --- the server's ----------------------------------------------------------------------------- */

struct slice greeting(uint64_t capabilities)
{
    struct buffer buffer = BUFFER_INIT;
    bool mariadb = (capabilities & CLIENT_MYSQL) == 0;
    buffer_append_char(&buffer, 10);
    if (mariadb)
        buffer_append(&buffer, "11.8.6-MariaDB", sizeof("11.8.6-MariaDB"));
    else
        buffer_append(&buffer, "8.4.3", sizeof("8.4.3"));
    buffer_append_integer(&buffer, 77, 4);
    buffer_append(&buffer, "ABCDEFGH", 9);
    buffer_append_integer(&buffer, capabilities & 0xFFFF, 2);
    buffer_append_integer(&buffer, 45, 1);
    buffer_append_integer(&buffer, 2, 2);
    buffer_append_integer(&buffer, capabilities >> 16 & 0xFFFF, 2);
    buffer_append_integer(&buffer, 21, 1);
    buffer_append(&buffer, "\0\0\0\0\0\0", 6);
    buffer_append_integer(&buffer, capabilities >> 32, 4);
    buffer_append(&buffer, "IJKLMNOPQRST", 13);
    buffer_append(&buffer, "mysql_native_password", sizeof("mysql_native_password"));
    return packet(0, keep(&buffer));
}

struct slice ok(uint8_t sequence, uint16_t status)
{
    return packet(sequence, JOIN(SLICE("\0\0\0"), bytes_integer(status, 2), SLICE("\0\0")));
}

struct slice error(uint8_t sequence, uint16_t code, const char *message)
{
    return packet(sequence, JOIN(SLICE("\xff"), bytes_integer(code, 2), SLICE("#42000"),
                                 slice_from(message)));
}

struct slice prepare_ok(uint32_t statement_id)
{
    return packet(1, JOIN(SLICE("\0"), bytes_integer(statement_id, 4), SLICE("\0\0\0\0\0\0\0")));
}

struct slice rows_without_end(const char *value, unsigned rows)
{
    struct buffer buffer = BUFFER_INIT;
    struct slice text = JOIN(bytes_integer(strlen(value), 1), slice_from(value));
    struct slice head = JOIN(packet(1, SLICE("\1")),
                             packet(2, SLICE("\3def\0\0\0\1x\0\x0c\x2d\0\1\0\0\0\xfd\0\0\0\0\0")),
                             packet(3, SLICE("\xfe\0\0\2\0")));
    buffer_append_slice(&buffer, head);
    for (unsigned i = 0; i < rows; i++)
        buffer_append_slice(&buffer, packet((uint8_t)(4 + i), text));
    return keep(&buffer);
}

struct slice end_of_rows(uint8_t sequence, uint16_t status)
{
    return packet(sequence, JOIN(SLICE("\xfe\0\0"), bytes_integer(status, 2)));
}

struct slice one_row(const char *value)
{
    return JOIN(rows_without_end(value, 1), end_of_rows(5, 2));
}
