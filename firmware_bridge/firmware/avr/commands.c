/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Commands: lines on stdin, each answered by one line on stdout.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node.h"

#define MOST_WORDS 4
#define PRESS_MS 40 /* a node ignores what is shorter than 20 */

static char answer[2 * 8192 + 512];
static size_t answered;
static int is_wrong;

void say(const char *form, ...) {
    va_list args;
    va_start(args, form);
    int count = vsnprintf(answer + answered, sizeof answer - answered, form, args);
    va_end(args);
    answered += (size_t)count < sizeof answer - answered ? (size_t)count : 0;
}

static double number(const char *word, double low, double high) {
    char *end;
    double value = strtod(word, &end);
    if (end != word && !*end && value >= low && value <= high) return value;
    is_wrong = 1;
    return low;
}

static unsigned whole(const char *word, unsigned high) {
    double value = number(word, 0, high);
    is_wrong |= value != floor(value);
    return (unsigned)value;
}

static int pin(const char *word) {
    int found = pins_find(word);
    is_wrong |= found < 0;
    return found;
}

static cycle_t cycles(const char *ms) { return (cycle_t)(number(ms, 0, 3.6e6) * 1e3 * cycles_per_us); }

/* Of a byte in hex; -1 where the two characters are none. */
static int hex(const char *at) {
    char two[3] = {at[0], at[0] ? at[1] : 0, 0}, *end;
    long value = strtol(two, &end, 16);
    return at[0] && end == two + 2 && two[0] != '-' && two[0] != '+' ? (int)value : -1;
}

static unsigned hex_bytes(const char *word, uint8_t *bytes, unsigned most) {
    unsigned count = 0;
    for (; *word && !is_wrong; word += 2) {
        int byte = hex(word);
        is_wrong |= byte < 0 || count == most;
        if (!is_wrong) bytes[count++] = (uint8_t)byte;
    }
    return count;
}

/* A number, or the name of a variable of the firmware. */
static unsigned address(const char *word, unsigned size) {
    uint32_t found;
    if (part_address(word, &found)) return found & 0xFFFF;
    return whole(word, avr->ramend + 1 - size);
}

static void adc(char **word) {
    unsigned channel = whole(word[1], 7), step = whole(word[2], 1023);
    if (!is_wrong) pins_set_adc(channel, step);
}

static void drive(char **word) {
    int where = pin(word[1]), level = word[2][0] == 'z' ? LET_GO : word[2][0] - '0';
    is_wrong |= level > 1 || level < LET_GO || word[2][1];
    if (!is_wrong) pins_drive(where, level);
}

static void press(char **word) {
    int where = pin(word[1]);
    unsigned times = word[2] ? whole(word[2], 1000) : 1;
    cycle_t length = word[2] && word[3] ? cycles(word[3]) : (cycle_t)(PRESS_MS * 1e3 * cycles_per_us);
    is_wrong |= !length;
    if (!is_wrong) pins_press(where, times, length);
}

static void outputs(char **word) {
    (void)word;
    pins_tell();
}

static void reset(char **word) {
    static const char *const causes[] = {"power", "external", "brownout", "watchdog"};
    int cause = -1;
    for (int i = 0; i < 4; i++)
        if (!strcmp(word[1], causes[i])) cause = i;
    is_wrong |= cause < 0;
    if (!is_wrong) part_reset((uint8_t)(1 << cause));
}

static void dtr(char **word) {
    unsigned count = whole(word[1], 1000);
    cycle_t length = cycles(word[2]);
    if (is_wrong) return;
    part_reset(EXTERNAL);
    part_stand_still(avr->cycle + length);
    line_babble(count, length);
}

static void freeze(char **word) {
    cycle_t length = cycles(word[1]);
    if (!is_wrong) part_stand_still(avr->cycle + length);
}

static void unplug(char **word) {
    (void)word;
    is_on = 0;
    realtime_close();
}

static void plug(char **word) {
    (void)word;
    if (is_on) return;
    is_on = 1;
    if (!is_lockstep) realtime_open(NULL);
    part_reset(POWER);
}

static void set_rate(const char *word, double *rate) {
    double value = number(word, 0, 1);
    if (!is_wrong) *rate = value;
}

static void noise(char **word) { set_rate(word[1], &byte_errors); }
static void biterrors(char **word) { set_rate(word[1], &bit_errors); }
static void drop(char **word) { set_rate(word[1], &drops); }

static void peek(char **word) {
    unsigned size = word[2] ? whole(word[2], 2048) : 1, at = address(word[1], size);
    is_wrong |= at + size > avr->ramend + 1u;
    for (unsigned i = 0; i < size && !is_wrong; i++) say("%s%02x", i ? "" : " ", avr->data[at + i]);
}

