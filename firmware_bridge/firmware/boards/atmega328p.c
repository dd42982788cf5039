/* ATmega328P at 16 MHz, as on an Arduino Uno or Nano; plain avr-libc.
 *
 * Timer 0 is the clock (prescaled by 64: 4 us, an overflow each 1.024 ms, which also wakes the
 * main loop) and makes PWM on D5 and D6; timers 1 and 2 make it on D9, D10, D3 and D11.
 * Section numbers are those of the data sheet DS40002061B.
 */
#include "../src/board.h"

#include <avr/sleep.h>
#include <util/atomic.h>

#include "../src/avr_boot.h"
#include OBJECT


#define MOST_ADC 8
NODE_OBJECT;

#define CHECK_ANALOGUE(name, unit, low, high, pin) \
    NODE_CHECK(pin < MOST_ADC, #name " is on none of ADC0 to ADC7");
#define CHECK_DIGITAL(name, unit, low, high, pin) \
    NODE_CHECK(pin >= 2 && pin <= 13, #name " is on none of D2 to D13");
#define CHECK_PWM(name, safe, most_on, pin)                                            \
    NODE_CHECK(pin == 3 || pin == 5 || pin == 6 || pin == 9 || pin == 10 || pin == 11, \
               #name " is on none of D3, D5, D6, D9, D10, D11");
#define CHECK_SWITCH(name, safe, most_on, pin) \
    NODE_CHECK((pin >= 2 && pin <= 13) || pin == NODE_HANG, #name " is on none of D2 to D13");
NODE_CHANNELS(CHECK_ANALOGUE, CHECK_DIGITAL, CHECK_DIGITAL)
NODE_OUTPUTS(CHECK_PWM, CHECK_SWITCH)

#define BAUD 250000UL
#define RX_SIZE 64 /* 2.5 ms of the host talking without a pause; powers of two */
#define TX_SIZE 256

volatile uint32_t board_overflows; /* of timer 0; the tests put it near the clock's wrap */

static volatile uint8_t rx[RX_SIZE], rx_in, rx_out;
static volatile uint8_t tx[TX_SIZE], tx_in, tx_out;
static volatile uint16_t readings[MOST_ADC];

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

static void convert(uint8_t pin) {
    ADMUX = _BV(REFS0) | pin; /* of 5 V */
    ADCSRA |= _BV(ADSC);
}

/* All eight pins after another, 0.83 ms, then silence until the next sample. */
ISR(ADC_vect) {
    uint8_t pin = ADMUX & 7;
    readings[pin] = ADC;
    if (pin < MOST_ADC - 1) convert(pin + 1);
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

void board_sample(void) {
    if (!(ADCSRA & _BV(ADSC))) convert(0);
}

uint16_t board_analogue(uint8_t pin) {
    uint16_t reading;
    ATOMIC_BLOCK(ATOMIC_FORCEON) { reading = readings[pin]; }
    return reading;
}

/* D0 to D7 are port D, D8 to D13 port B. */
static ONCE uint8_t bit_of(uint8_t pin) { return (uint8_t)(1 << (pin & 7)); }

/* 18.4: below a PORT register stand its DDR and its PIN. */
static volatile uint8_t *port_of(uint8_t pin) { return pin < 8 ? &PORTD : &PORTB; }

uint8_t board_digital(uint8_t pin) { return (port_of(pin)[-2] & bit_of(pin)) != 0; }

void board_switch(uint8_t pin, uint8_t on) {
    if (pin == NODE_HANG) {
        if (on)
            for (;;) {}
        return;
    }
    volatile uint8_t *port = port_of(pin); /* which no interrupt writes to */
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

/* A bootloader may have left its light an output, and its serial port at double speed. */
static void begin_pins(void) {
    DDRB = DDRD = PORTB = PORTD = 0;
    for (uint8_t i = 0; i < node_object.channel_count; i++) {
        uint8_t pin = BYTE_OF(object_channels[i].pin);
        if (BYTE_OF(object_channels[i].kind) != NODE_COUNT) continue;
        *port_of(pin) |= bit_of(pin); /* 14.2.3: an input's pull-up */
    }
}

static void begin_clocks(void) {
    TCCR0A = _BV(WGM01) | _BV(WGM00);
    TCCR0B = _BV(CS01) | _BV(CS00);
    TCCR1A = _BV(WGM10); /* 16.9.3: fast, 8 bits, as the others */
    TCCR1B = _BV(WGM12) | _BV(CS11) | _BV(CS10);
    OCR1AH = 0; /* 16.3: also what goes with each low half that is written from now on */
    TCCR2A = _BV(WGM21) | _BV(WGM20);
    TCCR2B = _BV(CS22);
    TIMSK0 = _BV(TOIE0);
    ADCSRA = _BV(ADEN) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0); /* 125 kHz */
    UCSR0A = 0;
    UBRR0 = F_CPU / 16 / BAUD - 1; /* 19.11: no error at 250000 baud */
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

int __attribute__((OS_main)) main(void) {
    uint32_t uid = avr_uid();
    uint16_t boot = avr_next_boot();
    begin_pins();
    begin_clocks();
    sei();
    node_begin(uid, boot, avr_cause);
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
