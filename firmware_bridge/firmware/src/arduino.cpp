/* A board under an Arduino core. Tried on the Uno; for ESP32 (Espressif's core) and RP2040 (Earle
 * Philhower's core) written by their documents.
 */
#ifdef ARDUINO

#include <Arduino.h>

#include "board.h"
#include "node.h"

#if defined(__AVR__)
#include "avr_boot.h"

static void begin_chip(uint32_t uid) {
    node_begin(uid ? uid : avr_uid(), avr_next_boot(), avr_cause);
    wdt_enable(WDTO_250MS);
}

static void feed_watchdog(void) { wdt_reset(); }

#else

#define RANDOM_BOOT ((uint16_t)random(0x10000)) /* no count, but it tells two boots apart */

#if defined(ARDUINO_ARCH_ESP32)
static uint32_t chip_uid(void) { return (uint32_t)(ESP.getEfuseMac() >> 16); }

static void begin_watchdog(void) { enableLoopWDT(); } /* fed by each loop() */

static void feed_watchdog(void) {}

#elif defined(ARDUINO_ARCH_RP2040)
#include <pico/unique_id.h>

#include "frames.h"

static uint32_t chip_uid(void) {
    pico_unique_board_id_t id;
    uint32_t crc = 0xFFFFFFFF;
    pico_get_unique_board_id(&id);
    for (uint8_t byte : id.id) crc = frame_crc(crc, byte);
    return crc;
}

static void begin_watchdog(void) { rp2040.wdt_begin(250); }

static void feed_watchdog(void) { rp2040.wdt_reset(); }

#else
#error "This chip's uid and watchdog are not known: add them here"
#endif

static void begin_chip(uint32_t uid) {
    analogReadResolution(10);
    node_begin(uid ? uid : chip_uid(), RANDOM_BOOT, 0);
    begin_watchdog();
}
#endif

#define PINS 64

static uint8_t tx[256], tx_in, tx_out; /* whole frames: an Uno's own buffer holds 63 bytes */
static uint16_t readings[PINS];

uint32_t board_micros(void) { return micros(); }

int16_t board_read(void) { return Serial.read(); }

uint16_t board_room(void) { return (uint8_t)(tx_out - tx_in - 1); }

void board_write(uint8_t byte) { tx[tx_in++] = byte; }

void board_sample(void) {
    for (uint8_t i = 0; i < node_object.channel_count; i++) {
        uint8_t pin = BYTE_OF(node_object.channels[i].pin);
        if (BYTE_OF(node_object.channels[i].kind) == NODE_ANALOGUE)
            readings[pin % PINS] = analogRead(pin);
    }
}

uint16_t board_analogue(uint8_t pin) { return readings[pin % PINS]; }

uint8_t board_digital(uint8_t pin) { return digitalRead(pin) == HIGH; }

void board_pwm(uint8_t pin, uint8_t duty) { analogWrite(pin, duty); } /* makes it an output */

void board_switch(uint8_t pin, uint8_t on) {
    if (pin == NODE_HANG) {
        while (on) asm volatile(""); /* an empty loop may be left out */
        return;
    }
    digitalWrite(pin, on ? HIGH : LOW);
    pinMode(pin, OUTPUT);
}

static void begin_pins(void) {
    for (uint8_t i = 0; i < node_object.channel_count; i++) {
        uint8_t kind = BYTE_OF(node_object.channels[i].kind);
        if (kind == NODE_ANALOGUE) continue;
        pinMode(BYTE_OF(node_object.channels[i].pin), kind == NODE_COUNT ? INPUT_PULLUP : INPUT);
    }
}

static void send_what_fits(void) {
    while (tx_out != tx_in && Serial.availableForWrite() > 0) Serial.write(tx[tx_out++]);
}

void board_begin(uint32_t uid) {
    Serial.begin(250000);
    begin_pins();
    begin_chip(uid);
}

void board_work(void) {
    node_poll();
    send_what_fits();
    feed_watchdog();
}

#endif
