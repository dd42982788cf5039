/* What the core wants of a board. None of these waits. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t board_micros(void);           /* since boot, modulo 2^32 */
int16_t board_read(void);              /* the next byte from the host, -1 where there is none */
uint16_t board_room(void);             /* how many bytes can be written now */
void board_write(uint8_t byte);        /* never more than there is room for */
void board_sample(void);               /* begin to read the analogue pins: there is 1 ms for it */
uint16_t board_analogue(uint8_t pin);  /* 0 to 1023, as of the newest sample */
uint8_t board_digital(uint8_t pin);    /* 1 where the pin is high */
void board_pwm(uint8_t pin, uint8_t duty);  /* 0 off to 255 full */
void board_switch(uint8_t pin, uint8_t on);

#ifdef ARDUINO /* arduino.cpp; elsewhere a board has a main of its own */
void board_begin(uint32_t uid); /* in setup(); 0: the uid that the chip has or makes itself */
void board_work(void);          /* in loop(), at least every millisecond or two */
#endif

#ifdef __cplusplus
}
#endif
#endif
