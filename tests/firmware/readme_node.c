/* A node written from the first half of firmware_bridge/README.md alone, to prove that the page is
 * enough: a Linux program on a pseudo-terminal, which shares no line with the bridge or firmware.
 *
 *     readme_node LINK     makes LINK, the serial port; ends when its stdin ends
 *
 * `distance` is always 1.25 m, `temperature` unknown, `beats` counts the TELEMETRY since boot.
 * The value of `lamp` is printed at boot and whenever it changes. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HELLO = 1, GREET, ASK_SCHEMA, SCHEMA, TELEMETRY, PING, PONG, COMMAND, ACK, WHO };
enum { BEACON_US = 100000, LEASE_US = 1000000, TELEMETRY_US = 20000 };
enum { UID = 4242, BOOT = 7, BY_POWER = 1, CHUNK = 100, LONGEST_BODY = 130, LONGEST_BLOCK = 131 };

static const char schema[] = "node readme 1.0\n"
                             "in distance m 0 4.5\n"
                             "in temperature degC -20 60\n"
                             "in beats count 0 1e9\n"
                             "out lamp share 0 1 0.25";
static const size_t schema_length = sizeof schema - 1;
static const float SAFE = 0.25f;

static enum { BEACONING, GREETED, STREAMING } state;
static int port;
static float lamp = NAN;
static uint64_t heard_us, beacon_us, telemetry_us; /* last intact frame; when each is due */

static uint64_t now_us(void) {
    static uint64_t boot_us;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    if (boot_us == 0) boot_us = us;
    return us - boot_us;
}

static uint8_t *put(uint8_t *at, uint32_t value, int bytes) {
    for (; bytes > 0; bytes--, value >>= 8) *at++ = (uint8_t)value;
    return at;
}

static uint8_t *put_f32(uint8_t *at, float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return put(at, bits, 4);
}

static uint32_t get(const uint8_t *at, int bytes) {
    uint32_t value = 0;
    while (bytes-- > 0) value = value << 8 | at[bytes];
    return value;
}

