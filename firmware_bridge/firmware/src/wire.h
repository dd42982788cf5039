/* Frames on the serial line: 00 | COBS(type u8, seq u8, payload, crc u32) | 00. */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>

#define WIRE_MOST_PAYLOAD 124
#define WIRE_MOST_BLOCK (WIRE_MOST_PAYLOAD + 7) /* type, seq, crc, and one byte of COBS */

/* CRC-32/ISO-HDLC, one byte further; begins with 0xFFFFFFFF and is inverted at the end. */
uint32_t wire_crc(uint32_t crc, uint8_t byte);

/* A frame to the host: open it, put the payload, send it. */
void wire_open(uint8_t type, uint8_t seq);
void wire_put(const void *from, uint8_t count);
void wire_put_byte(uint8_t value);
void wire_put_long(uint32_t value);
void wire_put_float(int32_t value, uint8_t fraction); /* value / 2^fraction as an f32 */
void wire_send(void);

extern uint16_t wire_dropped; /* frames for which there was no room */

/* The next byte from the host. How long the type, seq and payload are of the intact frame that it
 * completes, at least 2; 0 where it completes none. They lie in wire_heard until the next call. */
uint8_t wire_receive(uint8_t byte);
extern uint8_t wire_heard[];

uint32_t wire_long(const uint8_t *from); /* little-endian, at any address */

#endif
