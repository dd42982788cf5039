/* The plinth of the curated piece: who stands before the gardens, and the scale under the glass.
 *                            name            unit low high  pin (ADC)                            */
#define NODE_NAME plinth
#define NODE_VERSION 1.0
#define NODE_CHANNELS(ANALOGUE, STATE, COUNT) \
    ANALOGUE(gardens_south,  m, 0, 4.5, 0)    \
    ANALOGUE(gardens_middle, m, 0, 4.5, 1)    \
    ANALOGUE(gardens_north,  m, 0, 4.5, 2)    \
    ANALOGUE(weight,         N, 0, 30,  3)
/*      name  safe most-on pin */
#define NODE_OUTPUTS(PWM, SWITCH) \
    PWM(ring, 0,   0,      9)
