/* handshake: see handshake.h. Where the patched bits stand:
 *
 *     greeting   0A | version NUL | id 4 | salt 8 | 0 | LOW 2 | collation 1 | status 2 | HIGH 2 |
 *                salt length 1 | reserved 6 | MARIADB 4 | salt ... | plugin NUL
 *     response   LOW and HIGH 4 | max packet 4 | collation 1 | reserved 19 | MARIADB 4 | ...
 */
#include "wire/handshake.h"

#include <assert.h>

#include "wire/capabilities.h"
#include "wire/command.h"
#include "wire/reader.h"

#define GREETING_VERSION 10
#define RESPONSE_FIXED 32          /* also the size of an SSLRequest */
#define RESPONSE_MARIADB_OFFSET 28 /* in a response */
#define GREETING_SALT_HEAD 8
#define GREETING_SALT_TAIL_MIN 13

static bool contains_mariadb(struct slice version)
{
    static const struct slice name = {"MariaDB", 7};
    for (size_t i = 0; i + name.len <= version.len; i++) {
        if (slice_starts_with(slice_from_offset(version, i), name))
            return true;
    }
    return false;
}

static void append_salt(struct handshake_greeting *greeting, struct slice part)
{
    assert(greeting->salt_len + part.len <= HANDSHAKE_SALT_MAX);
    memcpy(greeting->salt + greeting->salt_len, part.ptr, part.len);
    greeting->salt_len += part.len;
}

/* The second part of the salt: as long as told, at least 13, or what is left. Its last byte is NUL.
 */
static void read_salt_tail(struct reader *reader, unsigned told,
                           struct handshake_greeting *greeting)
{
    size_t len = told > GREETING_SALT_HEAD ? told - GREETING_SALT_HEAD : 0;
    if (len < GREETING_SALT_TAIL_MIN)
        len = GREETING_SALT_TAIL_MIN;
    if (len > reader->rest.len)
        len = reader->rest.len;
    struct slice tail = reader_bytes(reader, len);
    if (tail.len > 0 && tail.ptr[tail.len - 1] == '\0')
        tail.len--;
    append_salt(greeting, tail);
}

/* What servers since 4.1 send behind the low capability bits. */
static void read_greeting_rest(struct reader *reader, struct handshake_greeting *greeting)
{
    greeting->collation = (uint8_t)reader_integer(reader, 1);
    greeting->status = (uint16_t)reader_integer(reader, 2);
    greeting->capabilities |= reader_integer(reader, 2) << 16;
    unsigned salt_len = (unsigned)reader_integer(reader, 1);
    reader_bytes(reader, 6);
    uint64_t extended = reader_integer(reader, 4);
    if (reader->state != READER_OK)
        return;
    if ((greeting->capabilities & CLIENT_MYSQL) == 0)
        greeting->capabilities |= extended << 32;
    read_salt_tail(reader, salt_len, greeting);
    if ((greeting->capabilities & CLIENT_PLUGIN_AUTH) == 0)
        return;
    struct slice unterminated = reader->rest; /* some old servers forgot the NUL */
    greeting->auth_plugin = reader_nul_text(reader);
    if (reader->state != READER_OK) {
        reader->state = READER_OK;
        greeting->auth_plugin = unterminated;
    }
}

enum error handshake_greeting_parse(struct slice payload, struct handshake_greeting *greeting)
{
    *greeting = (struct handshake_greeting){.auth_plugin = SLICE_NONE};
    struct reader reader = reader_make(payload);
    uint64_t version = reader_integer(&reader, 1);
    if (reader.state == READER_OK && version != GREETING_VERSION)
        return ERROR_UNSUPPORTED;
    greeting->server_version = reader_nul_text(&reader);
    greeting->connection_id = (uint32_t)reader_integer(&reader, 4);
    struct slice salt = reader_bytes(&reader, GREETING_SALT_HEAD);
    append_salt(greeting, salt);
    reader_bytes(&reader, 1);
    greeting->capabilities = reader_integer(&reader, 2);
    if (reader.state == READER_OK && reader.rest.len > 0)
        read_greeting_rest(&reader, greeting);
    greeting->mariadb =
        (greeting->capabilities & CLIENT_MYSQL) == 0 || contains_mariadb(greeting->server_version);
    return reader.state == READER_OK ? ERROR_NONE : ERROR_MALFORMED;
}

