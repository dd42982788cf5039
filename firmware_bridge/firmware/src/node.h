/* A node of the installation: the wire protocol of ../../README.md, for any board.
 *
 * No heap, nothing waits. The hardware is behind board.h; what the node is made of is an object,
 * a header of data such as ../objects/plinth.h, turned into tables by NODE_OBJECT.
 */
#ifndef NODE_H
#define NODE_H

#include <stdint.h>

#if defined(__AVR__)
#include <avr/pgmspace.h>
#define NODE_FLASH PROGMEM
#else
#define NODE_FLASH
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum node_kind {
    NODE_ANALOGUE, /* 0 to 1023 becomes LOW to HIGH, linearly */
    NODE_STATE,    /* 1 while the pin is high */
    NODE_COUNT     /* presses since boot; pressed is low, with a pull-up, debounced */
};

struct node_channel {
    uint8_t kind, pin;
    int32_t low, step; /* analogue: of 0, and for each of 1023; in 2^-18 of the unit */
};
#define NODE_FRACTION 18
#define NODE_FIXED(value) ((int32_t)((value) * 262144.0))

struct node_output {
    uint8_t pin, is_switch, safe; /* safe: 0 to 255 */
    uint16_t most_on_s;           /* 0: as long as the host likes */
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
    uint16_t *left_s;           /* one for each output: how long it may stay away from safe */
};

/* What this node is: NODE_OBJECT defines it. */
extern const struct node_object node_object;

/* After a boot, before anything else. `cause`: 1 power, 2 reset, 4 brown-out, 8 watchdog. */
void node_begin(uint32_t uid, uint16_t boot, uint8_t cause);

/* At least every millisecond or two; takes far less. */
void node_poll(void);

/* Frames dropped because the host did not take them. */
extern uint16_t node_dropped;

uint32_t node_crc(uint32_t crc, uint8_t byte);
uint32_t node_text_crc(void); /* the id of its schema */

/* Where flash is not memory, it is read a field at a time. */
#if defined(__AVR__)
#define NODE_BYTE(field) pgm_read_byte(&(field))
#define NODE_SHORT(field) pgm_read_word(&(field))
#define NODE_LONG(field) pgm_read_dword(&(field))
#else
#define NODE_BYTE(field) (field)
#define NODE_SHORT(field) (field)
#define NODE_LONG(field) (field)
#endif

#define NODE_WORD_(x) #x
#define NODE_WORD(x) NODE_WORD_(x)

/* An object header gives NODE_NAME, NODE_VERSION and the lists below:
 *   NODE_CHANNELS(ANALOGUE, STATE, COUNT)   each: NAME, UNIT, LOW, HIGH, PIN
 *   NODE_OUTPUTS(PWM, SWITCH)               each: NAME, SAFE, MOST_ON seconds or 0, PIN
 */
#define NODE_IN_TEXT(name, unit, low, high, pin) "\nin " #name " " #unit " " #low " " #high
#define NODE_OUT_TEXT(name, safe, most_on, pin) "\nout " #name " share 0 1 " #safe " " #most_on
#define NODE_TEXT                                                        \
    "node " NODE_WORD(NODE_NAME) " " NODE_WORD(NODE_VERSION)             \
        NODE_CHANNELS(NODE_IN_TEXT, NODE_IN_TEXT, NODE_IN_TEXT)          \
            NODE_OUTPUTS(NODE_OUT_TEXT, NODE_OUT_TEXT)

#define NODE_ANALOGUE_ROW(name, unit, low, high, pin) \
    {NODE_ANALOGUE, pin, NODE_FIXED(low), NODE_FIXED(((high) - (low)) / 1023.0)},
#define NODE_STATE_ROW(name, unit, low, high, pin) {NODE_STATE, pin, 0, 0},
#define NODE_COUNT_ROW(name, unit, low, high, pin) {NODE_COUNT, pin, 0, 0},
#define NODE_NO_BUTTON(name, unit, low, high, pin)
#define NODE_BUTTON(name, unit, low, high, pin) +1
#define NODE_PWM_ROW(name, safe, most_on, pin) {pin, 0, (uint8_t)((safe) * 255), most_on},
#define NODE_SWITCH_ROW(name, safe, most_on, pin) {pin, 1, (uint8_t)((safe) * 255), most_on},

/* Defines `node_object` from the header that was included. */
#define NODE_OBJECT                                                                            \
    static const char object_text[] NODE_FLASH = NODE_TEXT;                                    \
    static const struct node_channel object_channels[] NODE_FLASH = {                          \
        NODE_CHANNELS(NODE_ANALOGUE_ROW, NODE_STATE_ROW, NODE_COUNT_ROW)};                     \
    static const struct node_output object_outputs[] NODE_FLASH = {                            \
        NODE_OUTPUTS(NODE_PWM_ROW, NODE_SWITCH_ROW)};                                          \
    static struct node_press object_presses[sizeof object_channels / sizeof *object_channels]; \
    static uint16_t object_left_s[sizeof object_outputs / sizeof *object_outputs];             \
    const struct node_object node_object = {                                                 \
        object_text,                                                                           \
        sizeof object_text - 1,                                                                \
        object_channels,                                                                       \
        object_outputs,                                                                        \
        sizeof object_channels / sizeof *object_channels,                                      \
        sizeof object_outputs / sizeof *object_outputs,                                        \
        0 NODE_CHANNELS(NODE_NO_BUTTON, NODE_NO_BUTTON, NODE_BUTTON),                          \
        object_presses,                                                                        \
        object_left_s}

#ifdef __cplusplus
}
#endif
#endif
