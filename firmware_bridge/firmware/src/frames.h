/* Frames on the serial line: 00 | COBS(type u8, seq u8, payload, crc u32) | 00. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FRAME_MOST_PAYLOAD 124
#define FRAME_MOST_BLOCK (FRAME_MOST_PAYLOAD + 7) /* type, seq, crc, and one byte of COBS */

/* CRC-32/ISO-HDLC, one byte further; begins with 0xFFFFFFFF and is inverted at the end. */
uint32_t frame_crc(uint32_t crc, uint8_t byte);

/* A frame to the host: open it, put the payload, send it. */
void frame_open(uint8_t type, uint8_t seq);
void frame_put(const void *from, uint8_t count);
void frame_put_byte(uint8_t value);
void frame_put_long(uint32_t value);
void frame_put_float(int32_t value, uint8_t fraction); /* value / 2^fraction as an f32 */
void frame_send(void);

extern uint16_t frame_dropped; /* frames for which there was no room */

/* The next byte from the host. How long the type, seq and payload are of the intact frame that it
 * completes, at least 2; 0 where it completes none. They lie in frame_heard until the next call. */
uint8_t frame_receive(uint8_t byte);
extern uint8_t frame_heard[];

uint32_t frame_long(const uint8_t *from); /* little-endian, at any address */

#ifdef __cplusplus
}
#endif
#endif
