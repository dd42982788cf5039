/* The frames of ../../README.md. The memory order of a number is that of the wire: every board
 * that this runs on is little-endian. */
#include "frames.h"

#include <string.h>

#include "board.h"
#include "in_flash.h"

uint16_t frame_dropped;
uint8_t frame_heard[FRAME_MOST_BLOCK + 1]; /* what came since the last 00; the one over: too long */

static uint8_t filled;
static uint8_t body[FRAME_MOST_PAYLOAD + 6], length; /* what goes out */

/* Bit by bit: where numbers are shifted by one bit at a time anyway, as on an AVR, a table is no
 * quicker. */
ONCE uint32_t frame_crc(uint32_t crc, uint8_t byte) {
    crc ^= byte;
    for (uint8_t i = 0; i < 8; i++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    return crc;
}

static ONCE uint32_t crc_of(const uint8_t *bytes, uint8_t count) {
    uint32_t crc = 0xFFFFFFFF;
    while (count--) crc = frame_crc(crc, *bytes++);
    return ~crc;
}

ONCE uint32_t frame_long(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, 4);
    return value;
}

ONCE void frame_put(const void *from, uint8_t count) {
    memcpy(body + length, from, count);
    length += count;
}

ONCE void frame_put_byte(uint8_t value) { body[length++] = value; }

ONCE void frame_put_long(uint32_t value) { frame_put(&value, 4); }

/* IEEE 754 made by hand: a board without a floating point unit needs a kilobyte of library for it
 * otherwise. Cut, not rounded, so that nothing leaves the range of its channel. */
ONCE void frame_put_float(int32_t value, uint8_t fraction) {
    uint32_t bits = value;
    uint8_t exponent = 127 + 31 - fraction;
    if (value < 0) bits = -bits;
    if (bits) {
        for (; (int32_t)bits > 0; exponent--) bits <<= 1;
        bits <<= 1; /* the one before the point is not written; shifts by whole bytes are cheap */
        bits = bits >> 8 | (uint32_t)exponent << 24;
        bits >>= 1;
        if (value < 0) bits |= 0x80000000;
    }
    frame_put_long(bits);
}

ONCE void frame_open(uint8_t type, uint8_t seq) {
    length = 0;
    frame_put_byte(type);
    frame_put_byte(seq);
}

/* A frame that finds no room is dropped whole: the host is never waited for. */
ONCE void frame_send(void) {
    frame_put_long(crc_of(body, length));
    if (board_room() < length + 3u) {
        frame_dropped++;
        return;
    }
    board_write(0);
    for (uint8_t at = 0; at <= length;) {
        uint8_t end = at;
        while (end < length && body[end]) end++;
        board_write(end - at + 1);
        while (at < end) board_write(body[at++]);
        at++; /* over the zero, or past the end */
    }
    board_write(0);
}

/* COBS, in place. How long the body is, 0 where the block is none. */
static uint8_t unstuff(void) {
    uint8_t at = 0, out = 0;
    while (at < filled) {
        uint8_t code = frame_heard[at++];
        if (code > filled - at + 1) return 0;
        while (--code) frame_heard[out++] = frame_heard[at++];
        if (at < filled) frame_heard[out++] = 0;
    }
    return out;
}

uint8_t frame_receive(uint8_t byte) {
    if (byte) {
        if (filled <= FRAME_MOST_BLOCK) frame_heard[filled++] = byte;
        return 0;
    }
    uint8_t size = filled > FRAME_MOST_BLOCK ? 0 : unstuff();
    filled = 0;
    if (size < 6) return 0;
    size -= 4;
    return crc_of(frame_heard, size) == frame_long(frame_heard + size) ? size : 0;
}
