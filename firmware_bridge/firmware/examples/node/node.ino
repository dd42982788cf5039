/* A node of the installation, on a board that the Arduino IDE knows: see the library's README. */
#include <node.h>
#include <board.h>

/* What it is: one of the library's objects. To change its pins, copy the header from the library's
 * folder `objects` to this sketch's, change the copy, and name it here: #include "plinth.h" */
#include <../objects/plinth.h>

NODE_OBJECT;

/* Tells one board from another. 0: the board's own; else a number that no other board has. */
#define UID 0

void setup() { board_begin(UID); }

void loop() { board_work(); }
