/* fuzz: what every fuzz target needs. */
#ifndef DDLTAP_TESTS_FUZZ_H
#define DDLTAP_TESTS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "ddltap/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A condition that holds whatever the input is. */
#define require(truth) ((truth) ? (void)0 : require_failed(__FILE__, __LINE__, #truth))
static inline void require_failed(const char *file, int line, const char *truth)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, truth);
    abort();
}

/* A block of exactly these bytes, so that the sanitizer sees a look past its end. */
static inline char *block_of(struct slice bytes)
{
    char *block = memory_resize(NULL, bytes.len, 1);
    if (bytes.len > 0)
        memcpy(block, bytes.ptr, bytes.len);
    return block;
}

static inline void require_within(struct slice part, struct slice whole)
{
    if (part.len == 0)
        return;
    require(part.ptr >= whole.ptr && part.len <= whole.len);
    require((size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

/* An input that is read front to back; behind its end are zeros. */
static inline unsigned take_byte(struct slice *input)
{
    if (input->len == 0)
        return 0;
    unsigned byte = (unsigned char)input->ptr[0];
    *input = slice_from_offset(*input, 1);
    return byte;
}

static inline struct slice take_bytes(struct slice *input, size_t count)
{
    struct slice taken = slice_make(input->ptr, count < input->len ? count : input->len);
    *input = slice_from_offset(*input, taken.len);
    return taken;
}

#endif
