/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What hangs on the pins: levels, buttons that are pressed for a while, and what comes out.
 */
#include <math.h>
#include <stdlib.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_ioport.h>

#include "node.h"

#define PIN_COUNT 24 /* D0-D7 on port D, D8-D15 on port B, A0-A7 on port C */

static const char port_names[] = "DBC";
static const uint16_t port_at[] = {0x2B, 0x25, 0x28}; /* below PORT stand DDR and PIN */

static struct {
    uint8_t is_driven, level;
    unsigned presses; /* still to come, the one under way not counted */
    cycle_t length, due;
} pins[PIN_COUNT];

static cycle_t next_due = NEVER; /* of all buttons */

static uint8_t bit(int pin) { return (uint8_t)(1 << (pin & 7)); }
static int is_high(int pin) { return (avr->data[port_at[pin / 8]] & bit(pin)) != 0; }
static int is_output(int pin) { return (avr->data[port_at[pin / 8] - 1] & bit(pin)) != 0; }

/* D0 to D13, A0 to A5; -1 where the name is no pin. */
int pins_find(const char *name) {
    char *end;
    long number = strtol(name + (*name != 0), &end, 10);
    if (end == name + 1 || *end || number < 0) return -1;
    if (*name == 'D' && number <= 13) return (int)number;
    if (*name == 'A' && number <= 5) return 16 + (int)number;
    return -1;
}

static avr_irq_t *irq_of(int pin) {
    return avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port_names[pin / 8]), pin & 7);
}

/* simavr puts every input that has a pull-up high again when its port is written to, but for those
 * that it knows to be held from outside. */
static void tell_what_is_held(int port) {
    avr_ioport_external_t held = {.name = port_names[port]};
    for (int pin = 8 * port; pin < 8 * port + 8; pin++) {
        if (!pins[pin].is_driven) continue;
        held.mask |= bit(pin);
        if (pins[pin].level) held.value |= bit(pin);
    }
    avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL(port_names[port]), &held);
}

static void set(int pin, int level) {
    pins[pin].is_driven = level != LET_GO;
    pins[pin].level = level == 1;
    tell_what_is_held(pin / 8);
    if (!is_output(pin)) avr_raise_irq(irq_of(pin), level == LET_GO ? is_high(pin) : level);
}

/* A step of the ADC is 4 mV here, see part_load. */
void pins_set_adc(unsigned channel, unsigned step) {
    avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, (int)(ADC_IRQ_ADC0 + channel)), 4 * step);
}

static void set_due(int pin, cycle_t due) {
    pins[pin].due = due;
    next_due = NEVER;
    for (int i = 0; i < PIN_COUNT; i++)
        if (pins[i].length) next_due = soonest(next_due, pins[i].due);
}

void pins_drive(int pin, int level) {
    pins[pin].presses = 0;
    set_due(pin, NEVER);
    set(pin, level);
}

/* Low for `length` and let go for as long, so many times more. */
void pins_press(int pin, unsigned times, cycle_t length) {
    int is_idle = !pins[pin].length || pins[pin].due == NEVER;
    pins[pin].presses += times;
    pins[pin].length = length;
    if (is_idle) set_due(pin, avr->cycle);
}

/* After a reset, which takes the levels out of simavr's registers and leaves them in its notes of
 * what it has told already. */
void pins_apply(void) {
    for (int pin = 0; pin < PIN_COUNT; pin++) {
        irq_of(pin)->flags |= IRQ_FLAG_INIT;
        if (pins[pin].is_driven) avr_raise_irq(irq_of(pin), pins[pin].level);
    }
}

cycle_t pins_next(void) { return next_due; }

static void work_button(int pin) {
    int is_down = pins[pin].is_driven && !pins[pin].level;
    cycle_t next = latest(pins[pin].due, avr->cycle) + pins[pin].length;
    if (is_down)
        set(pin, LET_GO);
    else if (pins[pin].presses && pins[pin].presses--)
        set(pin, 0);
    else
        next = NEVER;
    set_due(pin, next);
}

void pins_advance(void) {
    for (int pin = 0; next_due <= avr->cycle && pin < PIN_COUNT; pin++)
        if (pins[pin].length && pins[pin].due <= avr->cycle) work_button(pin);
}

/* Data sheet 15.9, 16.11 and 18.11: the pins that a timer can hold. */
static const struct pwm {
    uint8_t pin, control, shift, compare, fast;
} pwm_pins[] = {{6, 0x44, 6, 0x47, 3}, {5, 0x44, 4, 0x48, 3},  {9, 0x80, 6, 0x88, 5},
                {10, 0x80, 4, 0x8A, 5}, {11, 0xB0, 6, 0xB3, 3}, {3, 0xB0, 4, 0xB4, 3}};

/* 8-bit fast and phase-correct PWM (15.7.3, 15.7.4); in another mode the duty is not known here. */
static double timer_duty(const struct pwm *pwm, int connection) {
    int mode = (avr->data[pwm->control] & 3) | (avr->data[pwm->control + 1] >> 1 & 12);
    double compare = avr->data[pwm->compare];
    double duty = mode == pwm->fast ? (compare + 1) / 256 : mode == 1 ? compare / 255 : NAN;
    return connection == 2 ? duty : connection == 3 ? 1 - duty : NAN;
}

static double duty_of(int pin) {
    for (unsigned i = 0; i < sizeof pwm_pins / sizeof *pwm_pins; i++) {
        const struct pwm *pwm = pwm_pins + i;
        int connection = avr->data[pwm->control] >> pwm->shift & 3;
        if (pwm->pin == pin && connection) return timer_duty(pwm, connection);
    }
    return is_high(pin);
}

void pins_tell(void) {
    for (int pin = 0; is_on && pin < PIN_COUNT; pin++)
        if (is_output(pin))
            say(" %c%d=%.4f", pin < 16 ? 'D' : 'A', pin < 16 ? pin : pin - 16, duty_of(pin));
}
