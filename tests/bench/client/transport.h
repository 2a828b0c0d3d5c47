/* transport: the bytes of a connection, as they are for packets: after decryption and out of compressed frames.
 *
 * Input is buffered: transport_need gives so many bytes of it in one piece, valid until the next call. */
#ifndef BENCH_TRANSPORT_H
#define BENCH_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

struct transport;

/* patience: seconds to wait for each part of an answer; then the program ends. */
struct transport *transport_open(uint16_t port, unsigned patience);
void transport_start_tls(struct transport *transport);
void transport_start_compression(struct transport *transport);
/* At least count bytes of input, not yet taken. */
const uint8_t *transport_need(struct transport *transport, size_t count);
void transport_take(struct transport *transport, size_t count);
/* is_command: the numbers of compressed frames begin anew. */
void transport_send(struct transport *transport, const uint8_t *bytes, size_t count,
                    int is_command);
/* Waits until the other side has closed. */
void transport_close(struct transport *transport);

#endif
