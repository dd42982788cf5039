/* Runs on the computer: prints an object's channels and outputs with their pins, from the same
 * header that the firmware is made from. For the wiring, and for what plays the hardware. */
#include <stdio.h>

#include "src/object.h"
#include OBJECT

#define ANALOGUE(name, unit, low, high, pin) \
    printf("in %s %s %s %s analogue %d\n", #name, #unit, #low, #high, pin);
#define STATE(name, unit, low, high, pin) \
    printf("in %s %s %s %s state %d\n", #name, #unit, #low, #high, pin);
#define COUNT(name, unit, low, high, pin) \
    printf("in %s %s %s %s count %d\n", #name, #unit, #low, #high, pin);
#define PWM(name, safe, most_on, pin) \
    printf("out %s share 0 1 %s pwm %d %s\n", #name, #safe, pin, #most_on);
#define SWITCH(name, safe, most_on, pin) \
    printf("out %s share 0 1 %s switch %d %s\n", #name, #safe, pin, #most_on);

int main(void) {
    NODE_CHANNELS(ANALOGUE, STATE, COUNT)
    NODE_OUTPUTS(PWM, SWITCH)
    return 0;
}
