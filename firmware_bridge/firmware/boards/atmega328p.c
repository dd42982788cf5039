/* ATmega328P at 16 MHz, as on an Arduino Uno or Nano; plain avr-libc.
 *
 * Timer 0 is the clock (prescaled by 64: 4 us, an overflow each 1.024 ms, which also wakes the
 * main loop) and makes PWM on D5 and D6; timers 1 and 2 make it on D9, D10, D3 and D11.
 * Section numbers are those of the data sheet DS40002061B.
 */
#include "../src/board.h"

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <util/atomic.h>

#include "../src/node.h"
#include OBJECT

#ifndef UID
#define UID 0
#endif

NODE_OBJECT;

#define BAUD 250000UL
#define RX_SIZE 64 /* 2.5 ms of the host talking without a pause; powers of two */
#define TX_SIZE 256
#define ONCE __attribute__((noinline))
#define MOST_ADC 8

volatile uint32_t board_overflows; /* of timer 0; the tests put it near the clock's wrap */

static volatile uint8_t rx[RX_SIZE], rx_in, rx_out;
static volatile uint8_t tx[TX_SIZE], tx_in, tx_out;
static volatile uint16_t readings[MOST_ADC];
static volatile uint8_t adc_at;
static uint8_t adc_pins; /* a bit for each that the object reads */
static uint8_t why_booted __attribute__((section(".noinit")));

/* 11.9: after a watchdog reset the watchdog stays on at its shortest, so it goes off first. */
__attribute__((naked, used, section(".init3"))) void board_init3(void);
void board_init3(void) {
    why_booted = MCUSR;
    MCUSR = 0;
    wdt_disable();
}

ISR(TIMER0_OVF_vect) { board_overflows++; }

ISR(USART_RX_vect) {
    uint8_t byte = UDR0, next = (rx_in + 1) & (RX_SIZE - 1);
    if (next == rx_out) return; /* the frame's CRC will tell */
    rx[rx_in] = byte;
    rx_in = next;
}

ISR(USART_UDRE_vect) {
    UDR0 = tx[tx_out];
    if (++tx_out == tx_in) UCSR0B &= (uint8_t)~_BV(UDRIE0);
}

/* The next pin that the object reads; past the last one, silence until the next sample. */
static ONCE void convert_from(uint8_t pin) {
    while (pin < MOST_ADC && !(adc_pins & 1 << pin)) pin++;
    adc_at = pin;
    if (pin == MOST_ADC) return;
    ADMUX = _BV(REFS0) | pin;
    ADCSRA |= _BV(ADSC);
}

ISR(ADC_vect) {
    uint8_t pin = adc_at;
    readings[pin] = ADC;
    convert_from(pin + 1);
}

/* 15.9.6: an overflow that is pending counts, unless the timer was read before it. */
uint32_t board_micros(void) {
    uint32_t overflows;
    uint8_t ticks;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        overflows = board_overflows;
        ticks = TCNT0;
        if ((TIFR0 & _BV(TOV0)) && ticks < 255) overflows++;
    }
    return (overflows << 8 | ticks) << 2;
}

int16_t board_read(void) {
    if (rx_in == rx_out) return -1;
    uint8_t byte = rx[rx_out];
    rx_out = (rx_out + 1) & (RX_SIZE - 1);
    return byte;
}

uint16_t board_room(void) { return (uint8_t)(tx_out - tx_in - 1); }

void board_write(uint8_t byte) {
    tx[tx_in] = byte;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        tx_in++;
        UCSR0B |= _BV(UDRIE0);
    }
}

void board_sample(void) { convert_from(0); }

uint16_t board_analogue(uint8_t pin) { return readings[pin]; }

/* 0-7 are port D and 8-13 port B, as on an Arduino; 16-21 are port C (A0 to A5). */
static uint8_t bit_of(uint8_t pin) { return (uint8_t)(1 << (pin & 7)); }

/* 18.4: below a PORT register stand its DDR and its PIN. */
static ONCE volatile uint8_t *port_of(uint8_t pin) {
    return pin < 8 ? &PORTD : pin < 16 ? &PORTB : &PORTC;
}

uint8_t board_digital(uint8_t pin) { return (port_of(pin)[-2] & bit_of(pin)) != 0; }

void board_switch(uint8_t pin, uint8_t on) {
#ifdef NODE_HANG
    if (pin == NODE_HANG) {
        while (on) {}
        return;
    }
#endif
    volatile uint8_t *port = port_of(pin); /* no interrupt writes to a port: it need not be shut out */
    uint8_t bit = bit_of(pin);
    if (on)
        *port |= bit;
    else
        *port &= (uint8_t)~bit;
    port[-1] |= bit;
}

