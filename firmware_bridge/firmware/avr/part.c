/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ATmega328P: loaded, reset, and stepped. What simavr leaves out at a reset is done here.
 */
#include <string.h>

#include <simavr/avr_extint.h>
#include <simavr/sim_core.h>
#include <simavr/sim_elf.h>

#include "node.h"

#define MCUSR 0x54
#define RAM_SYMBOLS 0x800000 /* where the linker puts the data space */
#define MOST_RUN 100000      /* cycles that simavr may run before it looks at its timers */

avr_t *avr;

static elf_firmware_t firmware;
static cycle_t still_until, bound;

static cycle_t nothing(avr_t *it, cycle_t when, void *param) {
    (void)it, (void)when, (void)param;
    return 0;
}

/* simavr runs instructions until the next of its timers is due, and so until ours. */
static void bound_by(cycle_t until) {
    if (until == bound) return;
    bound = until;
    avr_cycle_timer_register(avr, bound - avr->cycle, nothing, NULL);
}

/* In place of simavr's own, which sleeps on its own account and hears nothing meanwhile. */
static void run(avr_t *it) {
    int is_still = it->cycle < still_until;
    if (!is_still && it->state == cpu_Running) it->pc = avr_run_one(it);
    cycle_t idle = avr_cycle_timer_process(it);
    if (is_still || it->state == cpu_Sleeping) {
        cycle_t until = soonest(it->cycle + idle, bound);
        if (is_still) until = soonest(until, still_until);
        idle = until > it->cycle ? until - it->cycle : 0;
        if (!is_lockstep) idle = realtime_rest(idle);
        it->cycle += idle;
        if (!is_still) counted.slept += idle;
    }
    if (!is_still && it->interrupt_state) avr_service_interrupts(it);
}

void part_load(const char *elf) {
    if (elf_read_firmware(elf, &firmware) || !firmware.flashsize) die("%s is no firmware that can be read", elf);
    firmware.frequency = HZ;
    firmware.eeprom = NULL; /* a board that is flashed keeps its EEPROM */
    avr = avr_make_mcu_by_name("atmega328p");
    if (!avr || avr_init(avr)) die("this simavr knows no atmega328p");
    /* With 4 mV a step simavr's ADC reads exactly what was set. */
    avr->vcc = avr->avcc = avr->aref = 4 * 1023;
    avr->log = LOG_ERROR;
    avr_load_firmware(avr, &firmware);
    avr->run = run;
}

/* Where a variable of the firmware lies, as avr-nm tells it. 0 where there is none of that name. */
int part_address(const char *symbol, uint32_t *address) {
    for (uint32_t i = 0; i < firmware.symbolcount; i++)
        if (!strcmp(firmware.symbol[i]->symbol, symbol)) {
            *address = firmware.symbol[i]->addr;
            return *address >= RAM_SYMBOLS;
        }
    return 0;
}

/* Without power, memory holds whatever it comes up with. */
static void forget(void) {
    for (unsigned at = 0; at <= avr->ramend; at++)
        if (at < 32 || at > avr->ioend) avr->data[at] = dice_byte();
}

/* simavr forgets the causes before this one, which MCUSR adds up until the power goes; it takes
 * its registers back to what they are at boot, and leaves memory alone, as the part does. */
void part_reset(uint8_t cause) {
    uint8_t causes = cause == POWER ? cause : avr->data[MCUSR] | cause;
    if (cause & (POWER | BROWNOUT)) forget();
    avr_reset(avr);
    avr->data[MCUSR] = causes;
    avr->run_cycle_limit = MOST_RUN;
    /* Else simavr polls a low INT0 or INT1 (D2, D3) in every cycle, even where no one uses it. */
    avr_extint_set_strict_lvl_trig(avr, 0, 0);
    avr_extint_set_strict_lvl_trig(avr, 1, 0);
    still_until = bound = 0;
    counted.resets++;
    line_clear();
    pins_apply();
}

/* No instruction is run until then; the timers, the UART and the watchdog go on. */
void part_stand_still(cycle_t until) { still_until = until; }

/* On by an instruction at least, or by as much as nothing happens; not past `until`, which lies
 * ahead, by more than an instruction. */
void part_step(cycle_t until) {
    bound_by(latest(avr->cycle + 1, soonest(until, soonest(line_next(), pins_next()))));
    avr->run(avr);
    if (avr->run != run) part_reset(WATCHDOG); /* simavr's watchdog asks for it in this way */
    if (avr->state == cpu_Crashed) die("the firmware has crashed near 0x%04x", avr->pc);
    line_advance();
    pins_advance();
}
