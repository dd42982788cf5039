/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a node's firmware in simavr: its UART on a pty in real time, or in lockstep, where the one
 * who drives it says how far virtual time goes. Commands come as lines on stdin, each answered by
 * one line on stdout; README.md lists them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_eeprom.h>
#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_core.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_io.h>
#include <simavr/sim_time.h>

#define HZ 16000000.0
#define BYTE_CYCLES 704 /* simavr's UART takes 11 bits of 64 cycles; faster overruns its queue */
#define AHEAD_NS 250000 /* the AVR may be this far ahead before the host waits */
#define STALL_NS 50000000
#define LOOK_CYCLES 4000
#define QUEUE 8192 /* a power of two */
#define VOLTS 4092 /* 4 mV a step of the ADC */
#define EEPROM_SIZE 1024
#define MCUSR 0x54
#define PORTB 0x25

struct queue {
    uint8_t byte[QUEUE];
    avr_cycle_count_t due[QUEUE];
    unsigned in, out;
};

static avr_t *avr;
static avr_irq_t *uart_input;
static struct queue to_node, to_host;
static avr_cycle_count_t feed_at, sent_at, boot_at, look_at, stop_at;
static int is_lockstep, is_on = 1, is_over, master = -1, slave = -1;
static const char *link_path, *eeprom_path;
static double cycles_per_us = HZ / 1e6;
static double byte_errors, bit_errors, drops;
static uint64_t dice = 88172645463325252ULL;
static uint16_t adc[8];
static int8_t pins[24]; /* 0 or 1 where driven, -1 where let go */
static int64_t base_ns;
static avr_cycle_count_t base_cycle;
static unsigned long altered, lost, resets, stalls, bytes_in, bytes_out;
static uint8_t frame_began, frame_ended;

static void die(const char *what, ...) {
    va_list args;
    va_start(args, what);
    fprintf(stderr, "avr-node: ");
    vfprintf(stderr, what, args);
    fprintf(stderr, "\n");
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* xorshift64 (Marsaglia, Xorshift RNGs, 2003): the same seed, the same noise. */
static double chance(void) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (dice >> 11) * 0x1p-53;
}

static unsigned waiting(const struct queue *queue) { return queue->in - queue->out; }

static void push(struct queue *queue, uint8_t byte, avr_cycle_count_t due) {
    if (waiting(queue) == QUEUE) {
        lost++;
        return;
    }
    queue->byte[queue->in % QUEUE] = byte;
    queue->due[queue->in++ % QUEUE] = due;
}

/* What the line makes of a byte; -1 where it swallows it. */
static int over_the_line(uint8_t byte) {
    if (drops > 0 && chance() < drops) {
        altered++;
        return -1;
    }
    uint8_t was = byte;
    if (byte_errors > 0 && chance() < byte_errors) byte ^= 1 + (uint8_t)(chance() * 255);
    for (int i = 0; bit_errors > 0 && i < 8; i++)
        if (chance() < bit_errors) byte ^= 1 << i;
    altered += byte != was;
    return byte;
}

/* The node has put a byte into its UART; it leaves in a byte's time after the one before. */
static void hear(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)param;
    sent_at = (sent_at > avr->cycle ? sent_at : avr->cycle) + BYTE_CYCLES;
    int byte = over_the_line((uint8_t)value);
    if (byte >= 0) push(&to_host, (uint8_t)byte, sent_at);
}

static int can_take = 1;
static void hold(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)value, (void)param;
    can_take = 0;
}
static void go_on(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)value, (void)param;
    can_take = 1;
}

static void close_pty(void) {
    if (master < 0) return;
    if (link_path) unlink(link_path);
    close(slave);
    close(master);
    master = slave = -1;
}

/* Raw before anyone can open it: else what is written in between comes back as an echo. */
static void open_pty(void) {
    struct termios raw;
    char name[64];
    if (master >= 0) return;
    memset(&raw, 0, sizeof raw);
    cfmakeraw(&raw);
    if (openpty(&master, &slave, name, &raw, NULL)) die("no pty: %s", strerror(errno));
    fcntl(master, F_SETFL, O_NONBLOCK);
    fcntl(master, F_SETFD, FD_CLOEXEC);
    fcntl(slave, F_SETFD, FD_CLOEXEC);
    if (!link_path) return;
    unlink(link_path);
    if (symlink(name, link_path)) die("%s: %s", link_path, strerror(errno));
}

