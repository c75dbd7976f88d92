// The load client of the fan-out benchmark: many WebSockets of one server on loopback, one thread, one epoll.
//
//   client --port P --connections N [--path /] [--header "Name: value"]... [--subprotocol NAME]
//          [--first JSON] [--in-flight 64] [--timeout 60]
//
// It opens all connections, prints how fast, and then obeys one command a line from standard input (a pipe), each answered
// by one JSON line:
//
//   subscribe            sends --first on every connection and waits until each has had one message
//   count FIRST COUNT STEP   waits until each connection has had the stamped messages FIRST ..< FIRST + COUNT, in order; a
//                        line of progress for each STEP of them a connection, so that the publisher can keep pace
//
// A stamped message has `"sequence":N,"sent_ns":T` in its first 128 bytes; T is the publisher's CLOCK_MONOTONIC. One that is
// missing, repeated, out of order or unasked for ends the program with status 1, as does a lost connection: a faster result
// that lost something is no result. At the end of input all connections are reset.
#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 20000, MAX_SAMPLES = 50000000, MAX_REQUEST = 8192 };

static struct {
    int port, count, in_flight, timeout;
    const char *path, *first;
    char headers[MAX_REQUEST / 2];
} options = {.in_flight = 64, .timeout = 60, .path = "/"};

static struct connection *connections;
static int poller, opened;

// The running `count`.
static struct {
    int is_on;
    uint64_t first, end;
    uint64_t messages, expected, step, bytes, first_sent_ns, last_read_ns;
    float *latencies_us; // one a message
} tally;
static uint64_t others; // messages without a stamp since the command began

