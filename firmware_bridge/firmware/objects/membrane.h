/* The membrane of smart material: four pressures, its warmth, and the light of the house, which
 * comes up by itself when nobody drives it: a failed computer leaves no visitor in the dark. */
#define NODE_NAME membrane
#define NODE_VERSION 1.0
#define NODE_CHANNELS(ANALOGUE, STATE, COUNT) \
    ANALOGUE(pressure_1, N, 0, 30, 0)         \
    ANALOGUE(pressure_2, N, 0, 30, 1)         \
    ANALOGUE(pressure_3, N, 0, 30, 2)         \
    ANALOGUE(pressure_4, N, 0, 30, 3)         \
    ANALOGUE(temperature, degC, -20, 60, 4)
#define NODE_OUTPUTS(PWM, SWITCH) \
    PWM(membrane_1, 0, 0, 3)      \
    PWM(membrane_2, 0, 0, 5)      \
    PWM(membrane_3, 0, 0, 6)      \
    PWM(membrane_4, 0, 0, 9)      \
    PWM(house_light, 1, 0, 10)