static void drive_inputs(void) {
    for (int i = 0; i < 8; i++)
        avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + i), adc[i] * 4);
    for (int i = 0; i < 24; i++)
        if (pins[i] >= 0) {
            static const char port[] = "DBC";
            avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port[i / 8]), i % 8), pins[i]);
        }
}

static void keep_eeprom(void) {
    uint8_t content[EEPROM_SIZE];
    avr_eeprom_desc_t told = {.ee = content, .offset = 0, .size = EEPROM_SIZE};
    if (!eeprom_path || avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &told) < 0) return;
    FILE *file = fopen(eeprom_path, "wb");
    if (!file || fwrite(content, 1, EEPROM_SIZE, file) != EEPROM_SIZE)
        die("%s: %s", eeprom_path, strerror(errno));
    fclose(file);
}

static void load_eeprom(void) {
    uint8_t content[EEPROM_SIZE];
    avr_eeprom_desc_t told = {.ee = content, .offset = 0, .size = EEPROM_SIZE};
    memset(content, 0xFF, sizeof content);
    FILE *file = eeprom_path ? fopen(eeprom_path, "rb") : NULL;
    if (file) {
        size_t ignored = fread(content, 1, EEPROM_SIZE, file);
        (void)ignored;
        fclose(file);
    }
    avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &told);
}

static void reset(uint8_t cause) {
    if (cause & 5) /* without power memory forgets */
        memset(avr->data + avr->ioend + 1, 0xA5, avr->ramend - avr->ioend);
    avr_reset(avr);
    avr->data[MCUSR] = cause;
    to_node.out = to_node.in;
    can_take = 1;
    drive_inputs();
}

/* Until the host's clock shows the moment of `cycle`, or somebody has something for the node.
 * How many cycles have gone. */
static avr_cycle_count_t wait_until(avr_cycle_count_t cycle) {
    int64_t due_ns = base_ns + (int64_t)((cycle - base_cycle) * 1e3 / cycles_per_us);
    int64_t left_ns = due_ns - now_ns();
    if (left_ns < -STALL_NS) { /* the machine stood still: so did the node */
        base_ns -= left_ns;
        stalls++;
    }
    if (left_ns < AHEAD_NS) return cycle - avr->cycle;
    struct pollfd from[2] = {{.fd = 0, .events = POLLIN},
                             {.fd = waiting(&to_node) < QUEUE / 2 ? master : -1, .events = POLLIN}};
    struct timespec most = {left_ns / 1000000000, left_ns % 1000000000};
    if (ppoll(from, 2, &most, NULL) <= 0) return cycle - avr->cycle;
    look_at = avr->cycle; /* look at once */
    int64_t early_ns = due_ns - now_ns();
    avr_cycle_count_t early = early_ns > 0 ? (avr_cycle_count_t)(early_ns * cycles_per_us / 1e3) : 0;
    avr_cycle_count_t all = cycle - avr->cycle;
    return early >= all ? 0 : all - early;
}

static avr_cycle_count_t soonest(avr_cycle_count_t a, avr_cycle_count_t b) { return a < b ? a : b; }

/* One step of the AVR, as simavr's own runner does it, but that a sleep ends with the next thing
 * that comes from outside. */
static void step(avr_t *it) {
    avr_flashaddr_t pc = it->pc;
    if (it->state == cpu_Running) pc = avr_run_one(it);
    avr_cycle_count_t rest = avr_cycle_timer_process(it);
    it->pc = pc;
    if (it->state == cpu_Sleeping) {
        avr_cycle_count_t until = it->cycle + rest;
        if (waiting(&to_node) && can_take) until = soonest(until, feed_at);
        if (waiting(&to_host)) until = soonest(until, to_host.due[to_host.out % QUEUE]);
        if (is_lockstep) until = soonest(until, stop_at);
        if (until <= it->cycle) until = it->cycle + 1;
        it->cycle = is_lockstep ? until : it->cycle + wait_until(until);
    }
    if (it->state == cpu_Running || it->state == cpu_Sleeping) avr_service_interrupts(it);
}

static void feed(void) {
    if (!waiting(&to_node) || !can_take || avr->cycle < feed_at) return;
    feed_at = avr->cycle + BYTE_CYCLES;
    bytes_in++;
    avr_raise_irq(uart_input, to_node.byte[to_node.out++ % QUEUE]);
}

