/* Constants that stay in flash. Where flash is not memory, they are read a field at a time. */
#ifndef IN_FLASH_H
#define IN_FLASH_H

#if defined(__AVR__)
#include <avr/pgmspace.h>
#define IN_FLASH PROGMEM
#define BYTE_OF(field) pgm_read_byte(&(field))
#define LONG_OF(field) pgm_read_dword(&(field))
#else
#define IN_FLASH
#define BYTE_OF(field) (field)
#define LONG_OF(field) (field)
#endif

#define ONCE __attribute__((noinline)) /* in flash once, not at each call */

#endif
