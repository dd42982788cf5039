/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lockstep: virtual time, which goes as far as the one who drives it says.
 */
#include <math.h>
#include <poll.h>

#include "node.h"

#define MOST_HEARD 4096

static uint64_t now_us;
static uint8_t heard[MOST_HEARD], before;
static unsigned count;
static int is_frame;

/* A frame ends with the 00 after something. */
void lockstep_hear(uint8_t byte) {
    if (count < MOST_HEARD) heard[count++] = byte;
    is_frame |= !byte && before;
    before = byte;
}

/* On by at most `us`, in the host's time; sooner back with the end of a frame, or with many bytes. */
void lockstep_run(uint64_t us) {
    uint64_t until_us = now_us + us;
    cycle_t until = (cycle_t)ceil((double)until_us * cycles_per_us);
    count = 0;
    is_frame = 0;
    while (is_on && !is_over && !is_frame && count < MOST_HEARD && avr->cycle < until) part_step(until);
    if (!is_on) avr->cycle = latest(avr->cycle, until);
    uint64_t at_us = (uint64_t)ceil((double)avr->cycle / cycles_per_us);
    now_us = at_us < until_us ? at_us : until_us;
    say(" %llu%s", (unsigned long long)now_us, count ? " " : "");
    for (unsigned i = 0; i < count; i++) say("%02x", heard[i]);
}

void lockstep_perform(void) {
    struct pollfd commands = {.fd = 0, .events = POLLIN};
    while (!is_over)
        if (poll(&commands, 1, -1) > 0) commands_read();
}
