/* A firmware for the tests of the runner: reads and writes any byte of the ATmega328P's data space
 * for whoever asks over the UART (250000 baud, no interrupts), and does a few things that a
 * firmware should not.
 *
 *   at boot         'B', then MCUSR
 *   'R' low high    the byte at that address
 *   'W' low high x  writes x, says 'w'
 *   'E' x           says x
 *   'N'             no longer takes bytes from the UART
 *   'D'             a watchdog of 16 ms, and nobody to feed it
 *   'F'             says 'f' without end
 *   'S'             sleeps, until the UART has a byte for it
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

volatile uint8_t probe_mark[4] __attribute__((section(".noinit")));
static uint8_t causes __attribute__((section(".noinit")));

__attribute__((naked, used, section(".init3"))) void at_boot(void);
void at_boot(void) {
    causes = MCUSR;
    MCUSR &= (uint8_t)~_BV(WDRF); /* else the watchdog cannot be switched off */
    wdt_reset();
    WDTCSR = _BV(WDCE) | _BV(WDE);
    WDTCSR = 0;
}

EMPTY_INTERRUPT(USART_RX_vect)

static uint8_t hear(void) {
    while (!(UCSR0A & _BV(RXC0))) {}
    return UDR0;
}

static void say(uint8_t byte) {
    while (!(UCSR0A & _BV(UDRE0))) {}
    UDR0 = byte;
}

static volatile uint8_t *hear_address(void) {
    uint8_t low = hear();
    return (volatile uint8_t *)(uint16_t)(low | hear() << 8);
}

static void write_byte(void) {
    volatile uint8_t *at = hear_address();
    *at = hear();
    say('w');
}

static void bite(void) {
    WDTCSR = _BV(WDCE) | _BV(WDE);
    WDTCSR = _BV(WDE);
    for (;;) {}
}

static void sleep_until_called(void) {
    UCSR0B |= _BV(RXCIE0);
    sei();
    set_sleep_mode(SLEEP_MODE_IDLE);
    sleep_mode();
    cli();
    UCSR0B &= (uint8_t)~_BV(RXCIE0);
}

int main(void) {
    UBRR0 = F_CPU / 16 / 250000 - 1;
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    say('B');
    say(causes);
    for (;;) {
        switch (hear()) {
        case 'R': say(*hear_address()); break;
        case 'W': write_byte(); break;
        case 'E': say(hear()); break;
        case 'N': for (;;) {}
        case 'D': bite();
        case 'F': for (;;) say('f');
        case 'S': sleep_until_called(); break;
        }
    }
}
