/* bytes: packets for the tests, made on the spot; all of them live until bytes_forget(). */
#ifndef DDLTAP_TESTS_SESSION_BYTES_H
#define DDLTAP_TESTS_SESSION_BYTES_H

#include <stdint.h>

#include "ddltap/slice.h"
#include "wire/capabilities.h"
#include "wire/command.h"

void bytes_forget(void);

struct slice bytes_join(const struct slice *parts, size_t count);
#define JOIN(...)                                                                                  \
    bytes_join((const struct slice[]){__VA_ARGS__},                                                \
               sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))
struct slice bytes_text(const char *text);
/* `start`, then a pattern up to len bytes; never of a kind that repeats with the buffers' sizes. */
struct slice bytes_pattern(const char *start, size_t len);
struct slice bytes_integer(uint64_t value, unsigned bytes);

struct slice packet(uint8_t sequence, struct slice payload);

/* Packets in a frame of a compressed session: as they are, or compressed (deflated() stores what
 * would be too long for a frame). */
struct slice stored(uint8_t sequence, struct slice packets);
struct slice deflated(uint8_t sequence, struct slice packets);
struct slice zstandard(uint8_t sequence, struct slice packets);

/* Of the client. */
struct slice response(uint64_t capabilities, const char *user, const char *database);
struct slice command(enum command_code code, struct slice rest);
struct slice query(const char *text);
struct slice execute(uint32_t statement_id);
struct slice close_statement(uint32_t statement_id);
struct slice change_user(const char *user, const char *database);

/* Of the server. */
struct slice greeting(uint64_t capabilities);
struct slice ok(uint8_t sequence, uint16_t status);
struct slice error(uint8_t sequence, uint16_t code, const char *message);
struct slice prepare_ok(uint32_t statement_id);
/* A result set of one column up to its last row: count, definition, EOF, rows; sequence 1 on. */
struct slice rows_without_end(const char *value, unsigned rows);
struct slice end_of_rows(uint8_t sequence, uint16_t status);
struct slice one_row(const char *value);

#endif
