/* settings_address: where to listen or to connect, as a configuration writes it.
 *
 *     127.0.0.1:3307    [::1]:3307    db.example:3306    unix:/run/ddltap.sock
 */
#ifndef DDLTAP_CONFIG_SETTINGS_ADDRESS_H
#define DDLTAP_CONFIG_SETTINGS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"

/* Either socket is set, or host and port are; all zero: no address. Texts are owned. */
struct settings_address {
    char *host;    /* name or address; IPv6 without brackets; NULL for a Unix socket */
    unsigned port; /* 0 when listening: any free port */
    char *socket;  /* path of a Unix socket; NULL for TCP */
};

struct settings_addresses {
    struct settings_address *items;
    size_t count;
};

/* ERROR_CONFIG: the text is no address; the problem says what one looks like. */
must_check enum error settings_address_read(const char *text, struct settings_address *address,
                                            struct problem *problem);
void settings_address_write(const struct settings_address *address, struct buffer *out);
void settings_address_copy(struct settings_address *to, const struct settings_address *from);
void settings_address_release(struct settings_address *address);
bool settings_address_set(const struct settings_address *address);
/* The same place, as far as texts tell: names are not looked up, but "localhost" is 127.0.0.1. */
bool settings_address_equal(const struct settings_address *a, const struct settings_address *b);

/* Addresses separated by commas; at least one. */
must_check enum error settings_addresses_read(const char *text,
                                              struct settings_addresses *addresses,
                                              struct problem *problem);
void settings_addresses_write(const struct settings_addresses *addresses, struct buffer *out);
void settings_addresses_release(struct settings_addresses *addresses);

#endif