static int is_due(void) {
    return waiting(&to_host) && avr->cycle >= to_host.due[to_host.out % QUEUE];
}

static void deliver(void) {
    uint8_t bytes[256];
    int count = 0;
    while (is_due() && count < 256) bytes[count++] = to_host.byte[to_host.out++ % QUEUE];
    if (!count) return;
    bytes_out += count;
    ssize_t sent = master >= 0 ? write(master, bytes, count) : 0;
    if (sent < count) lost += count - (sent > 0 ? sent : 0); /* nobody reads: a UART waits for none */
}

static void from_pty(void) {
    uint8_t bytes[256];
    if (master < 0 || waiting(&to_node) > QUEUE / 2) return;
    ssize_t count = read(master, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        int byte = over_the_line(bytes[i]);
        if (byte >= 0) push(&to_node, (uint8_t)byte, 0);
    }
}

static void answer(const char *form, ...) {
    va_list args;
    va_start(args, form);
    vprintf(form, args);
    va_end(args);
    putchar('\n');
}

/* D0 to D13, A0 to A5 (digital); -1 where it is none. */
static int pin_of(const char *name) {
    char letter = name[0];
    int number = atoi(name + 1);
    if (letter == 'D' && number >= 0 && number <= 13) return number;
    if (letter == 'A' && number >= 0 && number <= 5) return 16 + number;
    return -1;
}

/* The share of time that a pin is high: its timer's where one holds it, else its port's. */
static double duty_of(int pin) {
    static const struct {
        int pin, control, connect, compare;
    } timers[] = {{3, 0xB0, 0x20, 0xB4}, {5, 0x44, 0x20, 0x48},  {6, 0x44, 0x80, 0x47},
                  {9, 0x80, 0x80, 0x88}, {10, 0x80, 0x20, 0x8A}, {11, 0xB0, 0x80, 0xB3}};
    for (unsigned i = 0; i < sizeof timers / sizeof *timers; i++)
        if (timers[i].pin == pin && avr->data[timers[i].control] & timers[i].connect)
            return avr->data[timers[i].compare] / 255.0;
    static const int ports[] = {PORTB + 6, PORTB, PORTB + 3};
    return avr->data[ports[pin / 8]] >> pin % 8 & 1;
}

static void tell_outputs(void) {
    static const int ports[] = {PORTB + 6, PORTB, PORTB + 3};
    printf("ok");
    for (int pin = 0; pin < 22; pin++)
        if (avr->data[ports[pin / 8] - 1] >> pin % 8 & 1)
            printf(" %c%d=%.4f", pin < 16 ? 'D' : 'A', pin < 16 ? pin : pin - 16, duty_of(pin));
    answer("");
}

static uint8_t cause_of(const char *word) {
    static const struct {
        const char *word;
        uint8_t bits;
    } causes[] = {{"power", 1}, {"external", 2}, {"brownout", 4}, {"watchdog", 8}};
    for (unsigned i = 0; word && i < 4; i++)
        if (!strcmp(word, causes[i].word)) return causes[i].bits;
    return 0;
}

static void push_hex(const char *hex) {
    for (; hex && hex[0] && hex[1]; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0};
        int byte = over_the_line((uint8_t)strtoul(pair, NULL, 16));
        if (byte >= 0) push(&to_node, (uint8_t)byte, 0);
    }
}

static uint64_t virtual_us(avr_cycle_count_t cycle) { return (uint64_t)(cycle / cycles_per_us); }

/* Lockstep: on by at most `us`, or to the end of a frame of the node. */
static void run(uint64_t us) {
    static double owed; /* cycles are whole, microseconds are not whole cycles */
    uint64_t begun_us = virtual_us(avr->cycle);
    owed = (begun_us + us) * cycles_per_us;
    stop_at = (avr_cycle_count_t)owed + 1;
    printf("ran ");
    char hex[2 * QUEUE + 1];
    int length = 0;
    frame_ended = 0;
    while (is_on && !frame_ended && avr->cycle < stop_at) {
        if (avr->cycle < boot_at) {
            avr->cycle = soonest(boot_at, stop_at);
        } else {
            feed();
            avr->run(avr);
        }
        while (is_due() && !frame_ended && length < 2 * QUEUE - 2) {
            uint8_t byte = to_host.byte[to_host.out++ % QUEUE];
            length += sprintf(hex + length, "%02x", byte);
            bytes_out++;
            frame_ended = !byte && frame_began;
            frame_began = byte != 0;
        }
        if (avr->state == cpu_Done || avr->state == cpu_Crashed) die("the firmware has crashed");
    }
    if (!is_on) avr->cycle = stop_at;
    hex[length] = 0;
    answer("%llu %s", (unsigned long long)virtual_us(avr->cycle), hex);
}

