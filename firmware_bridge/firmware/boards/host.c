/* A board that is this computer: the pins are numbers, the clock goes as far as it is told. For the
 * tests; and the least that a board is made of.
 *
 *   host UID BOOT CAUSE CLOCK_US
 *
 * Each line on stdin is a command, and is answered by a line on stdout:
 *   run US [HEX]        the bytes come in, the time goes on: the bytes that the node wrote, in hex
 *   stall US            the time goes on, and nobody polls
 *   room BYTES          so many can be written from now on; -1: as many as it likes
 *   analogue PIN 0..1023, digital PIN 0..1
 *   pins                PIN=VALUE of each output: 0 to 255, a switch 0 or 1
 *   dropped             how many frames found no room
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/board.h"
#include "../src/node.h"
#include "../src/frames.h"
#include OBJECT

NODE_OBJECT;

#define POLL_US 250
#define PINS 256
#define MOST_BYTES 65536

static uint32_t clock_us;
static uint8_t input[MOST_BYTES];
static size_t filled, taken;
static long room = -1;
static uint16_t levels[PINS], sampled[PINS];
static uint8_t highs[PINS], driven[PINS], values[PINS];

uint32_t board_micros(void) { return clock_us; }

int16_t board_read(void) { return taken < filled ? input[taken++] : -1; }

uint16_t board_room(void) { return room < 0 || room > 0xFFFF ? 0xFFFF : (uint16_t)room; }

void board_write(uint8_t byte) {
    if (room == 0) {
        fprintf(stderr, "the core wrote more than there is room for\n");
        abort();
    }
    if (room > 0) room--;
    printf("%02x", byte);
}

void board_sample(void) { memcpy(sampled, levels, sizeof sampled); }

uint16_t board_analogue(uint8_t pin) { return sampled[pin]; }

uint8_t board_digital(uint8_t pin) { return highs[pin]; }

void board_pwm(uint8_t pin, uint8_t duty) {
    driven[pin] = 1;
    values[pin] = duty;
}

void board_switch(uint8_t pin, uint8_t on) { board_pwm(pin, on); }

static void take_in(const char *hex) {
    unsigned byte;
    filled = taken = 0;
    for (; filled < MOST_BYTES && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        input[filled++] = (uint8_t)byte;
}

static void run(uint32_t us) {
    node_poll();
    for (; us >= POLL_US; us -= POLL_US) {
        clock_us += POLL_US;
        node_poll();
    }
    clock_us += us;
}

static void tell_pins(void) {
    for (int pin = 0; pin < PINS; pin++)
        if (driven[pin]) printf("%d=%d ", pin, values[pin]);
}

static int obey(const char *line) {
    unsigned long number;
    unsigned pin, value;
    int end = 0;
    if (sscanf(line, "run %lu %n", &number, &end) == 1) {
        take_in(line + end);
        run((uint32_t)number);
    } else if (sscanf(line, "stall %lu", &number) == 1) {
        clock_us += (uint32_t)number;
    } else if (sscanf(line, "room %ld", &room) == 1) {
    } else if (sscanf(line, "analogue %u %u", &pin, &value) == 2 && pin < PINS) {
        levels[pin] = (uint16_t)value;
    } else if (sscanf(line, "digital %u %u", &pin, &value) == 2 && pin < PINS) {
        highs[pin] = (uint8_t)value;
    } else if (!strncmp(line, "pins", 4)) {
        tell_pins();
    } else if (!strncmp(line, "dropped", 7)) {
        printf("%u", frame_dropped);
    } else {
        return 0;
    }
    printf("\n");
    return 1;
}

int main(int count, char **words) {
    static char line[2 * MOST_BYTES + 32];
    if (count != 5) return 2;
    clock_us = (uint32_t)strtoul(words[4], NULL, 0);
    node_begin((uint32_t)strtoul(words[1], NULL, 0), (uint16_t)atoi(words[2]),
               (uint8_t)atoi(words[3]));
    while (fgets(line, sizeof line, stdin)) {
        if (!obey(line)) return 2;
        fflush(stdout);
    }
    return 0;
}
