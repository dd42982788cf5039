/* An AVR at boot: why it booted, its uid, the number of this boot. For ../boards/atmega328p.c and
 * for arduino.cpp; included once. Section numbers are those of the data sheet DS40002061B.
 *
 * EEPROM: the uid in bytes 0 to 3, the boots in 4 to 259.
 */
#ifndef AVR_BOOT_H
#define AVR_BOOT_H

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

#include "node.h"
#include "frames.h"

#define KEPT_UID ((uint32_t *)0)
#define KEPT_TURNS ((uint8_t *)4)

static uint8_t avr_cause __attribute__((section(".noinit"))); /* as HELLO tells it */

/* 11.9: after a watchdog reset the watchdog stays on at its shortest, so it goes off first. */
#ifdef __cplusplus
extern "C"
#endif
void avr_init3(void) __attribute__((naked, used, section(".init3")));
void avr_init3(void) {
    avr_cause = MCUSR & 15; /* 11.9.1: the bits stand as on the wire */
    MCUSR = 0;
    wdt_disable();
}

/* 256 bytes hold the high half of the numbers; the low half is where the newest of them stands.
 * A boot writes one byte, so each is written once in 256 boots: 25 million in all (100,000 a
 * byte). A byte that a power cut has torn differs from the one before, and is written again, or
 * is right: the number was not told yet. */
static uint16_t avr_next_boot(void) {
    uint8_t turn = eeprom_read_byte(KEPT_TURNS), at = 0;
    while (++at && eeprom_read_byte(KEPT_TURNS + at) == turn) {}
    if (!at) turn++;
    eeprom_update_byte(KEPT_TURNS + at, turn);
    return (uint16_t)(turn << 8 | at);
}

static volatile uint8_t has_barked;
ISR(WDT_vect) { has_barked = 1; }

/* The watchdog's RC oscillator against the crystal: how far a fast timer came at each of 32
 * barks differs from board to board and from time to time. Half a second, once in a life. */
static uint32_t avr_dice(void) {
    uint32_t crc = node_text_crc();
    uint8_t was = TCCR1B;
    TCCR1B = _BV(CS10);
    sei();
    for (uint8_t i = 0; i < 32; i++) {
        has_barked = 0;
        WDTCSR |= _BV(WDIE); /* 11.8: barks after 16 ms, resets nothing */
        while (!has_barked) {}
        crc = frame_crc(crc, TCNT1L);
    }
    wdt_disable();
    TCCR1B = was;
    return crc;
}

/* A blank EEPROM reads 0xFFFFFFFF. */
static uint32_t avr_uid(void) {
    uint32_t uid;
    while ((uid = eeprom_read_dword(KEPT_UID)) + 1 < 2) eeprom_update_dword(KEPT_UID, avr_dice());
    return uid;
}

#endif
