/* What a node is made of: from one header of data to the schema's text and the tables.
 *
 * An object header gives NODE_NAME, NODE_VERSION and two lists:
 *   NODE_CHANNELS(ANALOGUE, STATE, COUNT)   of each: NAME, UNIT, LOW, HIGH, PIN
 *   NODE_OUTPUTS(PWM, SWITCH)               of each: NAME, SAFE, MOST_ON seconds or 0, PIN
 * Then NODE_OBJECT; in one source file defines `node_object`.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include <stdint.h>

#include "in_flash.h"

#ifdef __cplusplus
extern "C" {
#define NODE_CHECK(what, name) static_assert(what, name)
#else
#define NODE_CHECK(what, name) _Static_assert(what, name)
#endif

enum node_kind {
    NODE_ANALOGUE, /* 0 to 1023 becomes LOW to HIGH, linearly */
    NODE_STATE,    /* 1 while the pin is high */
    NODE_COUNT     /* presses since boot; pressed is low, with a pull-up, debounced */
};

struct node_channel {
    uint8_t kind, pin, fraction;
    int32_t low;   /* these two of an analogue channel, in 2^-fraction of the unit */
    uint32_t span; /* below 2^22, so that it can be multiplied by 1023 */
};

#define NODE_HANG 99 /* no pin: switched on, the main loop stops, to see a watchdog at work */

struct node_output {
    uint8_t pin, is_switch, safe; /* safe: 0 to 255 */
    uint32_t most_on_ms;          /* 0: as long as the host likes */
};

struct node_press {
    uint8_t is_down, steady_ms;
    uint32_t count;
};

struct node_object {
    const char *text; /* the schema, in flash */
    uint16_t length;
    const struct node_channel *channels; /* in flash */
    const struct node_output *outputs;   /* in flash */
    uint8_t channel_count, output_count, button_count;
    struct node_press *presses; /* one for each channel */
    uint32_t *left_ms;          /* one for each output: how long it may stay away from safe */
};

extern const struct node_object node_object;

/* As fine as LOW and HIGH allow within 2^21; LOW is rounded up and HIGH down, so that no reading is
 * out of range. */
#define NODE_WITHIN(low, high, most) ((low) > -(most) && (high) < (most))
#define NODE_FRACTION(low, high)           \
    (NODE_WITHIN(low, high, 1.0)      ? 21 \
     : NODE_WITHIN(low, high, 8.0)    ? 18 \
     : NODE_WITHIN(low, high, 64.0)   ? 15 \
     : NODE_WITHIN(low, high, 512.0)  ? 12 \
     : NODE_WITHIN(low, high, 4096.0) ? 9  \
                                      : 3)
#define NODE_SCALED(value, fraction) ((value) * (double)(1L << (fraction)))
#define NODE_CUT(value, fraction) ((int32_t)NODE_SCALED(value, fraction))
#define NODE_UP(value, fraction) \
    (NODE_CUT(value, fraction) + (NODE_CUT(value, fraction) < NODE_SCALED(value, fraction)))
#define NODE_DOWN(value, fraction) \
    (NODE_CUT(value, fraction) - (NODE_CUT(value, fraction) > NODE_SCALED(value, fraction)))
#define NODE_DUTY(share) ((uint8_t)((share) * 255 + 0.5))

#define NODE_WORD_(x) #x
#define NODE_WORD(x) NODE_WORD_(x)
#define NODE_IN_TEXT(name, unit, low, high, pin) "\nin " #name " " #unit " " #low " " #high
#define NODE_OUT_TEXT(name, safe, most_on, pin) "\nout " #name " share 0 1 " #safe " " #most_on
#define NODE_TEXT                                                        \
    "node " NODE_WORD(NODE_NAME) " " NODE_WORD(NODE_VERSION)             \
        NODE_CHANNELS(NODE_IN_TEXT, NODE_IN_TEXT, NODE_IN_TEXT)          \
            NODE_OUTPUTS(NODE_OUT_TEXT, NODE_OUT_TEXT)

#define NODE_FINE_ROW(pin, low, high, fraction)             \
    {NODE_ANALOGUE, pin, fraction, NODE_UP(low, fraction),  \
     (uint32_t)(NODE_DOWN(high, fraction) - NODE_UP(low, fraction))},
#define NODE_ANALOGUE_ROW(name, unit, low, high, pin) \
    NODE_FINE_ROW(pin, low, high, NODE_FRACTION(low, high))
#define NODE_STATE_ROW(name, unit, low, high, pin) {NODE_STATE, pin, 0, 0, 0},
#define NODE_COUNT_ROW(name, unit, low, high, pin) {NODE_COUNT, pin, 0, 0, 0},
#define NODE_NO_BUTTON(name, unit, low, high, pin)
#define NODE_BUTTON(name, unit, low, high, pin) +1
#define NODE_PWM_ROW(name, safe, most_on, pin) {pin, 0, NODE_DUTY(safe), (most_on) * 1000UL},
#define NODE_SWITCH_ROW(name, safe, most_on, pin) {pin, 1, NODE_DUTY(safe), (most_on) * 1000UL},
#define NODE_CHECK_RANGE(name, unit, low, high, pin)                       \
    NODE_CHECK((low) < (high) && NODE_WITHIN(low, high, 262144.0),         \
               #name " has LOW not below HIGH, or one of them is too large");
#define NODE_COUNT_OF(rows) (sizeof(rows) / sizeof *(rows))

/* The limits are those of the wire: a telemetry frame holds 29 values. */
#define NODE_OBJECT                                                                          \
    static const char object_text[] IN_FLASH = NODE_TEXT;                                       \
    static const struct node_channel object_channels[] IN_FLASH = {                             \
        NODE_CHANNELS(NODE_ANALOGUE_ROW, NODE_STATE_ROW, NODE_COUNT_ROW)};                   \
    static const struct node_output object_outputs[] IN_FLASH = {                               \
        NODE_OUTPUTS(NODE_PWM_ROW, NODE_SWITCH_ROW)};                                        \
    NODE_CHANNELS(NODE_CHECK_RANGE, NODE_NO_BUTTON, NODE_NO_BUTTON)                          \
    NODE_CHECK(NODE_COUNT_OF(object_channels) <= 29, "a node has at most 29 channels");      \
    NODE_CHECK(NODE_COUNT_OF(object_outputs) <= 255, "a node has at most 255 outputs");      \
    NODE_CHECK(sizeof object_text <= 4097, "a schema has at most 4096 bytes");               \
    NODE_CHECK(sizeof NODE_WORD(NODE_VERSION) <= 17, "a version has at most 16 characters"); \
    static struct node_press object_presses[NODE_COUNT_OF(object_channels)];                 \
    static uint32_t object_left_ms[NODE_COUNT_OF(object_outputs)];                           \
    const struct node_object node_object = {                                                 \
        object_text,                                                                         \
        sizeof object_text - 1,                                                              \
        object_channels,                                                                     \
        object_outputs,                                                                      \
        NODE_COUNT_OF(object_channels),                                                      \
        NODE_COUNT_OF(object_outputs),                                                       \
        0 NODE_CHANNELS(NODE_NO_BUTTON, NODE_NO_BUTTON, NODE_BUTTON),                        \
        object_presses,                                                                      \
        object_left_ms}

#ifdef __cplusplus
}
#endif
#endif
