/* The heap of the Waste Zones: who stands before them, and six fragments to lay a hand on. */
#define NODE_NAME heap
#define NODE_VERSION 1.0
#define NODE_CHANNELS(ANALOGUE, STATE, COUNT) \
    ANALOGUE(zones_south,  m, 0, 4.5, 0)      \
    ANALOGUE(zones_middle, m, 0, 4.5, 1)      \
    ANALOGUE(zones_north,  m, 0, 4.5, 2)      \
    STATE(touch_1, state, 0, 1, 2)            \
    STATE(touch_2, state, 0, 1, 4)            \
    STATE(touch_3, state, 0, 1, 7)            \
    STATE(touch_4, state, 0, 1, 8)            \
    STATE(touch_5, state, 0, 1, 12)           \
    STATE(touch_6, state, 0, 1, 13)
#define NODE_OUTPUTS(PWM, SWITCH) \
    PWM(fragment_1, 0, 0, 3)      \
    PWM(fragment_2, 0, 0, 5)      \
    PWM(fragment_3, 0, 0, 6)      \
    PWM(fragment_4, 0, 0, 9)      \
    PWM(fragment_5, 0, 0, 10)     \
    PWM(fragment_6, 0, 0, 11)
