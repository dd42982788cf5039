/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * avr-node: runs a node's firmware in simavr, see README.md.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "node.h"

int is_over, is_on = 1, is_lockstep;
double cycles_per_us = HZ / 1e6;
struct counts counted;

static const char *link_path, *eeprom_path, *uid, *boots;

void die(const char *form, ...) {
    va_list args;
    va_start(args, form);
    fprintf(stderr, "avr-node: ");
    vfprintf(stderr, form, args);
    fprintf(stderr, "\n");
    va_end(args);
    realtime_close();
    exit(1);
}

/* simavr's own goes to stdout, where the answers are. */
static void log_to_stderr(avr_t *it, const int level, const char *form, va_list args) {
    (void)it;
    if (level == LOG_ERROR) vfprintf(stderr, form, args);
}

static void end(int signal) {
    (void)signal;
    is_over = 1;
}

static void catch_signals(void) {
    struct sigaction ending = {.sa_handler = end};
    sigaction(SIGTERM, &ending, NULL);
    sigaction(SIGINT, &ending, NULL);
    sigaction(SIGHUP, &ending, NULL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_TIMERSLACK, 1);
}

static double number(const char *text, double low, double high) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= low && value <= high))
        die("%s is no number from %g to %g", text, low, high);
    return value;
}

static void take(int option) {
    switch (option) {
    case 'k': link_path = optarg; break;
    case 'l': is_lockstep = 1; break;
    case 'e': eeprom_path = optarg; break;
    case 'u': uid = optarg; break;
    case 'b': boots = optarg; break;
    case 's': dice_seed((uint64_t)number(optarg, 0, 1e15)); break;
    case 'p': cycles_per_us = HZ / 1e6 * (1 + number(optarg, -1e5, 1e5) / 1e6); break;
    default:
        die("usage: avr-node ELF [--link PATH] [--lockstep] [--uid N] [--boots N] [--eeprom FILE]"
            " [--seed N] [--ppm X]");
    }
}

static const char *take_options(int argc, char **argv) {
    static const struct option options[] = {
        {"link", 1, 0, 'k'},  {"lockstep", 0, 0, 'l'}, {"eeprom", 1, 0, 'e'}, {"uid", 1, 0, 'u'},
        {"boots", 1, 0, 'b'}, {"seed", 1, 0, 's'},     {"ppm", 1, 0, 'p'},    {0, 0, 0, 0}};
    int option;
    opterr = 0;
    dice_seed(0);
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) take(option);
    if (optind != argc - 1) take('?');
    return argv[optind];
}

int main(int argc, char **argv) {
    const char *elf = take_options(argc, argv);
    avr_global_logger_set(log_to_stderr);
    part_load(elf);
    line_begin();
    if (eeprom_path) eeprom_load(eeprom_path);
    if (uid) eeprom_put_uid((uint32_t)number(uid, 0, UINT32_MAX));
    if (boots) eeprom_put_boots((uint16_t)number(boots, 0, UINT16_MAX));
    part_reset(POWER);
    counted.resets = 0;
    catch_signals();
    if (is_lockstep) {
        lockstep_perform();
    } else {
        realtime_open(link_path);
        realtime_perform();
    }
    realtime_close();
    eeprom_keep();
    return 0;
}
