/* fake_server: a server without a socket. It stands in for the whole control connection (the linker
 * takes these functions instead of server/control.c), so that a test decides what every image is.
 */
#ifndef DDLTAP_TESTS_FAKE_SERVER_H
#define DDLTAP_TESTS_FAKE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "sql/object.h"

/* Up, empty, no threads, identity "fake 1". */
void fake_server_reset(void);
/* Nobody listens: connecting fails, connections that are open break. */
void fake_server_away(bool away);
/* Open connections break once; the next attempt to connect is fine. */
void fake_server_break_connections(void);
void fake_server_identity(const char *identity);
/* The same, but open connections are made anew by their next question, as those that were idle are. */
void fake_server_restart(const char *identity);
/* text NULL: it is not there. Any thread. */
void fake_server_put(enum object_type type, const char *name, const char *text);
/* A trigger that dies with its table. */
void fake_server_put_trigger(const char *name, const char *table, const char *text);
/* Of the client's session: its thread lives, or not. */
void fake_server_thread(uint32_t connection_id, bool alive);
/* How often images were read. */
unsigned fake_server_reads(void);
/* Readings whose tables nobody closed. */
unsigned fake_server_left_open(void);

#endif
