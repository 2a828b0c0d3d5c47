/* suites: the test files of this folder, and a stream that is delivered in pieces. */
#ifndef DDLTAP_TEST_WIRE_SUITES_H
#define DDLTAP_TEST_WIRE_SUITES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "wire/capabilities.h"
#include "wire/packet.h"

int test_reader(void);
int test_packet(void);
int test_handshake(void);
int test_command(void);
int test_result(void);
int test_row(void);
int test_compressed(void);

/* A string literal with NULs in it. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        "" literal, sizeof(literal) - 1                                                            \
    }

/* Deliver a stream so that `arrived` grows by steps[0], then by steps[1] again and again; every
 * window is a block of its own size, so that a sanitizer sees a look past its end. */
struct delivery {
    struct slice stream;
    size_t first;
    size_t step;
};

typedef void (*piece_function)(void *context, const struct packet_piece *piece);

/* Walks the whole stream; gives how many bytes were walked over. */
static inline size_t deliver(const struct delivery *delivery, size_t prefix,
                             piece_function function, void *context)
{
    struct packet_walk walk = {0};
    size_t at = 0, arrived = delivery->first;
    for (;;) {
        if (arrived > delivery->stream.len)
            arrived = delivery->stream.len;
        char *window = memory_resize(NULL, arrived - at, 1);
        if (arrived > at)
            memcpy(window, delivery->stream.ptr + at, arrived - at);
        struct slice unseen = slice_make(window, arrived - at);
        struct packet_piece piece;
        while (packet_walk_next(&walk, unseen, prefix, &piece)) {
            function(context, &piece);
            unseen = slice_from_offset(unseen, piece.len);
            at += piece.len;
        }
        free(window);
        if (arrived == delivery->stream.len)
            return at;
        arrived += delivery->step;
    }
}

#endif