/* Patch `bytes` bytes of bits at an offset, unless the payload ends before. */
static void patch_bits(char *payload, size_t len, size_t offset, unsigned bytes, uint64_t clear,
                       uint64_t set)
{
    if (offset + bytes > len)
        return;
    for (unsigned i = 0; i < bytes; i++) {
        unsigned byte = (unsigned char)payload[offset + i];
        byte &= ~(unsigned)(clear >> (8 * i) & 0xFF);
        byte |= (unsigned)(set >> (8 * i) & 0xFF);
        payload[offset + i] = (char)(unsigned char)byte;
    }
}

void handshake_greeting_patch(char *payload, size_t len, uint64_t clear, uint64_t set)
{
    struct handshake_greeting greeting;
    if (handshake_greeting_parse(slice_make(payload, len), &greeting) != ERROR_NONE)
        return;
    size_t low = 1 + greeting.server_version.len + 1 + 4 + GREETING_SALT_HEAD + 1;
    size_t high = low + 2 + 1 + 2;
    size_t extended = high + 2 + 1 + 6;
    patch_bits(payload, len, low, 2, clear, set);
    patch_bits(payload, len, high, 2, clear >> 16, set >> 16);
    if ((greeting.capabilities & CLIENT_MYSQL) == 0)
        patch_bits(payload, len, extended, 4, clear >> 32, set >> 32);
}

/* What a response and a COM_CHANGE_USER both may end with. */
struct tail {
    struct slice auth_plugin, program_name, client_name;
};

static void read_attributes(struct reader *reader, struct tail *tail)
{
    struct reader attributes = reader_make(reader_text(reader));
    while (attributes.rest.len > 0 && attributes.state == READER_OK) {
        struct slice key = reader_text(&attributes);
        struct slice value = reader_text(&attributes);
        if (attributes.state != READER_OK)
            reader->state = attributes.state;
        else if (slice_equal(key, SLICE("program_name")))
            tail->program_name = value;
        else if (slice_equal(key, SLICE("_client_name")))
            tail->client_name = value;
    }
}

/* A plugin's name, as opposed to the start of attributes. */
static bool looks_like_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return false;
    }
    return text.len > 0;
}

static void read_tail(struct reader *reader, uint64_t capabilities, struct tail *tail)
{
    *tail = (struct tail){SLICE_NONE, SLICE_NONE, SLICE_NONE};
    if ((capabilities & CLIENT_PLUGIN_AUTH) != 0) {
        struct slice plugin = reader_nul_text(reader);
        if (plugin.len == 0 && (capabilities & CLIENT_CONNECT_WITH_DB) == 0) {
            /* Old Connector/J sends an empty database name that nothing announced. */
            struct reader again = *reader;
            struct slice next = reader_nul_text(&again);
            if (again.state == READER_OK && looks_like_name(next)) {
                plugin = next;
                *reader = again;
            }
        }
        if (reader->state == READER_OK)
            tail->auth_plugin = plugin;
    }
    if ((capabilities & CLIENT_CONNECT_ATTRS) != 0 && reader->rest.len > 0)
        read_attributes(reader, tail);
}

static void skip_auth_data(struct reader *reader, uint64_t capabilities)
{
    if ((capabilities & CLIENT_PLUGIN_AUTH_LENENC_DATA) != 0)
        reader_text(reader);
    else if ((capabilities & CLIENT_SECURE_CONNECTION) != 0)
        reader_bytes(reader, reader_integer(reader, 1));
    else
        reader_nul_text(reader);
}

