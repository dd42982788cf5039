/* The node: one conversation with the host, see ../../README.md. */
#include "node.h"

#include "board.h"
#include "frames.h"

enum { HELLO = 1, GREET, ASK_SCHEMA, SCHEMA, TELEMETRY, PING, PONG, COMMAND, ACK, WHO };
enum { BEACONING, GREETED, STREAMING };

#define VERSION 1
#define CHUNK 100
#define TICK_US 1000
#define PERIOD_MS 10
#define BEACON_MS 100
#define LEASE_MS 1000
#define DEBOUNCE_MS 20

static struct __attribute__((packed)) {
    uint8_t version;
    uint32_t uid;
    uint16_t boot;
    uint8_t cause;
    uint32_t schema;
    uint16_t length;
} hello; /* as it is sent */

static uint8_t state;
static uint8_t seq; /* moved by telemetry alone */
static uint32_t ticked_us, sampled_us;
static uint16_t lease_ms; /* these three count down */
static uint8_t beacon_ms, period_ms;

static ONCE void say_hello(void) {
    frame_open(HELLO, seq);
    frame_put(&hello, sizeof hello);
    frame_send();
}

/* Whether these were the last bytes. */
static uint8_t say_schema(uint16_t offset) {
    frame_open(SCHEMA, seq);
    frame_put_long(hello.schema);
    frame_put(&offset, 2);
    for (uint8_t i = 0; i < CHUNK && offset < node_object.length; i++)
        frame_put_byte(BYTE_OF(node_object.text[offset++]));
    frame_send();
    return offset >= node_object.length;
}

static void put_reading(uint8_t index) {
    const struct node_channel *channel = node_object.channels + index;
    uint8_t kind = BYTE_OF(channel->kind), pin = BYTE_OF(channel->pin);
    int32_t value;
    if (kind == NODE_STATE)
        value = board_digital(pin);
    else if (kind == NODE_COUNT)
        value = node_object.presses[index].count;
    else
        value = LONG_OF(channel->low) + LONG_OF(channel->span) * board_analogue(pin) / 1023;
    frame_put_float(value, BYTE_OF(channel->fraction));
}

static void say_telemetry(void) {
    frame_open(TELEMETRY, ++seq);
    frame_put_long(hello.schema);
    frame_put_long(sampled_us);
    for (uint8_t i = 0; i < node_object.channel_count; i++) put_reading(i);
    frame_send();
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

static ONCE void drive(uint8_t index, uint8_t duty) {
    const struct node_output *output = node_object.outputs + index;
    uint8_t pin = BYTE_OF(output->pin);
    uint32_t *left_ms = node_object.left_ms + index;
    if (duty == BYTE_OF(output->safe))
        *left_ms = 0;
    else if (!*left_ms) /* a command while it is away from safe gives it no more time */
        *left_ms = LONG_OF(output->most_on_ms);
    if (BYTE_OF(output->is_switch))
        board_switch(pin, duty >= 128);
    else
        board_pwm(pin, duty);
}

static ONCE void make_safe(uint8_t index) {
    drive(index, BYTE_OF(node_object.outputs[index].safe));
}

static void obey(const uint8_t *payload) {
    uint8_t index = payload[1];
    uint32_t bits = frame_long(payload + 2);
    if (index >= node_object.output_count || exponent_of(bits) == 255) return; /* none; no number */
    drive(index, duty_of(bits));
    frame_open(ACK, seq);
    frame_put(payload, 2);
    frame_send();
}

static void hear(uint8_t type, const uint8_t *payload, uint8_t size, uint32_t now_us) {
    lease_ms = LEASE_MS;
    if (type == GREET && size == 4) {
        if (state == BEACONING && frame_long(payload) == hello.uid) state = GREETED;
    } else if (type == ASK_SCHEMA && size == 2) {
        if (say_schema(payload[0] | payload[1] << 8) && state == GREETED) state = STREAMING;
    } else if (type == PING && size == 4) {
        frame_open(PONG, seq);
        frame_put(payload, 4);
        frame_put_long(now_us);
        frame_send();
    } else if (type == COMMAND && size == 6) {
        obey(payload);
    } else if (type == WHO && size == 0) {
        say_hello();
    }
}

static void count_press(uint8_t index) {
    const struct node_channel *channel = node_object.channels + index;
    struct node_press *press = node_object.presses + index;
    if (BYTE_OF(channel->kind) != NODE_COUNT) return;
    uint8_t is_down = !board_digital(BYTE_OF(channel->pin));
    if (is_down == press->is_down) {
        press->steady_ms = 0;
    } else if (++press->steady_ms >= DEBOUNCE_MS) {
        press->steady_ms = 0;
        press->is_down = is_down;
        press->count += is_down;
    }
}

static ONCE void lose_lease(void) {
    state = BEACONING;
    for (uint8_t i = 0; i < node_object.output_count; i++) make_safe(i);
}

/* Each millisecond. */
static void tick(void) {
    if (node_object.button_count)
        for (uint8_t i = 0; i < node_object.channel_count; i++) count_press(i);
    if (lease_ms && !--lease_ms) lose_lease();
    for (uint8_t i = 0; i < node_object.output_count; i++)
        if (node_object.left_ms[i] && !--node_object.left_ms[i]) make_safe(i);
    if (beacon_ms) beacon_ms--;
    if (period_ms) period_ms--;
    if (period_ms == 1) { /* a tick is time enough to read all analogue pins */
        sampled_us = board_micros();
        board_sample();
    }
}

/* Times are compared by their difference, so that the clock's wrap after 71.6 minutes is no event.
 * Ticks are made up for, but of a standstill the last second alone: in it the lease has run out,
 * and with it all that counts. */
static void keep_time(void) {
    uint32_t now_us = board_micros(), late_us = now_us - ticked_us;
    if (late_us > LEASE_MS * 1000UL) late_us = LEASE_MS * 1000UL;
    for (; late_us >= TICK_US; late_us -= TICK_US) tick();
    ticked_us = now_us - late_us;
}

static void speak(void) {
    if (!beacon_ms) {
        beacon_ms = BEACON_MS;
        if (state == BEACONING) say_hello();
    }
    if (!period_ms) {
        period_ms = PERIOD_MS;
        if (state == STREAMING) say_telemetry();
    }
}

static void take_bytes(void) {
    int16_t byte;
    while ((byte = board_read()) >= 0) {
        uint32_t now_us = board_micros();
        uint8_t size = frame_receive((uint8_t)byte);
        if (size) hear(frame_heard[0], frame_heard + 2, size - 2, now_us);
    }
}

uint32_t node_text_crc(void) {
    uint32_t crc = 0xFFFFFFFF;
    for (uint16_t i = 0; i < node_object.length; i++)
        crc = frame_crc(crc, BYTE_OF(node_object.text[i]));
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
    period_ms = PERIOD_MS;
    lose_lease();
}

void node_poll(void) {
    keep_time();
    take_bytes();
    speak();
}
