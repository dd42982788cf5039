/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The EEPROM: blank, from a file, or with numbers put where the firmware keeps them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <simavr/avr_eeprom.h>

#include "node.h"

#define SIZE 1024
#define UID_AT 0 /* the layout of ../src/avr_boot.h */
#define TURNS_AT 4

static const char *kept_in;

/* simavr's EEPROM answers -1 to these whether they worked or not. */
static void transfer(uint32_t control, void *bytes, unsigned offset, unsigned size) {
    avr_eeprom_desc_t what = {.ee = bytes, .offset = offset, .size = size};
    avr_ioctl(avr, control, &what);
}

void eeprom_load(const char *path) {
    uint8_t content[SIZE];
    kept_in = path;
    FILE *file = fopen(path, "rb");
    if (!file && errno == ENOENT) return; /* blank until the first run ends */
    if (!file) die("%s: %s", path, strerror(errno));
    if (fread(content, 1, SIZE, file) != SIZE) die("%s has not the %d bytes of an EEPROM", path, SIZE);
    fclose(file);
    transfer(AVR_IOCTL_EEPROM_SET, content, 0, SIZE);
}

void eeprom_keep(void) {
    uint8_t content[SIZE];
    if (!kept_in) return;
    transfer(AVR_IOCTL_EEPROM_GET, content, 0, SIZE);
    FILE *file = fopen(kept_in, "wb");
    if (!file || fwrite(content, 1, SIZE, file) != SIZE || fclose(file))
        die("%s: %s", kept_in, strerror(errno));
}

/* Little-endian, as avr-gcc lays a number out. */
void eeprom_put_uid(uint32_t uid) {
    uint8_t bytes[4] = {uid & 255, uid >> 8 & 255, uid >> 16 & 255, uid >> 24};
    transfer(AVR_IOCTL_EEPROM_SET, bytes, UID_AT, sizeof bytes);
}

/* As if the firmware had told this number at its last boot: 256 bytes hold the high half, the new
 * one as far as the low half says and the one before it after that. */
void eeprom_put_boots(uint16_t boots) {
    uint8_t turns[256], turn = (uint8_t)(boots >> 8);
    for (unsigned at = 0; at < sizeof turns; at++) turns[at] = at <= (boots & 255u) ? turn : turn - 1;
    transfer(AVR_IOCTL_EEPROM_SET, turns, TURNS_AT, sizeof turns);
}