static void read_response_rest(struct reader *reader, struct handshake_response *response)
{
    struct tail tail;
    response->user = reader_nul_text(reader);
    skip_auth_data(reader, response->capabilities);
    if ((response->capabilities & CLIENT_CONNECT_WITH_DB) != 0)
        response->database = reader_nul_text(reader);
    read_tail(reader, response->capabilities, &tail);
    response->auth_plugin = tail.auth_plugin;
    response->program_name = tail.program_name;
    response->client_name = tail.client_name;
    response->incomplete = reader->state != READER_OK;
}

enum error handshake_response_parse(struct slice payload, struct handshake_response *response)
{
    *response = (struct handshake_response){.user = SLICE(""), .database = SLICE("")};
    struct reader reader = reader_make(payload);
    uint64_t capabilities = reader_integer(&reader, 2);
    if (reader.state == READER_OK && (capabilities & CLIENT_PROTOCOL_41) == 0)
        return ERROR_UNSUPPORTED;
    capabilities |= reader_integer(&reader, 2) << 16;
    response->max_packet = (uint32_t)reader_integer(&reader, 4);
    response->collation = (uint8_t)reader_integer(&reader, 1);
    reader_bytes(&reader, 19);
    uint64_t extended = reader_integer(&reader, 4);
    if (reader.state != READER_OK)
        return ERROR_MALFORMED;
    if ((capabilities & CLIENT_MYSQL) == 0)
        capabilities |= extended << 32;
    response->capabilities = capabilities;
    response->ssl_request = (capabilities & CLIENT_SSL) != 0 && payload.len == RESPONSE_FIXED;
    if (!response->ssl_request)
        read_response_rest(&reader, response);
    return ERROR_NONE;
}

void handshake_response_patch(char *payload, size_t len, uint64_t clear, uint64_t set)
{
    if (len < RESPONSE_FIXED || ((unsigned char)payload[1] & (CLIENT_PROTOCOL_41 >> 8)) == 0)
        return;
    bool mariadb = ((unsigned char)payload[0] & CLIENT_MYSQL) == 0;
    patch_bits(payload, len, 0, 4, clear, set);
    if (mariadb)
        patch_bits(payload, len, RESPONSE_MARIADB_OFFSET, 4, clear >> 32, set >> 32);
}

enum error handshake_change_user_parse(struct slice payload, uint64_t capabilities,
                                       struct handshake_change_user *change)
{
    struct tail tail;
    *change = (struct handshake_change_user){.user = SLICE(""), .database = SLICE("")};
    struct reader reader = reader_make(payload);
    uint64_t code = reader_integer(&reader, 1);
    change->user = reader_nul_text(&reader);
    if (reader.state != READER_OK || code != COM_CHANGE_USER)
        return ERROR_MALFORMED;
    /* Here the scramble's length is one byte, whatever was agreed for the handshake response. */
    skip_auth_data(&reader, capabilities & ~CLIENT_PLUGIN_AUTH_LENENC_DATA);
    change->database = reader_nul_text(&reader);
    if (reader.state == READER_OK && reader.rest.len > 0) {
        change->collation = (uint16_t)reader_integer(&reader, 2);
        read_tail(&reader, capabilities | CLIENT_CONNECT_WITH_DB, &tail);
        change->auth_plugin = tail.auth_plugin;
        change->program_name = tail.program_name;
        change->client_name = tail.client_name;
    }
    change->incomplete = reader.state != READER_OK;
    return ERROR_NONE;
}

enum handshake_server_packet handshake_server_packet(struct slice payload)
{
    if (payload.len == 0)
        return HANDSHAKE_OTHER;
    switch ((unsigned char)payload.ptr[0]) {
    case 0x00:
        return HANDSHAKE_OK;
    case 0xFF:
        return HANDSHAKE_ERROR;
    case 0xFE:
        return HANDSHAKE_AUTH_SWITCH;
    case 0x01:
        return HANDSHAKE_MORE_DATA;
    default:
        return HANDSHAKE_OTHER;
    }
}
