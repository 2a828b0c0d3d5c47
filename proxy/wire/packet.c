/* packet: see packet.h. The walk counts what is left of the packet it stands in; at zero it stands
 * before a head.
 */
#include "wire/packet.h"

#include <assert.h>
#include <string.h>

#include "wire/capabilities.h"
#include "wire/command.h"

#define ERROR_MESSAGE_MAX 512 /* MYSQL_ERRMSG_SIZE */

static struct packet_head head_at(const char *ptr)
{
    const unsigned char *p = (const unsigned char *)ptr;
    return (struct packet_head){
        .length = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16,
        .sequence = p[3],
    };
}

bool packet_peek(struct slice bytes, struct packet_head *head)
{
    if (bytes.len < PACKET_HEAD_SIZE)
        return false;
    *head = head_at(bytes.ptr);
    return true;
}

enum packet_whole packet_whole(struct slice bytes, uint32_t limit, struct packet_head *head,
                               struct slice *payload)
{
    assert(limit < PACKET_PAYLOAD_MAX);
    if (!packet_peek(bytes, head))
        return PACKET_WHOLE_NEED_MORE;
    if (head->length > limit)
        return PACKET_WHOLE_TOO_LARGE;
    if (bytes.len - PACKET_HEAD_SIZE < head->length)
        return PACKET_WHOLE_NEED_MORE;
    *payload = slice_make(bytes.ptr + PACKET_HEAD_SIZE, head->length);
    return PACKET_WHOLE_READY;
}

/* Take what is there of the current packet's payload, from offset on, into the piece. */
static void walk_payload(struct packet_walk *walk, struct slice bytes, size_t offset,
                         struct packet_piece *piece)
{
    size_t present = bytes.len - offset;
    if (present > walk->remaining)
        present = walk->remaining;
    walk->remaining -= (uint32_t)present;
    walk->total += present;
    piece->payload = slice_make(bytes.ptr + offset, present);
    piece->len = offset + present;
    piece->total = walk->total;
    piece->last = walk->remaining == 0 && !walk->continues;
    if (piece->last)
        *walk = (struct packet_walk){0};
}

bool packet_walk_next(struct packet_walk *walk, struct slice bytes, size_t prefix,
                      struct packet_piece *piece)
{
    struct packet_head head;
    piece->first = false;
    if (walk->remaining > 0) {
        if (bytes.len == 0)
            return false;
        walk_payload(walk, bytes, 0, piece);
        return true;
    }
    if (!packet_peek(bytes, &head))
        return false;
    piece->head = head;
    if (!walk->inside) {
        size_t needed = head.length < prefix ? head.length : prefix;
        if (bytes.len - PACKET_HEAD_SIZE < needed)
            return false;
        piece->first = true;
    }
    walk->inside = true;
    walk->remaining = head.length;
    walk->continues = head.length == PACKET_PAYLOAD_MAX;
    walk_payload(walk, bytes, PACKET_HEAD_SIZE, piece);
    return true;
}

void packet_write_head(struct buffer *out, uint32_t length, uint8_t sequence)
{
    assert(length <= PACKET_PAYLOAD_MAX);
    buffer_append_integer(out, length, 3);
    buffer_append_integer(out, sequence, 1);
}

/* A payload made of two parts, so that a lead of a few bytes costs no copy of a long text. */
static uint8_t write_parts(struct buffer *out, uint8_t sequence, struct slice lead,
                           struct slice body)
{
    assert(lead.len < PACKET_PAYLOAD_MAX);
    size_t rest;
    do {
        rest = lead.len + body.len;
        uint32_t length = rest < PACKET_PAYLOAD_MAX ? (uint32_t)rest : PACKET_PAYLOAD_MAX;
        packet_write_head(out, length, sequence++);
        buffer_append_slice(out, lead);
        buffer_append(out, body.ptr, length - lead.len);
        if (body.len > 0)
            body = slice_from_offset(body, length - lead.len);
        lead = SLICE("");
    } while (rest >= PACKET_PAYLOAD_MAX);
    return sequence;
}

uint8_t packet_write(struct buffer *out, uint8_t sequence, struct slice payload)
{
    return write_parts(out, sequence, SLICE(""), payload);
}

/* The longest start of text within limit bytes that does not cut a UTF-8 sequence. */
static size_t cut_utf8(const char *text, size_t limit)
{
    size_t len = strlen(text);
    if (len <= limit)
        return len;
    len = limit;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

void packet_write_error(struct buffer *out, uint8_t sequence, uint16_t code, const char *sqlstate,
                        const char *message)
{
    assert(sqlstate == NULL || strlen(sqlstate) == 5);
    size_t len = cut_utf8(message, ERROR_MESSAGE_MAX);
    packet_write_head(out, (uint32_t)(3 + (sqlstate == NULL ? 0 : 6) + len), sequence);
    buffer_append_integer(out, 0xFF, 1);
    buffer_append_integer(out, code, 2);
    if (sqlstate != NULL) {
        buffer_append_char(out, '#');
        buffer_append_text(out, sqlstate);
    }
    buffer_append(out, message, len);
}

void packet_write_query(struct buffer *out, uint64_t capabilities, struct slice text)
{
    static const char lead[] = {COM_QUERY, 0x00, 0x01}; /* no parameters, in one set */
    bool attributes = (capabilities & CLIENT_QUERY_ATTRIBUTES) != 0;
    write_parts(out, 0, slice_make(lead, attributes ? 3 : 1), text);
}
