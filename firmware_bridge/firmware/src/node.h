/* A node of the installation: the conversation of ../../README.md, for any board.
 *
 * No heap, nothing waits. The hardware is behind board.h; what the node is made of is an object,
 * a header of data such as ../objects/plinth.h, which object.h turns into tables.
 */
#ifndef NODE_H
#define NODE_H

#include <stdint.h>

#include "object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* After a boot, before anything else. `cause`: 1 power, 2 reset, 4 brown-out, 8 watchdog, added
 * up; 0 unknown. */
void node_begin(uint32_t uid, uint16_t boot, uint8_t cause);

/* At least every millisecond or two; takes far less. Called less often, the stream is slower; the
 * lease and the longest time away from safe still end with the first call after their time. */
void node_poll(void);

uint32_t node_text_crc(void); /* the id of its schema */

#ifdef __cplusplus
}
#endif
#endif
