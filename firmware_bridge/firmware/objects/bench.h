/* For the bench and the tests: one channel of each kind, a lamp, a relay that may be on for two
 * seconds at most, and `hang`, which stops the main loop, to see the watchdog at work. */
#define NODE_NAME bench
#define NODE_VERSION 1.0
#define NODE_CHANNELS(ANALOGUE, STATE, COUNT) \
    ANALOGUE(level, m, 0, 4.5, 0)             \
    STATE(touch, state, 0, 1, 2)              \
    COUNT(button, count, 0, 1e9, 4)
#define NODE_OUTPUTS(PWM, SWITCH) \
    PWM(lamp, 0, 0, 9)            \
    SWITCH(relay, 0, 2, 8)        \
    SWITCH(hang, 0, 0, NODE_HANG)
