/* connection: a client's connection to a MySQL or MariaDB server, blocking, that costs as little as a client can, so
 * that what is measured is what stands between the two.
 *
 *     struct connection *connection = connection_open(&target);          connected and logged in, without a password
 *     answer = connection_command(connection, COM_QUERY, text, length);  sent, and the whole answer read
 *     connection_close(connection);                                      COM_QUIT
 *
 * It speaks plainly, over TLS or in zlib's compressed frames. Certificates are not checked. What goes wrong ends the
 * program with a message: a measurement that lost a command is none. */
#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    COM_QUIT = 0x01,
    COM_QUERY = 0x03,
    COM_PING = 0x0e
};

struct target {
    uint16_t port; /* on 127.0.0.1 */
    const char *user;
    const char *database;
    const char *infile; /* what a LOAD DATA LOCAL is given, whatever file it names; may be NULL */
    unsigned patience;  /* seconds to wait for each part of an answer */
    bool tls;
    bool compress;
};

struct answer {
    uint64_t rows;
    uint64_t bytes; /* of its packets with their heads, before encryption and compression */
};

struct connection;

struct connection *connection_open(const struct target *target);
struct answer connection_command(struct connection *connection, uint8_t command, const char *text,
                                 size_t length);
void connection_close(struct connection *connection);

/* Print what printf would, with the reason of the operating system where errno says one, and end with exit code 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
