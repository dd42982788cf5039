/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of avr-node know of one another. A process runs one node, so all state is static.
 */
#ifndef AVR_NODE_H
#define AVR_NODE_H

#include <stdint.h>

#include <simavr/sim_avr.h>

#define HZ 16000000
#define NEVER UINT64_MAX

typedef avr_cycle_count_t cycle_t;

extern avr_t *avr;
extern int is_over, is_on, is_lockstep;
extern double cycles_per_us; /* of the host's time: 16, but for --ppm */

/* What `stats` tells. */
extern struct counts {
    cycle_t slept;                  /* of the cycles so far */
    unsigned long in, out;          /* bytes that the UART has taken and sent */
    unsigned long overrun;          /* bytes that found the UART's queue full */
    unsigned long altered, dropped; /* bytes that the noise struck */
    unsigned long lost;             /* bytes that a full pty did not take */
    unsigned long resets, stalls;   /* stalls: times that the node waited for a host that stood still */
} counted;

void die(const char *form, ...) __attribute__((noreturn, format(printf, 1, 2)));

static inline cycle_t soonest(cycle_t a, cycle_t b) { return a < b ? a : b; }
static inline cycle_t latest(cycle_t a, cycle_t b) { return a > b ? a : b; }

/* dice.c: all that is by chance, the same for the same seed */
void dice_seed(uint64_t seed);
double dice(void); /* 0 to below 1 */
uint8_t dice_byte(void);

/* part.c: the ATmega328P. Causes are the bits of MCUSR (data sheet DS40002061B, 11.9.1). */
enum { POWER = 1, EXTERNAL = 2, BROWNOUT = 4, WATCHDOG = 8 };
void part_load(const char *elf);
int part_address(const char *symbol, uint32_t *address);
void part_reset(uint8_t cause);
void part_stand_still(cycle_t until);
void part_step(cycle_t until);

/* eeprom.c */
void eeprom_load(const char *path);
void eeprom_keep(void);
void eeprom_put_uid(uint32_t uid);
void eeprom_put_boots(uint16_t boots);

/* pins.c: what hangs on the pins. LET_GO leaves a pin to its pull-up. */
enum { LET_GO = -1 };
int pins_find(const char *name);
void pins_set_adc(unsigned channel, unsigned step);
void pins_drive(int pin, int level);
void pins_press(int pin, unsigned times, cycle_t length);
void pins_apply(void);
cycle_t pins_next(void);
void pins_advance(void);
void pins_tell(void);

/* line.c: the serial line, with its pace and its noise */
extern double byte_errors, bit_errors, drops; /* how likely, 0 to 1 */
void line_begin(void);
void line_clear(void);
unsigned line_room(void);
void line_write(uint8_t byte);
void line_babble(unsigned count, cycle_t length);
cycle_t line_next(void);
void line_advance(void);

/* lockstep.c */
void lockstep_run(uint64_t us);
void lockstep_hear(uint8_t byte);
void lockstep_perform(void);

/* realtime.c */
void realtime_open(const char *link);
void realtime_close(void);
void realtime_hear(uint8_t byte);
cycle_t realtime_rest(cycle_t idle);
void realtime_perform(void);

/* commands.c */
void commands_read(void);
void say(const char *form, ...) __attribute__((format(printf, 1, 2)));

#endif