void fail(const char *format, ...) {
    char why[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    for (char *p = why; *p; p++)
        if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ') *p = '\'';
    printf("{\"event\":\"failed\",\"why\":\"%s\"}\n", why);
    fflush(stdout);
    exit(1);
}

static uint64_t number_after(const char *key, const unsigned char *text, size_t length) {
    const unsigned char *at = memmem(text, length, key, strlen(key));
    if (!at) return UINT64_MAX;
    uint64_t value = 0;
    for (at += strlen(key); at < text + length && *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
    return value;
}

static void on_message(struct connection *c, const unsigned char *text, size_t length, uint64_t now) {
    size_t head = length < 128 ? length : 128;
    uint64_t sequence = number_after("\"sequence\":", text, head);
    if (sequence == UINT64_MAX) {
        c->other++;
        others++;
        return;
    }
    uint64_t sent = number_after("\"sent_ns\":", text, head);
    if (!tally.is_on) fail("message %lu came unasked for", sequence);
    if (sequence != c->next_sequence || sequence >= tally.end)
        fail("message %lu came where %lu was due", sequence, c->next_sequence);
    if (sent > now) fail("message %lu is stamped in the future", sequence);
    c->next_sequence++;
    tally.latencies_us[tally.messages++] = (float)(now - sent) / 1000;
    tally.bytes += length;
    if (sequence == tally.first && (!tally.first_sent_ns || sent < tally.first_sent_ns)) tally.first_sent_ns = sent;
    tally.last_read_ns = now;
}

// One turn of the loop. Returns true when standard input has something.
static int turn(int milliseconds) {
    struct epoll_event events[512];
    int input = 0, ready = epoll_wait(poller, events, 512, milliseconds);
    for (int i = 0; i < ready; i++) {
        struct connection *c = events[i].data.ptr;
        if (!c) input = 1;
        else opened += connection_read(c, on_message);
    }
    return input;
}

static void turn_before(uint64_t deadline, const char *what, uint64_t done, uint64_t all) {
    uint64_t now = nanoseconds_now();
    if (now >= deadline) fail("%s: %lu of %lu after %d s", what, done, all, options.timeout);
    turn((int)((deadline - now) / 1000000) + 1);
}

static uint64_t deadline_from_now(void) { return nanoseconds_now() + (uint64_t)options.timeout * 1000000000u; }

static void watch(int fd, void *of, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.ptr = of};
    if (epoll_ctl(poller, operation, fd, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void open_all(void) {
    char request[MAX_REQUEST];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
             options.path, options.port, options.headers);
    uint64_t start = nanoseconds_now(), deadline = deadline_from_now();
    for (int begun = 0; opened < options.count;) {
        for (; begun < options.count && begun - opened < options.in_flight; begun++) {
            connection_begin(&connections[begun], options.port, request);
            watch(connections[begun].fd, &connections[begun], EPOLLIN, EPOLL_CTL_ADD);
        }
        turn_before(deadline, "opened", (uint64_t)opened, (uint64_t)options.count);
    }
    double seconds = (double)(nanoseconds_now() - start) / 1e9;
    printf("{\"event\":\"opened\",\"connections\":%d,\"seconds\":%.4f,\"per_second\":%.0f}\n", options.count, seconds,
           options.count / seconds);
}

static void subscribe_all(void) {
    if (!options.first) fail("subscribe needs --first");
    uint64_t start = nanoseconds_now(), deadline = deadline_from_now();
    others = 0;
    for (int i = 0; i < options.count; i++) {
        connections[i].other = 0;
        connection_send(&connections[i], 1, options.first, strlen(options.first));
        while ((uint64_t)i >= others + (uint64_t)options.in_flight)
            turn_before(deadline, "answered", others, (uint64_t)options.count);
    }
    for (int i = 0; i < options.count; i++)
        while (!connections[i].other) turn_before(deadline, "answered", others, (uint64_t)options.count);
    printf("{\"event\":\"subscribed\",\"seconds\":%.4f}\n", (double)(nanoseconds_now() - start) / 1e9);
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void count_all(uint64_t first, uint64_t count, uint64_t step) {
    if (!step || count % step) fail("count must be so many steps");
    tally.step = step * (uint64_t)options.count;
    tally.expected = count * (uint64_t)options.count;
    if (!count || count > MAX_SAMPLES || tally.expected > MAX_SAMPLES) fail("at most %d messages at a time", MAX_SAMPLES);
    tally.first = first;
    tally.end = first + count;
    tally.messages = tally.bytes = tally.first_sent_ns = others = 0;
    tally.latencies_us = malloc(tally.expected * sizeof(float));
    if (!tally.latencies_us) fail("no memory for %lu samples", tally.expected);
    memset(tally.latencies_us, 0, tally.expected * sizeof(float)); // no page fault while the clock runs
    for (int i = 0; i < options.count; i++) connections[i].next_sequence = first;
    tally.is_on = 1;
    printf("{\"event\":\"counting\"}\n");
    fflush(stdout);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    uint64_t told = 0;
    for (uint64_t deadline = deadline_from_now(); tally.messages < tally.expected;) {
        turn_before(deadline, "received", tally.messages, tally.expected);
        if (tally.messages - told < tally.step) continue;
        for (; tally.messages - told >= tally.step; told += tally.step) printf("{\"event\":\"progress\"}\n");
        fflush(stdout);
    }
    getrusage(RUSAGE_SELF, &after);
    tally.is_on = 0;
    qsort(tally.latencies_us, tally.messages, sizeof(float), by_value);
    double seconds = (double)(tally.last_read_ns - tally.first_sent_ns) / 1e9;
    double cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    printf("{\"event\":\"counted\",\"connections\":%d,\"messages\":%lu,\"other\":%lu,\"bytes\":%lu,\"seconds\":%.6f,"
           "\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f,\"client_cpu_seconds\":%.3f}\n",
           options.count, tally.messages, others, tally.bytes, seconds, (double)tally.messages / seconds,
           tally.latencies_us[tally.messages / 2], tally.latencies_us[tally.messages * 99 / 100],
           tally.latencies_us[tally.messages - 1], cpu);
    free(tally.latencies_us);
}

static void obey(const char *line) {
    unsigned long first, count, step;
    if (!strcmp(line, "subscribe")) subscribe_all();
    else if (sscanf(line, "count %lu %lu %lu", &first, &count, &step) == 3) count_all(first, count, step);
    else fail("unknown command: %s", line);
    fflush(stdout);
}

static void add_header(const char *name, const char *value) {
    size_t used = strlen(options.headers);
    int length = snprintf(options.headers + used, sizeof options.headers - used, "%s%s\r\n", name, value);
    if (length < 0 || (size_t)length >= sizeof options.headers - used) fail("too many headers");
}

static int number(const char *text, int low, int high) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < low || value > high) fail("%s is not a number from %d to %d", text, low, high);
    return (int)value;
}

static void read_options(int count, char **arguments) {
    for (int i = 1; i < count; i += 2) {
        const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (!value) fail("%s needs a value", name);
        if (!strcmp(name, "--port")) options.port = number(value, 1, 65535);
        else if (!strcmp(name, "--connections")) options.count = number(value, 1, MAX_CONNECTIONS);
        else if (!strcmp(name, "--path")) options.path = value;
        else if (!strcmp(name, "--header")) add_header("", value);
        else if (!strcmp(name, "--subprotocol")) add_header("Sec-WebSocket-Protocol: ", value);
        else if (!strcmp(name, "--first")) options.first = value;
        else if (!strcmp(name, "--in-flight")) options.in_flight = number(value, 1, 1000);
        else if (!strcmp(name, "--timeout")) options.timeout = number(value, 1, 600);
        else fail("unknown option %s", name);
    }
    if (!options.port || !options.count) fail("--port and --connections are needed");
    if (strlen(options.path) > MAX_REQUEST / 4) fail("--path is too long");
}

int main(int count, char **arguments) {
    read_options(count, arguments);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if ((rlim_t)options.count + 16 > files.rlim_max) fail("only %lu files may be open", (unsigned long)files.rlim_max);
    connections = calloc((size_t)options.count, sizeof *connections);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || poller < 0) fail("no memory or no epoll");
    open_all();
    fflush(stdout);
    // Once a wait: a line that comes while a command runs must not wake the loop for ever.
    struct epoll_event input = {.events = EPOLLIN | EPOLLONESHOT};
    int has_input = epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input) == 0; // a file or /dev/null has none
    char line[256];
    for (size_t used = 0; has_input;) {
        while (!turn(-1)) {}
        ssize_t got = read(STDIN_FILENO, line + used, sizeof line - 1 - used);
        if (got <= 0) break;
        used += (size_t)got;
        line[used] = 0;
        for (char *end; (end = strchr(line, '\n'));) {
            *end = 0;
            obey(line);
            used -= (size_t)(end + 1 - line);
            memmove(line, end + 1, used + 1);
        }
        if (used == sizeof line - 1) fail("a command is too long");
        watch(STDIN_FILENO, NULL, EPOLLIN | EPOLLONESHOT, EPOLL_CTL_MOD);
    }
    for (int i = 0; i < options.count; i++) connection_abort(&connections[i]);
    return 0;
}
