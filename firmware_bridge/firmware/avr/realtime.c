/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Real time: the UART on a pty, and virtual time kept just behind the host's clock.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "node.h"

#define LAG_NS 1000000    /* as far behind as a USB adapter, which is asked once in 1 ms */
#define STALL_NS 250000000 /* so far behind the host stood still, and so did the node; less is made
                              up for, as a board goes on whatever its host does */
#define LOOK_CYCLES 16000
#define NO_TIMEOUT -1

static int master = -1, slave = -1;
static const char *link_path;
static char terminal[64];
static uint8_t unsent[256];
static unsigned unsent_count;
static int64_t base_ns, wall_ns, looked_ns; /* CLOCK_MONOTONIC */
static cycle_t base_cycle;
static struct pollfd calls[2];
static int is_called;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int64_t ns_of(cycle_t cycle) {
    return base_ns + (int64_t)((double)(cycle - base_cycle) * 1e3 / cycles_per_us);
}

static cycle_t cycle_at(int64_t ns) {
    return ns < base_ns ? base_cycle : base_cycle + (cycle_t)((double)(ns - base_ns) * cycles_per_us / 1e3);
}

static int is_our_link(void) {
    char target[sizeof terminal];
    ssize_t length = readlink(link_path, target, sizeof target - 1);
    return length > 0 && (size_t)length == strlen(terminal) && !memcmp(target, terminal, (size_t)length);
}

static void put_link(void) {
    struct stat there;
    if (!lstat(link_path, &there) && !S_ISLNK(there.st_mode)) die("%s is there already", link_path);
    unlink(link_path);
    if (symlink(terminal, link_path)) die("%s: %s", link_path, strerror(errno));
}

/* The terminal is raw before anyone can find it: else what is written early comes back as an echo. */
void realtime_open(const char *link) {
    struct termios raw;
    memset(&raw, 0, sizeof raw);
    cfmakeraw(&raw);
    raw.c_cflag |= CREAD;
    if (openpty(&master, &slave, terminal, &raw, NULL)) die("no pty: %s", strerror(errno));
    fcntl(master, F_SETFL, O_NONBLOCK);
    if (link) link_path = link;
    if (link_path)
        put_link();
    else
        fprintf(stderr, "avr-node: %s\n", terminal);
    base_ns = wall_ns = now_ns();
    base_cycle = avr->cycle;
}

void realtime_close(void) {
    if (master < 0) return;
    if (link_path && is_our_link()) unlink(link_path);
    close(slave);
    close(master);
    master = slave = -1;
    unsent_count = 0;
}

/* Nobody waits for a host that does not read: what the pty does not take is lost, as on a wire. */
static void flush_unsent(void) {
    if (!unsent_count || master < 0) return;
    ssize_t sent = write(master, unsent, unsent_count);
    counted.lost += unsent_count - (unsigned)(sent > 0 ? sent : 0);
    unsent_count = 0;
}

void realtime_hear(uint8_t byte) {
    if (unsent_count == sizeof unsent) flush_unsent();
    unsent[unsent_count++] = byte;
}

/* Until somebody calls, or the time is over. The signals that end the node come in here alone. */
static void await(int64_t ns) {
    sigset_t none;
    struct timespec most = {ns / 1000000000, ns % 1000000000};
    sigemptyset(&none);
    flush_unsent();
    calls[0] = (struct pollfd){.fd = 0, .events = POLLIN};
    calls[1] = (struct pollfd){.fd = line_room() < sizeof unsent ? -1 : master, .events = POLLIN};
    is_called = ppoll(calls, 2, ns == NO_TIMEOUT ? NULL : &most, &none) > 0;
    wall_ns = looked_ns = now_ns();
}

/* How many of the `idle` cycles have gone when the host's clock has come so far, or someone calls.
 * The clock is let run ahead a little, so that a burst of events costs one wait. */
cycle_t realtime_rest(cycle_t idle) {
    int64_t due_ns = ns_of(avr->cycle + idle);
    if (due_ns > wall_ns) wall_ns = now_ns();
    if (due_ns <= wall_ns) return idle;
    await(due_ns - wall_ns + LAG_NS);
    if (!is_called) return idle;
    cycle_t now = cycle_at(wall_ns);
    return now > avr->cycle ? soonest(idle, now - avr->cycle) : 0;
}

static void slip(int64_t behind_ns) {
    if (behind_ns < STALL_NS) return;
    base_ns += behind_ns;
    counted.stalls++;
}

/* A firmware that never sleeps is ahead after each look, and waits here. */
static void run_for_a_look(void) {
    cycle_t until = avr->cycle + LOOK_CYCLES;
    wall_ns = now_ns();
    int64_t ahead_ns = ns_of(avr->cycle) - wall_ns;
    slip(-ahead_ns);
    if (ahead_ns > LAG_NS / 4) {
        await(ahead_ns);
        return;
    }
    while (avr->cycle < until && !is_called) part_step(until);
    if (!is_called && wall_ns - looked_ns > LAG_NS) await(0);
}

static void read_terminal(void) {
    uint8_t bytes[sizeof unsent];
    ssize_t count = read(master, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) line_write(bytes[i]);
}

static void answer_calls(void) {
    if (!is_called) return;
    is_called = 0;
    if (calls[1].revents & POLLIN) read_terminal();
    if (calls[0].revents) commands_read();
}

void realtime_perform(void) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    while (!is_over) {
        if (is_on)
            run_for_a_look();
        else
            await(NO_TIMEOUT);
        answer_calls();
    }
}
