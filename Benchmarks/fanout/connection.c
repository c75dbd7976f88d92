// Enough of RFC 6455's client side for a load client: handshake, unfragmented server frames, pong, close as an error.
#define _GNU_SOURCE
#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

uint64_t nanoseconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void send_all(int fd, const void *bytes, size_t length) {
    ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);
    if (written != (ssize_t)length) fail("could not send %zu bytes at once: %s", length, strerror(errno));
}

void connection_begin(struct connection *c, int port, const char *request) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) fail("socket: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // On loopback the kernel completes it as long as the listener's backlog has room; the caller bounds what is in flight.
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) fail("connect: %s", strerror(errno));
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->phase = UPGRADING;
    send_all(c->fd, request, strlen(request));
}

void connection_send(struct connection *c, int opcode, const void *payload, size_t length) {
    static const unsigned char mask[4] = {0x5a, 0xc3, 0x17, 0x88};
    unsigned char frame[8 + 65535];
    size_t at = 0;
    if (length > 65535) fail("a message of %zu bytes is too long to send", length);
    frame[at++] = (unsigned char)(0x80 | opcode);
    if (length < 126) {
        frame[at++] = (unsigned char)(0x80 | length);
    } else {
        frame[at++] = 0x80 | 126;
        frame[at++] = (unsigned char)(length >> 8);
        frame[at++] = (unsigned char)length;
    }
    memcpy(frame + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < length; i++) frame[at + i] = ((const unsigned char *)payload)[i] ^ mask[i & 3];
    send_all(c->fd, frame, at + length);
}

void connection_abort(struct connection *c) {
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(c->fd);
}

// Length of the handshake's answer with its empty line; 0 while that is missing.
static size_t handshake_length(const unsigned char *bytes, size_t length) {
    // Of the key that client.c sends, RFC 6455 section 1.3.
    static const char accept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    const unsigned char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) {
        if (length >= CARRY_BYTES) fail("the handshake's answer is longer than %d bytes", CARRY_BYTES);
        return 0;
    }
    size_t head = (size_t)(end + 4 - bytes);
    if (head < 12 || memcmp(bytes, "HTTP/1.1 101", 12)) fail("refused: %.80s", (const char *)bytes);
    if (!memmem(bytes, head, accept, sizeof accept - 1)) fail("the handshake's answer has the wrong accept key");
    return head;
}

// Takes one frame; returns its length, 0 while it is not complete.
static size_t take_frame(struct connection *c, const unsigned char *bytes, size_t length, uint64_t now,
                         message_handler on_message) {
    if (length < 2) return 0;
    size_t payload = bytes[1] & 0x7f, head = 2;
    if (bytes[1] & 0x80) fail("the server masked a frame");
    if (payload == 127) fail("a frame of more than 64 KiB");
    if (payload == 126) {
        if (length < 4) return 0;
        payload = (size_t)bytes[2] << 8 | bytes[3];
        head = 4;
    }
    if (head + payload > CARRY_BYTES) fail("a frame of %zu bytes", payload);
    if (length < head + payload) return 0;
    switch (bytes[0]) {
    case 0x81:
    case 0x82: on_message(c, bytes + head, payload, now); break;
    case 0x89: connection_send(c, 0xA, bytes + head, payload); break;
    case 0x8A: break;
    case 0x88: fail("closed by the server with %d", payload < 2 ? 0 : bytes[head] << 8 | bytes[head + 1]);
    default: fail("a frame that begins with 0x%02x", bytes[0]);
    }
    return head + payload;
}

int connection_read(struct connection *c, message_handler on_message) {
    // One for all: only what is left of an unfinished frame is kept by the connection.
    static unsigned char bytes[CARRY_BYTES + (256 << 10) + 1];
    memcpy(bytes, c->carry, c->carried);
    ssize_t got = read(c->fd, bytes + c->carried, sizeof bytes - CARRY_BYTES - 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got <= 0) fail("connection lost: %s", got ? strerror(errno) : "end of file");
    uint64_t now = nanoseconds_now();
    size_t length = c->carried + (size_t)got, at = 0;
    int completed = 0;
    bytes[length] = 0;
    if (c->phase == UPGRADING) {
        at = handshake_length(bytes, length);
        completed = at > 0;
        if (completed) c->phase = OPEN;
    }
    if (c->phase == OPEN) {
        for (size_t taken; (taken = take_frame(c, bytes + at, length - at, now, on_message)); at += taken) {}
    }
    c->carried = (uint32_t)(length - at);
    memcpy(c->carry, bytes + at, c->carried);
    return completed;
}
