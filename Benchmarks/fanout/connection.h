// One client WebSocket: its bytes in, its messages out. See connection.c.
#ifndef FANOUT_CONNECTION_H
#define FANOUT_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

// The longest handshake answer, and the longest unfinished frame, that is kept between two reads.
enum { CARRY_BYTES = 4096 };

enum phase {
    UPGRADING, // the request is sent, the answer is not complete
    OPEN,
};

struct connection {
    int fd;
    enum phase phase;
    uint32_t carried;       // bytes in `carry`
    uint32_t other;         // messages without a stamp: answers, heartbeats
    uint64_t next_sequence; // what the next stamped message must bear
    unsigned char carry[CARRY_BYTES];
};

// What a whole message means is the caller's matter. `now_ns` is when its bytes were read.
typedef void (*message_handler)(struct connection *, const unsigned char *text, size_t length, uint64_t now_ns);

// Says why and ends the program. Defined by the program.
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

// CLOCK_MONOTONIC.
uint64_t nanoseconds_now(void);

// Connects to 127.0.0.1 and sends the upgrade request. Non-blocking from then on.
void connection_begin(struct connection *, int port, const char *request);

// Reads once. Returns true when this read completed the handshake.
int connection_read(struct connection *, message_handler);

// Sends one masked text frame of at most 125 bytes, or up to 64 KiB; it must fit into the socket's buffer.
void connection_send(struct connection *, int opcode, const void *payload, size_t length);

// Resets the connection, so that its port is free at once.
void connection_abort(struct connection *);

#endif
