/* The assembly: two posts with a microphone and a button each, and who walks in at the door. */
#define NODE_NAME assembly
#define NODE_VERSION 1.0
#define NODE_CHANNELS(ANALOGUE, STATE, COUNT) \
    ANALOGUE(voice_west, dB, 30, 110, 0)      \
    ANALOGUE(voice_east, dB, 30, 110, 1)      \
    COUNT(button_west, count, 0, 1e9, 2)      \
    COUNT(button_east, count, 0, 1e9, 4)      \
    STATE(motion, state, 0, 1, 7)
#define NODE_OUTPUTS(PWM, SWITCH) \
    PWM(post_west, 0, 0, 9)       \
    PWM(post_east, 0, 0, 10)