static void obey(char *line) {
    char *word[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++) word[i] = strtok(i ? NULL : line, " \n");
    const char *verb = word[0];
    if (!verb) return answer("error: an empty line");
    if (!strcmp(verb, "adc") && word[2]) {
        int pin = atoi(word[1]), value = atoi(word[2]);
        if (pin < 0 || pin > 7 || value < 0 || value > 1023)
            return answer("error: adc 0..7 0..1023");
        adc[pin] = (uint16_t)value;
        drive_inputs();
    } else if (!strcmp(verb, "pin") && word[2]) {
        int pin = pin_of(word[1]);
        if (pin < 0) return answer("error: no pin %s; there are D0 to D13 and A0 to A5", word[1]);
        pins[pin] = word[2][0] == 'z' ? -1 : word[2][0] == '1';
        drive_inputs();
    } else if (!strcmp(verb, "outputs")) {
        return tell_outputs();
    } else if (!strcmp(verb, "reset") && cause_of(word[1])) {
        resets++;
        reset(cause_of(word[1]));
    } else if (!strcmp(verb, "dtr") && word[2]) {
        resets++;
        reset(2);
        for (int i = atoi(word[1]); i > 0; i--)
            push(&to_host, (uint8_t)(chance() * 256), avr->cycle + i % 7 * BYTE_CYCLES);
        boot_at = avr->cycle + (avr_cycle_count_t)(atof(word[2]) * 1e3 * cycles_per_us);
    } else if (!strcmp(verb, "unplug")) {
        is_on = 0;
        close_pty();
        to_node.out = to_node.in;
        to_host.out = to_host.in;
    } else if (!strcmp(verb, "plug")) {
        if (!is_on) {
            is_on = 1;
            resets++;
            base_ns = now_ns();
            base_cycle = avr->cycle;
            reset(1);
            if (!is_lockstep) open_pty();
        }
    } else if (!strcmp(verb, "noise") && word[1]) {
        byte_errors = atof(word[1]);
    } else if (!strcmp(verb, "biterrors") && word[1]) {
        bit_errors = atof(word[1]);
    } else if (!strcmp(verb, "drop") && word[1]) {
        drops = atof(word[1]);
    } else if (!strcmp(verb, "peek") && word[1]) {
        unsigned at = strtoul(word[1], NULL, 0) & 0xFFFF, count = word[2] ? atoi(word[2]) : 1;
        if (at + count > avr->ramend + 1u) return answer("error: past the end of memory");
        printf("ok ");
        while (count--) printf("%02x", avr->data[at++]);
        return answer("");
    } else if (!strcmp(verb, "poke") && word[2]) {
        unsigned at = strtoul(word[1], NULL, 0) & 0xFFFF;
        if (at + strlen(word[2]) / 2 > avr->ramend + 1u) return answer("error: past the end of memory");
        for (const char *hex = word[2]; hex[0] && hex[1]; hex += 2) {
            char pair[3] = {hex[0], hex[1], 0};
            avr->data[at++] = (uint8_t)strtoul(pair, NULL, 16);
        }
    } else if (!strcmp(verb, "stats")) {
        return answer("ok cycles=%llu in=%lu out=%lu altered=%lu lost=%lu resets=%lu "
                      "stalls=%lu pc=%04x", (unsigned long long)avr->cycle, bytes_in, bytes_out, altered,
                      lost, resets, stalls, avr->pc);
    } else if (!strcmp(verb, "run") && word[1] && is_lockstep) {
        push_hex(word[2]);
        return run(strtoull(word[1], NULL, 10));
    } else if (!strcmp(verb, "quit")) {
        is_over = 1;
    } else {
        return answer("error: %s is no command, or lacks its values: see avr/README.md", verb);
    }
    answer("ok");
}

