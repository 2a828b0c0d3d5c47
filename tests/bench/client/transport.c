/* A socket, a TLS session on it, compressed frames in that; each where it was asked for. The input buffer grows with
 * what arrives in one piece: ten thousand idle connections have small ones. */
#include "transport.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "connection.h"

#define INPUT_FIRST 2048
#define INPUT_STEP_MAX ((size_t)256 << 10)
#define FRAME_HEAD 7
#define FRAME_MAX ((size_t)0xFFFFFF)
#define COMPRESS_MIN 50 /* shorter ones are sent as they are, as the servers' own clients do */

struct bytes {
    uint8_t *data;
    size_t begin, end, capacity;
    bool was_filled; /* by one receive: a larger one would take more at once */
};

struct transport {
    int descriptor;
    unsigned patience;
    SSL *tls;
    bool compresses;
    uint8_t frame_number;
    struct bytes input;  /* what packets are made of */
    struct bytes frames; /* compressed, not yet inflated */
    struct bytes output; /* room for the frame that is sent */
};

static SSL_CTX *tls_context;
static pthread_once_t tls_once = PTHREAD_ONCE_INIT;

static void *allocated(void *memory)
{
    if (memory == NULL)
        fail("out of memory");
    return memory;
}

static uint8_t *bytes_room(struct bytes *bytes, size_t count)
{
    if (bytes->begin == bytes->end)
        bytes->begin = bytes->end = 0;
    if (bytes->capacity - bytes->end >= count)
        return bytes->data + bytes->end;
    if (bytes->begin > 0)
        memmove(bytes->data, bytes->data + bytes->begin, bytes->end - bytes->begin);
    bytes->end -= bytes->begin;
    bytes->begin = 0;
    if (bytes->capacity - bytes->end < count) {
        bytes->capacity = bytes->end + count;
        bytes->data = allocated(realloc(bytes->data, bytes->capacity));
    }
    return bytes->data + bytes->end;
}

static size_t bytes_held(const struct bytes *bytes)
{
    return bytes->end - bytes->begin;
}

static uint32_t read_3(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static void write_3(uint8_t *at, size_t value)
{
    assert(value <= FRAME_MAX);
    for (int i = 0; i < 3; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

struct transport *transport_open(uint16_t port, unsigned patience)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct transport *transport = allocated(calloc(1, sizeof *transport));
    transport->patience = patience;
    transport->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (transport->descriptor < 0)
        fail("no socket");
    if (connect(transport->descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        fail("cannot connect to port %u", port);
    int on = 1;
    struct timeval wait = {.tv_sec = patience};
    (void)setsockopt(transport->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(transport->descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return transport;
}

static void make_tls_context(void)
{
    tls_context = allocated(SSL_CTX_new(TLS_client_method()));
    (void)SSL_CTX_set_mode(tls_context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
}

void transport_start_tls(struct transport *transport)
{
    (void)pthread_once(&tls_once, make_tls_context);
    transport->tls = allocated(SSL_new(tls_context));
    if (SSL_set_fd(transport->tls, transport->descriptor) != 1 || SSL_connect(transport->tls) != 1)
        fail("the TLS handshake failed");
}

void transport_start_compression(struct transport *transport)
{
    transport->compresses = true;
}

/* What the socket has, at least a byte of it; 0 at its end. */
static size_t receive(struct transport *transport, struct bytes *bytes)
{
    bool grows = bytes->was_filled && bytes->capacity < INPUT_STEP_MAX;
    uint8_t *room = bytes_room(bytes, grows ? bytes->capacity * 2 : INPUT_FIRST);
    size_t free_bytes = bytes->capacity - bytes->end;
    if (free_bytes > INPUT_STEP_MAX)
        free_bytes = INPUT_STEP_MAX;
    ssize_t count;
    if (transport->tls != NULL)
        count = SSL_read(transport->tls, room, (int)free_bytes);
    else
        count = recv(transport->descriptor, room, free_bytes, 0);
    if (count <= 0)
        return 0;
    bytes->end += (size_t)count;
    bytes->was_filled = (size_t)count == free_bytes;
    return (size_t)count;
}

static void receive_more(struct transport *transport, struct bytes *bytes)
{
    if (receive(transport, bytes) > 0)
        return;
    bool is_late = errno == EAGAIN;
    errno = 0;
    if (is_late)
        fail("no answer, or no more of it, within %u s", transport->patience);
    fail("the connection was lost");
}

/* One compressed frame into the input. */
static void inflate_frame(struct transport *transport)
{
    struct bytes *frames = &transport->frames;
    while (bytes_held(frames) < FRAME_HEAD)
        receive_more(transport, frames);
    size_t length = read_3(frames->data + frames->begin);
    while (bytes_held(frames) < FRAME_HEAD + length)
        receive_more(transport, frames);
    const uint8_t *head = frames->data + frames->begin;
    uLongf plain = read_3(head + 4);
    transport->frame_number = (uint8_t)(head[3] + 1);
    if (plain == 0) {
        plain = length;
        memcpy(bytes_room(&transport->input, plain), head + FRAME_HEAD, plain);
    } else if (uncompress(bytes_room(&transport->input, plain), &plain, head + FRAME_HEAD,
                          length) != Z_OK) {
        fail("a compressed frame cannot be inflated");
    }
    transport->input.end += plain;
    frames->begin += FRAME_HEAD + length;
}

const uint8_t *transport_need(struct transport *transport, size_t count)
{
    while (bytes_held(&transport->input) < count) {
        if (transport->compresses)
            inflate_frame(transport);
        else
            receive_more(transport, &transport->input);
    }
    return transport->input.data + transport->input.begin;
}

void transport_take(struct transport *transport, size_t count)
{
    assert(count <= bytes_held(&transport->input));
    transport->input.begin += count;
}

static void send_all(struct transport *transport, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent;
        if (transport->tls != NULL)
            sent = SSL_write(transport->tls, bytes,
                             (int)(count > INPUT_STEP_MAX ? INPUT_STEP_MAX : count));
        else
            sent = send(transport->descriptor, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            fail("the connection was lost while sending");
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void send_frame(struct transport *transport, const uint8_t *bytes, size_t count)
{
    uLongf packed = compressBound(count);
    transport->output.begin = transport->output.end = 0;
    uint8_t *frame = bytes_room(&transport->output, FRAME_HEAD + packed);
    bool is_packed = count >= COMPRESS_MIN &&
                     compress(frame + FRAME_HEAD, &packed, bytes, count) == Z_OK && packed < count;
    if (!is_packed) {
        packed = count;
        memcpy(frame + FRAME_HEAD, bytes, count);
    }
    write_3(frame, packed);
    frame[3] = transport->frame_number++;
    write_3(frame + 4, is_packed ? count : 0);
    send_all(transport, frame, FRAME_HEAD + packed);
}

void transport_send(struct transport *transport, const uint8_t *bytes, size_t count, int is_command)
{
    if (!transport->compresses) {
        send_all(transport, bytes, count);
        return;
    }
    if (is_command)
        transport->frame_number = 0;
    while (count > 0) {
        size_t part = count < FRAME_MAX ? count : FRAME_MAX;
        send_frame(transport, bytes, part);
        bytes += part;
        count -= part;
    }
}

void transport_close(struct transport *transport)
{
    struct bytes *input = transport->compresses ? &transport->frames : &transport->input;
    while (receive(transport, input) > 0)
        input->begin = input->end;
    SSL_free(transport->tls);
    close(transport->descriptor);
    free(transport->input.data);
    free(transport->frames.data);
    free(transport->output.data);
    free(transport);
}
