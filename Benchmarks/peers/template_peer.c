/* Tokenise, mask and hash: the least a log template miner can do. Words are parted by blanks, a word with a digit in it is a
   parameter, the hash of the rest is looked up and counted.
   usage: template_peer FILE (a message a line); prints lines, CPU seconds and distinct templates. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SLOTS (1 << 16)
static uint64_t keys[SLOTS];
static long counts[SLOTS];

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 2;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    unsigned char *text = malloc(size + 1);
    if (!text || fread(text, 1, size, file) != (size_t)size) return 2;
    fclose(file);
    double before = cpu();
    long lines = 0, distinct = 0, at = 0;
    while (at < size) {
        unsigned char *newline = memchr(text + at, '\n', size - at);
        long end = newline ? newline - text : size;
        uint64_t hash = 0xcbf29ce484222325ULL;
        while (at < end) {
            while (at < end && text[at] == ' ') at++;
            uint64_t word = 0xcbf29ce484222325ULL; /* FNV-1a */
            int has_digit = 0;
            while (at < end && text[at] != ' ') {
                has_digit |= (unsigned)(text[at] - '0') < 10;
                word = (word ^ text[at++]) * 0x100000001b3ULL;
            }
            hash = (hash ^ (has_digit ? 42 : word)) * 0x9e3779b97f4a7c15ULL;
            hash ^= hash >> 29;
        }
        if (!hash) hash = 1;
        unsigned slot = hash >> 48;
        while (keys[slot] && keys[slot] != hash) slot = (slot + 1) % SLOTS;
        if (!keys[slot]) {
            if (distinct == SLOTS / 2) return 3;
            keys[slot] = hash;
            distinct++;
        }
        counts[slot]++;
        lines++;
        at = end + 1;
    }
    printf("%ld %.4f %ld\n", lines, cpu() - before, distinct);
    return 0;
}