static uint32_t crc_of(const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    uint32_t crc = 0xFFFFFFFF;
    while (length-- > 0) {
        crc ^= *at++;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return crc ^ 0xFFFFFFFF;
}

static void send_frame(uint8_t type, const uint8_t *payload, size_t length) {
    static uint8_t seq;
    uint8_t body[LONGEST_BODY] = {type, type == TELEMETRY ? ++seq : seq};
    uint8_t wire[LONGEST_BODY + 3] = {0};
    memcpy(body + 2, payload, length);
    put(body + 2 + length, crc_of(body, length + 2), 4);
    size_t code = 1, end = 2;
    for (size_t i = 0; i < length + 6; i++) {
        if (body[i] != 0) {
            wire[end++] = body[i];
        } else {
            wire[code] = (uint8_t)(end - code);
            code = end++;
        }
    }
    wire[code] = (uint8_t)(end - code);
    wire[end++] = 0;
    /* Full: dropped. Half written: its CRC tells, and the next frame begins with a 00 again. */
    if (write(port, wire, end) < 0) return;
}

static void hello(void) {
    uint8_t payload[14], *at = put(payload, 1, 1);
    at = put(at, UID, 4);
    at = put(at, BOOT, 2);
    at = put(at, BY_POWER, 1);
    at = put(at, crc_of(schema, schema_length), 4);
    put(at, (uint32_t)schema_length, 2);
    send_frame(HELLO, payload, sizeof payload);
}

static void telemetry(void) {
    static uint32_t beats;
    uint8_t payload[8 + 4 * 3], *at = put(payload, crc_of(schema, schema_length), 4);
    at = put(at, (uint32_t)now_us(), 4);
    at = put_f32(at, 1.25f);
    at = put_f32(at, NAN);
    put_f32(at, (float)++beats);
    send_frame(TELEMETRY, payload, sizeof payload);
}

static void set_lamp(float value) {
    if (value == lamp) return;
    lamp = value;
    printf("%g\n", (double)lamp);
    fflush(stdout);
}

static void answer_schema(size_t offset) {
    if (offset >= schema_length) return;
    size_t length = schema_length - offset < CHUNK ? schema_length - offset : CHUNK;
    uint8_t payload[6 + CHUNK], *at = put(payload, crc_of(schema, schema_length), 4);
    at = put(at, (uint32_t)offset, 2);
    memcpy(at, schema + offset, length);
    send_frame(SCHEMA, payload, 6 + length);
    if (state == GREETED && offset + CHUNK >= schema_length) {
        state = STREAMING;
        telemetry_us = now_us();
    }
}

static void answer_ping(const uint8_t *number) {
    uint8_t payload[8];
    memcpy(payload, number, 4);
    put(payload + 4, (uint32_t)now_us(), 4);
    send_frame(PONG, payload, sizeof payload);
}

static void obey(const uint8_t *command) {
    float value;
    uint32_t bits = get(command + 2, 4);
    memcpy(&value, &bits, 4);
    if (!isfinite(value) || command[1] != 0) return;
    set_lamp(value < 0 ? 0 : value > 1 ? 1 : value);
    send_frame(ACK, command, 2);
}

static void understand(const uint8_t *body, size_t length) {
    if (length < 6 || crc_of(body, length - 4) != get(body + length - 4, 4)) return;
    const uint8_t type = body[0], *payload = body + 2;
    length -= 6;
    heard_us = now_us();
    if (type == WHO && length == 0) hello();
    if (type == PING && length == 4) answer_ping(payload);
    if (type == COMMAND && length == 6) obey(payload);
    if (type == ASK_SCHEMA && length == 2) answer_schema(get(payload, 2));
    if (type == GREET && length == 4 && get(payload, 4) == UID && state == BEACONING)
        state = GREETED;
}

static void decode(const uint8_t *block, size_t length) {
    uint8_t body[LONGEST_BLOCK];
    size_t at = 0, end = 0;
    while (at < length) {
        size_t code = block[at];
        if (code > length - at) return;
        if (at > 0) body[end++] = 0;
        memcpy(body + end, block + at + 1, code - 1);
        end += code - 1;
        at += code;
    }
    understand(body, end);
}

static void take(uint8_t byte) {
    static uint8_t block[LONGEST_BLOCK];
    static size_t length; /* one more than fits: too long, nothing is taken until the next 00 */
    if (byte == 0) {
        if (length <= LONGEST_BLOCK) decode(block, length);
        length = 0;
    } else if (length < LONGEST_BLOCK) {
        block[length++] = byte;
    } else {
        length = LONGEST_BLOCK + 1;
    }
}

static void keep_time(void) {
    uint64_t now = now_us();
    if (now - heard_us >= LEASE_US) {
        set_lamp(SAFE);
        state = BEACONING;
    }
    if (state == BEACONING && now >= beacon_us) {
        hello();
        beacon_us = now + BEACON_US;
    }
    for (; state == STREAMING && now >= telemetry_us; telemetry_us += TELEMETRY_US) telemetry();
}

static int open_port(const char *link) {
    int held_open; /* so that the master end outlives a host that comes and goes */
    struct termios raw;
    if (openpty(&port, &held_open, NULL, NULL, NULL) || tcgetattr(held_open, &raw)) return -1;
    cfmakeraw(&raw);
    if (tcsetattr(held_open, TCSANOW, &raw) || fcntl(port, F_SETFL, O_NONBLOCK)) return -1;
    return symlink(ttyname(held_open), link);
}

int main(int count, char **words) {
    struct pollfd ends[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
    uint8_t bytes[256];
    if (count != 2 || open_port(words[1]) != 0) return perror("readme_node LINK"), 1;
    ends[1].fd = port;
    for (set_lamp(SAFE);; keep_time()) {
        if (poll(ends, 2, 2) < 0) break;
        if (ends[0].revents && read(STDIN_FILENO, bytes, sizeof bytes) <= 0) break;
        ssize_t got = ends[1].revents ? read(port, bytes, sizeof bytes) : 0;
        for (ssize_t i = 0; i < got; i++) take(bytes[i]);
    }
    return unlink(words[1]);
}
