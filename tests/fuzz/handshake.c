/* fuzz: wire. The input as each packet of a login: parsed, patched, and parsed again; a patch
 * changes capability bits and nothing else.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ddltap/memory.h"
#include "wire/capabilities.h"
#include "wire/handshake.h"
#include "wire/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CLEARED (CLIENT_SSL | MARIADB_CLIENT_CACHE_METADATA)

static void require(bool truth)
{
    if (!truth)
        abort();
}

/* A block of exactly these bytes, so that the sanitizer sees a look past its end. */
static char *block_of(const char *ptr, size_t len)
{
    char *block = memory_resize(NULL, len, 1);
    if (len > 0)
        memcpy(block, ptr, len);
    return block;
}

static void require_within(struct slice part, struct slice whole)
{
    if (part.len == 0)
        return;
    require(part.ptr >= whole.ptr && part.len <= whole.len);
    require((size_t)(part.ptr - whole.ptr) <= whole.len - part.len);
}

static void check_greeting(struct slice payload)
{
    struct handshake_greeting before, after;
    if (handshake_greeting_parse(payload, &before) != ERROR_NONE)
        return;
    require_within(before.server_version, payload);
    require_within(before.auth_plugin, payload);
    require(before.salt_len <= HANDSHAKE_SALT_MAX);
    char *copy = block_of(payload.ptr, payload.len);
    handshake_greeting_patch(copy, payload.len, CLEARED, 0);
    require(handshake_greeting_parse(slice_make(copy, payload.len), &after) == ERROR_NONE);
    require(after.capabilities == (before.capabilities & ~CLEARED));
    require(after.connection_id == before.connection_id && after.salt_len == before.salt_len);
    free(copy);
}

static void check_response(struct slice payload)
{
    struct handshake_response before, after;
    if (handshake_response_parse(payload, &before) != ERROR_NONE)
        return;
    require_within(before.user, payload);
    require_within(before.database, payload);
    require_within(before.auth_plugin, payload);
    require_within(before.program_name, payload);
    require_within(before.client_name, payload);
    char *copy = block_of(payload.ptr, payload.len);
    handshake_response_patch(copy, payload.len, CLEARED, 0);
    require(handshake_response_parse(slice_make(copy, payload.len), &after) == ERROR_NONE);
    require(after.capabilities == (before.capabilities & ~CLEARED));
    require(slice_equal(after.user, before.user));
    free(copy);
}

static void check_rest(struct slice payload)
{
    struct handshake_change_user change;
    for (int plain = 0; plain < 2; plain++) {
        uint64_t capabilities = plain ? 0 : CAPABILITIES_BASE;
        if (handshake_change_user_parse(payload, capabilities, &change) == ERROR_NONE) {
            require_within(change.user, payload);
            require_within(change.database, payload);
            require_within(change.auth_plugin, payload);
            require_within(change.program_name, payload);
        }
    }
    (void)handshake_server_packet(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *block = block_of((const char *)data, size);
    struct slice payload = slice_make(block, size);
    check_greeting(payload);
    check_response(payload);
    check_rest(payload);
    free(block);
    return 0;
}
