/* Packets, the login and the shapes of answers: as much of the protocol as the measurements need. */
#include "connection.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport.h"

#define PACKET_HEAD 4
#define PAYLOAD_MAX ((size_t)0xFFFFFF)
#define INFILE_CHUNK ((size_t)16 << 10)

enum {
    CONNECT_WITH_DB = 1 << 3,
    COMPRESS = 1 << 5,
    LOCAL_FILES = 1 << 7,
    PROTOCOL_41 = 1 << 9,
    WITH_TLS = 1 << 11,
    TRANSACTIONS = 1 << 13,
    SECURE_CONNECTION = 1 << 15,
    PLUGIN_AUTH = 1 << 19,
    MAX_PACKET = 1 << 30,
    UTF8MB4 = 45,
};

enum {
    HEAD_OK = 0x00,
    HEAD_INFILE = 0xfb,
    HEAD_EOF = 0xfe,
    HEAD_ERROR = 0xff
};

struct connection {
    struct transport *transport;
    const struct target *target;
    uint8_t sequence; /* of the packet that comes next */
    uint8_t *packet;  /* room for the command that is sent */
    size_t capacity;
    struct answer answer;
};

struct packet {
    const uint8_t *payload;
    size_t length;
};

_Noreturn void fail(const char *format, ...)
{
    int code = errno;
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("bench client: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fprintf(stderr, "%s%s\n", code != 0 ? ": " : "", code != 0 ? strerror(code) : "");
    va_end(arguments);
    /* Not exit: other threads are in the middle of their commands. */
    _Exit(1);
}

/* The next packet, which is valid until the one after it is read. */
static struct packet read_packet(struct connection *connection)
{
    const uint8_t *head = transport_need(connection->transport, PACKET_HEAD);
    size_t length = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16;
    connection->sequence = (uint8_t)(head[3] + 1);
    const uint8_t *all = transport_need(connection->transport, PACKET_HEAD + length);
    transport_take(connection->transport, PACKET_HEAD + length);
    connection->answer.bytes += PACKET_HEAD + length;
    if (length == 0 || length == PAYLOAD_MAX)
        fail("a packet of %zu bytes is not expected", length);
    return (struct packet){all + PACKET_HEAD, length};
}

static uint8_t *packet_room(struct connection *connection, size_t length)
{
    assert(length < PAYLOAD_MAX);
    if (connection->capacity < PACKET_HEAD + length) {
        free(connection->packet);
        connection->capacity = PACKET_HEAD + length;
        connection->packet = malloc(connection->capacity);
        if (connection->packet == NULL)
            fail("out of memory");
    }
    return connection->packet + PACKET_HEAD;
}

/* Send what was written into packet_room. */
static void send_packet(struct connection *connection, size_t length)
{
    uint8_t *head = connection->packet;
    for (int i = 0; i < 3; i++)
        head[i] = (uint8_t)(length >> (8 * i));
    head[3] = connection->sequence++;
    transport_send(connection->transport, head, PACKET_HEAD + length, head[3] == 0);
}

static _Noreturn void fail_with_error(struct packet packet)
{
    errno = 0;
    fail("the server says: %.*s", (int)(packet.length - 3), (const char *)packet.payload + 3);
}

/* The lower half of the capability flags, behind the version, the connection id and a part of the salt. */
static uint32_t read_offered(struct packet greeting)
{
    const uint8_t *version_end = memchr(greeting.payload, 0, greeting.length);
    size_t at = version_end != NULL ? (size_t)(version_end - greeting.payload) + 1 + 4 + 9 : 0;
    if (at == 0 || at + 2 > greeting.length)
        fail("the greeting is not one of MySQL");
    return greeting.payload[at] | (uint32_t)greeting.payload[at + 1] << 8;
}

/* The server's default authentication plugin, the last text of its greeting; copied. */
static void read_greeting(struct connection *connection, char plugin[64])
{
    struct packet greeting = read_packet(connection);
    if (greeting.payload[0] == HEAD_ERROR)
        fail_with_error(greeting);
    uint32_t offered = read_offered(greeting);
    if (connection->target->tls && (offered & WITH_TLS) == 0)
        fail("the other side offers no TLS");
    if (connection->target->compress && (offered & COMPRESS) == 0)
        fail("the other side offers no compression");
    const uint8_t *end = greeting.payload + greeting.length;
    const uint8_t *at = end - (end[-1] == 0);
    while (at > greeting.payload && at[-1] != 0)
        at--;
    (void)snprintf(plugin, 64, "%.*s", (int)(end - at), (const char *)at);
}

static uint8_t *append(uint8_t *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

/* The part that a request for TLS and the answer to the greeting have in common: 32 bytes. */
static uint8_t *append_flags(uint8_t *at, const struct target *target)
{
    uint32_t flags = CONNECT_WITH_DB | LOCAL_FILES | PROTOCOL_41 | TRANSACTIONS |
                     SECURE_CONNECTION | PLUGIN_AUTH;
    flags |= (target->tls ? WITH_TLS : 0U) | (target->compress ? COMPRESS : 0U);
    memset(at, 0, 32);
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(flags >> (8 * i));
        at[4 + i] = (uint8_t)((uint32_t)MAX_PACKET >> (8 * i));
    }
    at[8] = UTF8MB4;
    return at + 32;
}

/* An empty password is an empty answer to every plugin that the servers use by default. */
static void log_in(struct connection *connection, const char *plugin)
{
    const struct target *target = connection->target;
    uint8_t *room = packet_room(connection, 512);
    uint8_t *at = append_flags(room, target);
    at = append(at, target->user, strlen(target->user) + 1);
    *at++ = 0;
    at = append(at, target->database, strlen(target->database) + 1);
    at = append(at, plugin, strlen(plugin) + 1);
    send_packet(connection, (size_t)(at - room));
    struct packet packet = read_packet(connection);
    if (packet.payload[0] == HEAD_EOF) {
        send_packet(connection, 0);
        packet = read_packet(connection);
    }
    if (packet.payload[0] == HEAD_ERROR)
        fail_with_error(packet);
    if (packet.payload[0] != HEAD_OK)
        fail("the login needs more than an empty password");
}

struct connection *connection_open(const struct target *target)
{
    char plugin[64];
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        fail("out of memory");
    connection->target = target;
    connection->transport = transport_open(target->port, target->patience);
    read_greeting(connection, plugin);
    if (target->tls) {
        (void)append_flags(packet_room(connection, 32), target);
        send_packet(connection, 32);
        transport_start_tls(connection->transport);
    }
    log_in(connection, plugin);
    if (target->compress)
        transport_start_compression(connection->transport);
    return connection;
}

/* The file, in chunks, and an empty packet at its end. */
static void send_infile(struct connection *connection)
{
    const char *path = connection->target->infile;
    FILE *file = path != NULL ? fopen(path, "rb") : NULL;
    if (file == NULL)
        fail("cannot open the file for LOAD DATA LOCAL");
    size_t count;
    do {
        count = fread(packet_room(connection, INFILE_CHUNK), 1, INFILE_CHUNK, file);
        send_packet(connection, count);
    } while (count > 0);
    (void)fclose(file);
}

/* Packets up to an EOF; how many came before it. */
static uint64_t read_until_eof(struct connection *connection)
{
    for (uint64_t count = 0;; count++) {
        struct packet packet = read_packet(connection);
        if (packet.payload[0] == HEAD_ERROR)
            fail_with_error(packet);
        if (packet.payload[0] == HEAD_EOF && packet.length < 9)
            return count;
    }
}

static void read_answer(struct connection *connection)
{
    struct packet packet = read_packet(connection);
    if (packet.payload[0] == HEAD_INFILE) {
        send_infile(connection);
        packet = read_packet(connection);
    }
    if (packet.payload[0] == HEAD_ERROR)
        fail_with_error(packet);
    if (packet.payload[0] == HEAD_OK)
        return;
    (void)read_until_eof(connection);
    connection->answer.rows = read_until_eof(connection);
}

struct answer connection_command(struct connection *connection, uint8_t command, const char *text,
                                 size_t length)
{
    connection->answer = (struct answer){0};
    connection->sequence = 0;
    uint8_t *room = packet_room(connection, length + 1);
    room[0] = command;
    memcpy(room + 1, text, length);
    send_packet(connection, length + 1);
    if (command != COM_QUIT)
        read_answer(connection);
    return connection->answer;
}

void connection_close(struct connection *connection)
{
    (void)connection_command(connection, COM_QUIT, "", 0);
    transport_close(connection->transport);
    free(connection->packet);
    free(connection);
}