/* Whole lines that have come; what is left of one waits for its end. */
static void from_stdin(void) {
    static char text[65536];
    static size_t filled;
    ssize_t count = read(0, text + filled, sizeof text - 1 - filled);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
        is_over = 1;
        return;
    }
    filled += count;
    text[filled] = 0;
    char *line = text, *end;
    while (!is_over && (end = strchr(line, '\n'))) {
        *end = 0;
        obey(line);
        line = end + 1;
    }
    filled -= line - text;
    memmove(text, line, filled);
    if (filled == sizeof text - 1) filled = 0; /* no line is so long */
    fflush(stdout);
}

static void look(void) {
    struct pollfd from[2] = {{.fd = 0, .events = POLLIN}, {.fd = master, .events = POLLIN}};
    look_at = avr->cycle + LOOK_CYCLES;
    if (poll(from, 2, 0) <= 0) return;
    if (from[1].revents & POLLIN) from_pty();
    if (from[0].revents) from_stdin();
}

static void perform(void) {
    base_ns = now_ns();
    base_cycle = avr->cycle;
    while (!is_over) {
        if (!is_on) {
            struct pollfd from = {.fd = 0, .events = POLLIN};
            poll(&from, 1, -1);
            from_stdin();
            continue;
        }
        if (avr->cycle >= look_at) look();
        if (!is_on) continue;
        if (avr->cycle < boot_at) {
            avr->cycle += wait_until(soonest(boot_at, avr->cycle + LOOK_CYCLES));
        } else {
            feed();
            avr_cycle_count_t until = avr->cycle + LOOK_CYCLES;
            while (avr->cycle < until && avr->cycle < look_at && !is_due()) {
                avr->run(avr);
                feed();
            }
            if (avr->state == cpu_Running) wait_until(avr->cycle); /* a sketch that never sleeps */
        }
        deliver();
        if (avr->state == cpu_Done || avr->state == cpu_Crashed) die("the firmware has crashed");
    }
}

static void silence(avr_t *it, const int level, const char *form, va_list args) {
    (void)it;
    if (level <= LOG_ERROR) vfprintf(stderr, form, args);
}

static void leave(int signal) {
    (void)signal;
    if (link_path) unlink(link_path);
    _exit(0);
}

static void begin(const char *path) {
    static elf_firmware_t firmware;
    if (elf_read_firmware(path, &firmware)) die("%s is no firmware: make -C firmware_bridge/firmware", path);
    strcpy(firmware.mmcu, "atmega328p");
    firmware.frequency = (uint32_t)HZ;
    firmware.eeprom = NULL;
    avr = avr_make_mcu_by_name(firmware.mmcu);
    if (!avr || avr_init(avr)) die("simavr knows no atmega328p");
    avr->log = LOG_ERROR;
    avr->vcc = avr->avcc = avr->aref = VOLTS;
    avr_load_firmware(avr, &firmware);
    avr->run = step;
    uint32_t flags = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POOL_SLEEP);
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    uart_input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), hear, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), hold, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), go_on, NULL);
    /* Else simavr polls a low INT0 or INT1 (D2, D3) every cycle, used or not. */
    avr_extint_set_strict_lvl_trig(avr, 0, 0);
    avr_extint_set_strict_lvl_trig(avr, 1, 0);
    memset(pins, -1, sizeof pins);
    load_eeprom();
    reset(1);
}

int main(int argc, char **argv) {
    const char *elf = NULL;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--lockstep")) is_lockstep = 1;
        else if (!strcmp(argv[i], "--link") && value) link_path = argv[++i];
        else if (!strcmp(argv[i], "--eeprom") && value) eeprom_path = argv[++i];
        else if (!strcmp(argv[i], "--seed") && value) dice ^= strtoull(argv[++i], NULL, 10) * 0x9E3779B97F4A7C15ULL;
        else if (!strcmp(argv[i], "--ppm") && value) cycles_per_us = HZ / 1e6 * (1 + atof(argv[++i]) / 1e6);
        else if (argv[i][0] != '-' && !elf) elf = argv[i];
        else die("usage: avr-node ELF [--link PATH] [--lockstep] [--eeprom FILE] [--seed N] [--ppm X]");
    }
    if (!elf) die("which firmware? usage: avr-node ELF [--link PATH] [--lockstep] [--eeprom FILE] [--seed N] [--ppm X]");
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_TIMERSLACK, 1);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    avr_global_logger_set(silence);
    begin(elf);
    if (is_lockstep) {
        while (!is_over) from_stdin();
    } else {
        open_pty();
        fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
        perform();
    }
    keep_eeprom();
    close_pty();
    return 0;
}
