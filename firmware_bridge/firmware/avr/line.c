/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The serial line: bytes at the UART's own pace in both directions, and what noise does to them.
 */
#include <string.h>

#include <simavr/avr_uart.h>
#include <simavr/sim_io.h>

#include "node.h"

#define QUEUE 8192 /* a power of two */
#define UCSR0B 0xC1
#define UBRR0L 0xC4
#define RECEIVES 0x10

double byte_errors, bit_errors, drops;

static avr_uart_t *uart;
static avr_irq_t *input;
static int is_full;
static uint8_t to_node[QUEUE];
static unsigned node_in, node_out, host_in, host_out;
static cycle_t feed_at; /* when the next byte for the node has come in */
static cycle_t sent_at; /* when the newest one of the node has left */
static struct {
    uint8_t byte;
    cycle_t due;
} to_host[QUEUE];

static cycle_t byte_time(void) { return uart->cycles_per_byte; }

/* The firmware has set its baud rate: simavr takes 11 bits a byte, one for a parity that nobody
 * sends. */
static void take_parity_out(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)value, (void)param;
    uart->cycles_per_byte = uart->cycles_per_byte / 11 * 10;
}

/* What the line makes of a byte; -1 where it swallows it. */
static int over_the_line(uint8_t byte) {
    uint8_t was = byte;
    if (drops > 0 && dice() < drops) {
        counted.dropped++;
        return -1;
    }
    if (byte_errors > 0 && dice() < byte_errors) byte ^= 1 + (uint8_t)(dice() * 255);
    for (int i = 0; bit_errors > 0 && i < 8; i++)
        if (dice() < bit_errors) byte ^= (uint8_t)(1 << i);
    counted.altered += byte != was;
    return byte;
}

static void queue_for_host(uint8_t byte, cycle_t due) {
    if (host_in - host_out == QUEUE) return;
    to_host[host_in % QUEUE].byte = byte;
    to_host[host_in++ % QUEUE].due = due;
}

/* The firmware has put a byte into its UART: its last bit leaves a byte's time later, after the
 * one before it. */
static void hear(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    sent_at = latest(sent_at, avr->cycle) + byte_time();
    counted.out++;
    int byte = over_the_line((uint8_t)value);
    if (byte >= 0) queue_for_host((uint8_t)byte, sent_at);
}

static void hear_xoff(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    is_full = value != 0;
}

static void hear_xon(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)value, (void)param;
    is_full = 0;
}

void line_begin(void) {
    uint32_t flags = 0; /* neither on stdout, nor with naps of its own */
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    for (avr_io_t *io = avr->io_port; io; io = io->next)
        if (!strcmp(io->kind, "uart")) uart = (avr_uart_t *)io;
    avr_irq_t *irqs = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    input = irqs + UART_IRQ_INPUT;
    avr_irq_register_notify(irqs + UART_IRQ_OUTPUT, hear, NULL);
    avr_irq_register_notify(irqs + UART_IRQ_OUT_XOFF, hear_xoff, NULL);
    avr_irq_register_notify(irqs + UART_IRQ_OUT_XON, hear_xon, NULL);
    avr_irq_t *baud = avr_iomem_getirq(avr, UBRR0L, "ubrr0l", AVR_IOMEM_IRQ_ALL);
    avr_irq_register_notify(baud, take_parity_out, NULL);
}

/* A reset breaks off what is being sent and what was on its way. */
void line_clear(void) {
    node_out = node_in;
    host_out = host_in;
    feed_at = sent_at = 0;
    is_full = 0;
}

unsigned line_room(void) { return QUEUE - (node_in - node_out); }

/* From the host; dropped where there is no room or no power. */
void line_write(uint8_t byte) {
    if (!is_on || !line_room()) return;
    int altered = over_the_line(byte);
    if (altered < 0) return;
    if (node_in == node_out) feed_at = latest(feed_at, avr->cycle + byte_time());
    to_node[node_in++ % QUEUE] = (uint8_t)altered;
}

/* What a bootloader says: anything, evenly over `length`. */
void line_babble(unsigned count, cycle_t length) {
    for (unsigned i = 1; i <= count; i++)
        queue_for_host(dice_byte(), avr->cycle + length * i / (count + 1));
}

/* The last bit of a byte has come in, and the firmware sees it: simavr would wait for a byte's time
 * more. A UART holds nobody back: what comes while its queue is full is lost. */
static void feed(uint8_t byte) {
    if (!(avr->data[UCSR0B] & RECEIVES)) return;
    if (is_full) {
        counted.overrun++;
        return;
    }
    counted.in++;
    cycle_t in_truth = uart->cycles_per_byte;
    uart->cycles_per_byte = 1;
    avr_raise_irq(input, byte);
    uart->cycles_per_byte = in_truth;
}

cycle_t line_next(void) {
    cycle_t next = node_in == node_out ? NEVER : feed_at;
    return host_in == host_out ? next : soonest(next, to_host[host_out % QUEUE].due);
}

void line_advance(void) {
    while (node_in != node_out && feed_at <= avr->cycle) {
        feed_at += byte_time();
        feed(to_node[node_out++ % QUEUE]);
    }
    while (host_in != host_out && to_host[host_out % QUEUE].due <= avr->cycle) {
        uint8_t byte = to_host[host_out++ % QUEUE].byte;
        if (is_lockstep)
            lockstep_hear(byte);
        else
            realtime_hear(byte);
    }
}
