/* handshake: the packets before the first command, and COM_CHANGE_USER which repeats them.
 *
 *     server                                  client
 *     greeting (or ERR, without SQLSTATE) ->
 *                                         <-  SSLRequest: 32 bytes, CLIENT_SSL; TLS begins
 *                                         <-  handshake response
 *     auth switch, more data ...          ->  any number, answered or not as the plugin likes
 *     OK or ERR                           ->
 *
 * The bytes are relayed as they are, but for capability bits patched in place; what is parsed here
 * is a view for ddltap's own use. So parsing is lenient: known clients send responses that break
 * the letter of the protocol (an empty database name without CLIENT_CONNECT_WITH_DB, broken
 * attributes).
 *
 * Every payload given here is a whole one, without its head. Slices point into it.
 *
 * Sources: MySQL "Protocol::HandshakeV10", "Protocol::HandshakeResponse41", "COM_CHANGE_USER";
 * MariaDB "Connection" (extended capabilities in reserved bytes).
 */
#ifndef DDLTAP_WIRE_HANDSHAKE_H
#define DDLTAP_WIRE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"

/* A larger packet before the login is done is an attack on memory, not a login. */
#define HANDSHAKE_PACKET_MAX (1U << 20)

#define HANDSHAKE_SALT_MAX 255

struct handshake_greeting {
    struct slice server_version;
    uint32_t connection_id;
    uint64_t capabilities; /* with MariaDB's half, when it is one */
    bool mariadb;          /* CLIENT_MYSQL is clear, or the version says MariaDB */
    uint8_t collation;
    uint16_t status;
    struct slice auth_plugin;         /* SLICE_NONE when the server names none */
    uint8_t salt[HANDSHAKE_SALT_MAX]; /* both parts, without the closing NUL */
    size_t salt_len;
};

/* The first packet of a server, greeting version 10.
 * ERROR_UNSUPPORTED: another version (or an ERR packet: see handshake_server_packet), relay raw.
 * ERROR_MALFORMED: it ends too early. */
must_check enum error handshake_greeting_parse(struct slice payload,
                                               struct handshake_greeting *greeting);

/* Clear, then set capability bits in a greeting that parsed. MariaDB's half is touched only in a
 * greeting that has one. */
void handshake_greeting_patch(char *payload, size_t len, uint64_t clear, uint64_t set);

struct handshake_response {
    uint64_t capabilities; /* as the client sent them; see capabilities_effective() */
    uint32_t max_packet;
    uint8_t collation;
    bool ssl_request; /* only capabilities, max_packet, collation are set: TLS follows */
    bool incomplete;  /* something after the user did not parse; what parsed is set */
    struct slice user;
    struct slice database;     /* empty when none */
    struct slice auth_plugin;  /* SLICE_NONE when none */
    struct slice program_name; /* connection attribute; SLICE_NONE when absent */
    struct slice client_name;  /* connection attribute _client_name; SLICE_NONE when absent */
};

/* An SSLRequest or a handshake response (4.1 form).
 * ERROR_UNSUPPORTED: the form before 4.1; relay raw. ERROR_MALFORMED: shorter than its fixed part.
 */
must_check enum error handshake_response_parse(struct slice payload,
                                               struct handshake_response *response);

/* Clear, then set capability bits in a response or SSLRequest of the 4.1 form. MariaDB's half is
 * touched only when the client left CLIENT_MYSQL clear. */
void handshake_response_patch(char *payload, size_t len, uint64_t clear, uint64_t set);

struct handshake_change_user {
    struct slice user;
    struct slice database;    /* empty when none */
    uint16_t collation;       /* 0 when the client sent none */
    struct slice auth_plugin; /* the rest as in a response */
    struct slice program_name;
    struct slice client_name;
    bool incomplete;
};

/* A COM_CHANGE_USER, command byte included. ERROR_MALFORMED: not even a user name in it. */
must_check enum error handshake_change_user_parse(struct slice payload, uint64_t capabilities,
                                                  struct handshake_change_user *change);

/* What a packet of the server means while somebody logs in (also within COM_CHANGE_USER). */
enum handshake_server_packet {
    HANDSHAKE_OK,          /* logged in */
    HANDSHAKE_ERROR,       /* refused; also the first packet of a server that does not want us */
    HANDSHAKE_AUTH_SWITCH, /* another plugin: name and salt follow */
    HANDSHAKE_MORE_DATA,   /* data of the plugin, led by 0x01 */
    HANDSHAKE_OTHER,       /* data of the plugin without lead, next factor: relay */
};
enum handshake_server_packet handshake_server_packet(struct slice payload);

#endif