static void poke(char **word) {
    uint8_t bytes[2048];
    unsigned size = hex_bytes(word[2], bytes, sizeof bytes), at = address(word[1], size);
    is_wrong |= at + size > avr->ramend + 1u;
    if (!is_wrong) memcpy(avr->data + at, bytes, size);
}

static void stats(char **word) {
    (void)word;
    say(" cycles=%llu slept=%llu in=%lu out=%lu overrun=%lu", (unsigned long long)avr->cycle,
        (unsigned long long)counted.slept, counted.in, counted.out, counted.overrun);
    say(" altered=%lu dropped=%lu lost=%lu resets=%lu stalls=%lu", counted.altered, counted.dropped,
        counted.lost, counted.resets, counted.stalls);
}

static void run(char **word) {
    static uint8_t bytes[8192];
    double us = number(word[1], 0, 1e12);
    unsigned count = word[2] ? hex_bytes(word[2], bytes, line_room()) : 0;
    is_wrong |= !is_lockstep;
    if (is_wrong) return;
    for (unsigned i = 0; i < count; i++) line_write(bytes[i]);
    answered = 0;
    say("ran");
    lockstep_run((uint64_t)us);
}

static void quit(char **word) {
    (void)word;
    is_over = 1;
}

static void help(char **word);

static const struct command {
    const char *verb;
    int least, most; /* words after it */
    void (*obey)(char **word);
    const char *usage;
} commands[] = {
    {"adc", 2, 2, adc, "adc 0..7 0..1023"},
    {"pin", 2, 2, drive, "pin D2 0|1|z"},
    {"press", 1, 3, press, "press D2 [TIMES [MS]]"},
    {"outputs", 0, 0, outputs, "outputs"},
    {"reset", 1, 1, reset, "reset power|external|brownout|watchdog"},
    {"dtr", 2, 2, dtr, "dtr BYTES MS"},
    {"freeze", 1, 1, freeze, "freeze MS"},
    {"unplug", 0, 0, unplug, "unplug"},
    {"plug", 0, 0, plug, "plug"},
    {"noise", 1, 1, noise, "noise 0..1"},
    {"biterrors", 1, 1, biterrors, "biterrors 0..1"},
    {"drop", 1, 1, drop, "drop 0..1"},
    {"peek", 1, 2, peek, "peek ADDRESS [BYTES]"},
    {"poke", 2, 2, poke, "poke ADDRESS HEX"},
    {"stats", 0, 0, stats, "stats"},
    {"run", 1, 2, run, "run US [HEX], in lockstep"},
    {"help", 0, 0, help, "help"},
    {"quit", 0, 0, quit, "quit"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void help(char **word) {
    (void)word;
    for (unsigned i = 0; i < COMMANDS; i++) say("%s%s", i ? " | " : " ", commands[i].usage);
}

static void refuse(const char *why) {
    answered = 0;
    say("error %s", why);
}

static void obey(char **word, int count) {
    for (unsigned i = 0; i < COMMANDS; i++) {
        const struct command *command = commands + i;
        if (strcmp(command->verb, word[0])) continue;
        is_wrong = count - 1 < command->least || count - 1 > command->most;
        say("ok");
        if (!is_wrong) command->obey(word);
        if (is_wrong) refuse(command->usage);
        return;
    }
    refuse("no such command; try help");
}

static void obey_line(char *line) {
    char *word[MOST_WORDS + 2] = {NULL}, *rest = line;
    int count = 0;
    while (count <= MOST_WORDS && (word[count] = strtok_r(count ? NULL : line, " \t\r", &rest))) count++;
    answered = 0;
    if (count)
        obey(word, count);
    else
        refuse("an empty line; try help");
    printf("%.*s\n", (int)answered, answer);
}

/* Obeys what has come; ends the node with the end of stdin. */
void commands_read(void) {
    static char text[65536];
    static size_t filled;
    ssize_t count = read(0, text + filled, sizeof text - 1 - filled);
    if (count <= 0) {
        is_over = count == 0 || errno != EINTR;
        return;
    }
    filled += (size_t)count;
    text[filled] = 0;
    char *line = text, *end;
    while (!is_over && (end = strchr(line, '\n'))) {
        *end = 0;
        obey_line(line);
        line = end + 1;
    }
    filled -= (size_t)(line - text);
    memmove(text, line, filled);
    if (filled == sizeof text - 1) die("a command of over %zu characters", sizeof text - 2);
    fflush(stdout);
}
