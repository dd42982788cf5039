/* The node: one conversation with the host, see ../../README.md. */
#include "node.h"

#include <string.h>

#include "board.h"

enum { HELLO = 1, GREET, ASK_SCHEMA, SCHEMA, TELEMETRY, PING, PONG, COMMAND, ACK, WHO };
enum { BEACONING, GREETED, STREAMING };

#define ONCE __attribute__((noinline)) /* in flash once, not at each call */
#define VERSION 1
#define CHUNK 100
#define MOST_PAYLOAD 124
#define MOST_BLOCK (MOST_PAYLOAD + 7)
#define TICK_US 1000
#define STALL_US 100000UL
#define PERIOD_MS 10
#define BEACON_MS 100
#define LEASE_MS 1000
#define DEBOUNCE_MS 20

uint16_t node_dropped;

static struct __attribute__((packed)) {
    uint8_t version;
    uint32_t uid;
    uint16_t boot;
    uint8_t cause;
    uint32_t schema;
    uint16_t length;
} hello; /* as it is sent: little-endian, as every board that this runs on */

static uint8_t state;
static uint8_t seq;                                   /* moved by telemetry alone */
static uint32_t ticked_us, sampled_us;
static uint16_t lease_ms, second_ms;                  /* count down */
static uint8_t beacon_ms, period_ms = PERIOD_MS;

static uint8_t block[MOST_BLOCK + 1], filled;          /* what came in since the last 00 */
static uint8_t body[MOST_PAYLOAD + 6], length;         /* what goes out */