/* The pins that a timer can drive, with the addresses of its registers. */
static const struct {
    uint8_t pin, control, compare, connect;
} timers[] PROGMEM = {
    {3, (uint8_t)(uint16_t)&TCCR2A, (uint8_t)(uint16_t)&OCR2B, _BV(COM2B1)},
    {5, (uint8_t)(uint16_t)&TCCR0A, (uint8_t)(uint16_t)&OCR0B, _BV(COM0B1)},
    {6, (uint8_t)(uint16_t)&TCCR0A, (uint8_t)(uint16_t)&OCR0A, _BV(COM0A1)},
    {9, (uint8_t)(uint16_t)&TCCR1A, (uint8_t)(uint16_t)&OCR1AL, _BV(COM1A1)},
    {10, (uint8_t)(uint16_t)&TCCR1A, (uint8_t)(uint16_t)&OCR1BL, _BV(COM1B1)},
    {11, (uint8_t)(uint16_t)&TCCR2A, (uint8_t)(uint16_t)&OCR2A, _BV(COM2A1)},
};

/* 15.7.3: fast PWM has no duty of exactly 0, so the timer lets go of a pin that is off or full. */
void board_pwm(uint8_t pin, uint8_t duty) {
    board_switch(pin, duty == 255);
    for (uint8_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        if (pgm_read_byte(&timers[i].pin) != pin) continue;
        volatile uint8_t *control = (volatile uint8_t *)(uint16_t)pgm_read_byte(&timers[i].control);
        uint8_t connect = pgm_read_byte(&timers[i].connect);
        if (duty == 0 || duty == 255) {
            *control &= (uint8_t)~connect;
        } else {
            *(volatile uint8_t *)(uint16_t)pgm_read_byte(&timers[i].compare) = duty;
            *control |= connect;
        }
    }
}

/* In EEPROM. The boot number is written before it is told: one that a power cut has torn was
 * never heard, and whatever it left, the next one is no recent one. */
static uint32_t EEMEM kept_uid;
static uint16_t EEMEM kept_boot;

static uint16_t next_boot(void) {
    uint16_t boot = eeprom_read_word(&kept_boot) + 1;
    eeprom_update_word(&kept_boot, boot);
    return boot;
}

static volatile uint8_t has_barked;
ISR(WDT_vect) { has_barked = 1; }

/* The watchdog's RC oscillator against the crystal: how far a fast timer came at each of 32
 * barks differs from board to board and from time to time. Half a second, once in a life. */
static uint32_t dice(void) {
    uint32_t crc = node_text_crc();
    TCCR1B = _BV(CS10);
    sei();
    for (uint8_t i = 0; i < 32; i++) {
        has_barked = 0;
        WDTCSR |= _BV(WDIE); /* 11.8: barks after 16 ms, resets nothing */
        while (!has_barked) {}
        crc = node_crc(crc, TCNT1L);
    }
    cli();
    wdt_disable();
    return crc;
}

static uint32_t own_uid(void) {
    uint32_t uid = eeprom_read_dword(&kept_uid);
    if (UID) return UID;
    if (uid == 0xFFFFFFFF) { /* blank */
        uid = dice();
        eeprom_update_dword(&kept_uid, uid);
    }
    return uid;
}

static void begin_pins(void) {
    for (uint8_t i = 0; i < node_object.channel_count; i++) {
        uint8_t kind = NODE_BYTE(object_channels[i].kind), pin = NODE_BYTE(object_channels[i].pin);
        if (kind == NODE_ANALOGUE)
            adc_pins |= _BV(pin);
        else if (kind == NODE_COUNT)
            *port_of(pin) |= bit_of(pin); /* an input's pull-up */
    }
}

static void begin_clocks(void) {
    TCCR0A = _BV(WGM01) | _BV(WGM00);
    TCCR0B = _BV(CS01) | _BV(CS00);
    TCCR1A = _BV(WGM10); /* 16.9.3: fast, 8 bits, as the others */
    TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10);
    TCCR2A = _BV(WGM21) | _BV(WGM20);
    TCCR2B = _BV(CS22);
    TIMSK0 = _BV(TOIE0);
    ADCSRA = _BV(ADEN) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0); /* 125 kHz */
    UBRR0 = F_CPU / 16 / BAUD - 1; /* 19.11: no error at 250000 baud */
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

int __attribute__((OS_main)) main(void) {
    uint32_t uid = own_uid();
    uint16_t boot = next_boot();
    begin_pins();
    begin_clocks();
    sei();
    node_begin(uid, boot, why_booted & 15);
    wdt_enable(WDTO_250MS);
    set_sleep_mode(SLEEP_MODE_IDLE);
    for (;;) {
        wdt_reset();
        node_poll();
        cli(); /* a byte that came since is dealt with before sleeping; sei lets one step pass */
        if (rx_in == rx_out) {
            sleep_enable();
            sei();
            sleep_cpu();
            sleep_disable();
        }
        sei();
    }
}
