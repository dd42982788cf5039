/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "node.h"

static uint64_t state;

/* The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), so that seeds 1 and 2 differ
 * in every bit; never zero, at which a xorshift would stay. */
void dice_seed(uint64_t seed) {
    seed += 0x9E3779B97F4A7C15;
    seed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9;
    seed = (seed ^ seed >> 27) * 0x94D049BB133111EB;
    state = (seed ^ seed >> 31) | 1;
}

/* xorshift64* (Vigna, An experimental exploration of Marsaglia's xorshift generators, 2016). */
static uint64_t next(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1D;
}

double dice(void) { return (double)(next() >> 11) * 0x1p-53; }

uint8_t dice_byte(void) { return (uint8_t)(next() >> 56); }