/* CRC-32/ISO-HDLC, four bits a step: sixteen words of flash instead of 256. */
ONCE uint32_t node_crc(uint32_t crc, uint8_t byte) {
    static const uint32_t table[16] NODE_FLASH = {
        0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
        0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
        0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    crc ^= byte;
    crc = (crc >> 4) ^ NODE_LONG(table[(uint8_t)crc & 15]);
    return (crc >> 4) ^ NODE_LONG(table[(uint8_t)crc & 15]);
}

static ONCE uint32_t crc_of(const uint8_t *bytes, uint8_t count) {
    uint32_t crc = 0xFFFFFFFF;
    while (count--) crc = node_crc(crc, *bytes++);
    return ~crc;
}

static ONCE uint32_t long_at(const uint8_t *from) {
    uint32_t value;
    memcpy(&value, from, 4);
    return value;
}

static ONCE void put(const void *from, uint8_t count) {
    memcpy(body + length, from, count);
    length += count;
}

static ONCE void put_long(uint32_t value) { put(&value, 4); }

static ONCE void open_frame(uint8_t type) {
    body[0] = type;
    body[1] = seq;
    length = 2;
}

/* A frame that finds no room is dropped whole: the host is never waited for. */
static ONCE void send_frame(void) {
    put_long(crc_of(body, length));
    if (board_room() < length + 3u) {
        node_dropped++;
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

static ONCE void say_hello(void) {
    open_frame(HELLO);
    put(&hello, sizeof hello);
    send_frame();
}

static void say_schema(uint16_t offset) {
    open_frame(SCHEMA);
    put_long(hello.schema);
    put(&offset, 2);
    for (uint8_t i = 0; i < CHUNK && offset < node_object.length; i++)
        body[length++] = NODE_BYTE(node_object.text[offset++]);
    send_frame();
}

/* value / 2^fraction as IEEE 754 single precision, made by hand: a board without a floating
 * point unit needs a kilobyte of library for it otherwise. */
static ONCE void put_float(int32_t value, uint8_t fraction) {
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
    put_long(bits);
}

static uint8_t exponent_of(uint32_t bits) { return bits << 1 >> 24; }

/* A single precision share as 0 to 255, rounded. */
static uint8_t duty_of(uint32_t bits) {
    uint8_t exponent = exponent_of(bits);
    if ((int32_t)bits < 0 || exponent < 127 - 9) return 0;
    if (exponent >= 127) return 255;
    bits = ((bits & 0x7FFFFF) | 0x800000) * 255;
    return (uint8_t)(((bits >> (149 - exponent)) + 1) >> 1);
}

static void put_reading(uint8_t index) {
    const struct node_channel *channel = node_object.channels + index;
    uint8_t kind = NODE_BYTE(channel->kind), pin = NODE_BYTE(channel->pin), fraction = 0;
    int32_t value;
    if (kind == NODE_STATE) {
        value = board_digital(pin);
    } else if (kind == NODE_COUNT) {
        value = node_object.presses[index].count;
    } else {
        value = NODE_LONG(channel->low) + NODE_LONG(channel->step) * board_analogue(pin);
        fraction = NODE_FRACTION;
    }
    put_float(value, fraction);
}

static void say_telemetry(void) {
    seq++;
    open_frame(TELEMETRY);
    put_long(hello.schema);
    put_long(sampled_us);
    for (uint8_t i = 0; i < node_object.channel_count; i++) put_reading(i);
    send_frame();
}

static ONCE void drive(uint8_t index, uint8_t duty) {
    const struct node_output *output = node_object.outputs + index;
    uint8_t pin = NODE_BYTE(output->pin);
    node_object.left_s[index] = duty == NODE_BYTE(output->safe) ? 0 : NODE_SHORT(output->most_on_s);
    if (NODE_BYTE(output->is_switch))
        board_switch(pin, duty >= 128);
    else
        board_pwm(pin, duty);
}

static ONCE void make_safe(uint8_t index) { drive(index, NODE_BYTE(node_object.outputs[index].safe)); }

static void obey(const uint8_t *payload) {
    uint8_t index = payload[1];
    uint32_t bits = long_at(payload + 2);
    if (index >= node_object.output_count || exponent_of(bits) == 255) return; /* none; no number */
    drive(index, duty_of(bits));
    open_frame(ACK);
    put(payload, 2);
    send_frame();
}

static void hear(uint8_t type, const uint8_t *payload, uint8_t size, uint32_t now_us) {
    lease_ms = LEASE_MS;
    if (type == GREET && size == 4 && long_at(payload) == hello.uid) {
        if (state == BEACONING) state = GREETED;
    } else if (type == ASK_SCHEMA && size == 2) {
        uint16_t offset = payload[0] | payload[1] << 8;
        say_schema(offset);
        if (state == GREETED && offset >= node_object.length - CHUNK) state = STREAMING;
    } else if (type == PING && size == 4) {
        open_frame(PONG);
        put(payload, 4);
        put_long(now_us);
        send_frame();
    } else if (type == COMMAND && size == 6) {
        obey(payload);
    } else if (type == WHO) {
        say_hello();
    }
}

/* COBS, in place. The length of the body, 0 where the block is none. */
static uint8_t unstuff(void) {
    uint8_t at = 0, out = 0;
    while (at < filled) {
        uint8_t code = block[at++];
        if (code > filled - at + 1) return 0;
        while (--code) block[out++] = block[at++];
        if (at < filled) block[out++] = 0;
    }
    return out;
}

static void receive(uint8_t byte) {
    if (byte) {
        if (filled <= MOST_BLOCK) block[filled++] = byte; /* one over: too long, and so no frame */
        return;
    }
    uint32_t now_us = board_micros();
    uint8_t size = filled > MOST_BLOCK ? 0 : unstuff();
    filled = 0;
    if (size < 6) return;
    size -= 4;
    if (crc_of(block, size) == long_at(block + size)) hear(block[0], block + 2, size - 2, now_us);
}

static void count_presses(void) {
    if (!node_object.button_count) return;
    for (uint8_t i = 0; i < node_object.channel_count; i++) {
        const struct node_channel *channel = node_object.channels + i;
        struct node_press *press = node_object.presses + i;
        if (NODE_BYTE(channel->kind) != NODE_COUNT) continue;
        uint8_t is_down = board_digital(NODE_BYTE(channel->pin)) == 0;
        if (is_down == press->is_down) {
            press->steady_ms = 0;
        } else if (++press->steady_ms >= DEBOUNCE_MS) {
            press->steady_ms = 0;
            press->is_down = is_down;
            press->count += is_down;
        }
    }
}

static ONCE void lose_lease(void) {
    state = BEACONING;
    for (uint8_t i = 0; i < node_object.output_count; i++) make_safe(i);
}

static void tick(void) {
    count_presses();
    if (lease_ms && !--lease_ms) lose_lease();
    if (!second_ms--) {
        second_ms = 999;
        for (uint8_t i = 0; i < node_object.output_count; i++)
            if (node_object.left_s[i] && !--node_object.left_s[i]) make_safe(i);
    }
    if (!beacon_ms--) {
        beacon_ms = BEACON_MS - 1;
        if (state == BEACONING) say_hello();
    }
    if (!--period_ms) {
        period_ms = PERIOD_MS;
        if (state == STREAMING) say_telemetry();
    } else if (period_ms == 1) { /* a tick is time enough to read all analogue pins */
        sampled_us = board_micros();
        board_sample();
    }
}

uint32_t node_text_crc(void) {
    uint32_t crc = 0xFFFFFFFF;
    for (uint16_t i = 0; i < node_object.length; i++) crc = node_crc(crc, NODE_BYTE(node_object.text[i]));
    return ~crc;
}

void node_begin(uint32_t uid, uint16_t boot, uint8_t cause) {
    hello.version = VERSION;
    hello.uid = uid;
    hello.boot = boot;
    hello.cause = cause;
    hello.schema = node_text_crc();
    hello.length = node_object.length;
    ticked_us = board_micros();
    lose_lease();
}

void node_poll(void) {
    int16_t byte;
    while ((byte = board_read()) >= 0) receive((uint8_t)byte);
    /* Compared by their difference, so that the wrap of the clock after 71.6 minutes is no event.
     * After a long stall the ticks are not made up for: a lease that hangs on them lasts longer
     * by as much as the node stood still, in which time it did nothing either. */
    uint32_t late_us = board_micros() - ticked_us;
    if (late_us >= TICK_US) {
        ticked_us += late_us < STALL_US ? TICK_US : late_us;
        tick();
    }
}
