#include "CArena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { alignment = 16, first_size = 64 << 10, largest_size = 4 << 20 };

/// What stands before each block.
struct header {
    size_t size;
    size_t unused;
};

struct chunk {
    struct chunk *before;
    char *next;
    char *end;
    size_t size;
    int is_first;  // of its arena
};

static _Thread_local struct chunk *current;

static void fail(void) {
    fputs("caseboard: there is no memory left to read Markdown with\n", stderr);
    abort();
}

static void push(size_t size, int is_first) {
    struct chunk *chunk = size > SIZE_MAX - sizeof(struct chunk) - alignment ? NULL : malloc(sizeof(struct chunk) + alignment + size);
    if (chunk == NULL) fail();
    uintptr_t start = ((uintptr_t)(chunk + 1) + alignment - 1) & ~(uintptr_t)(alignment - 1);
    *chunk = (struct chunk){current, (char *)start, (char *)start + size, size, is_first};
    current = chunk;
}

void caseboard_arena_begin(void) { push(first_size, 1); }

void caseboard_arena_end(void) {
    int is_first = 0;
    while (current != NULL && !is_first) {
        struct chunk *chunk = current;
        is_first = chunk->is_first;
        current = chunk->before;
        free(chunk);
    }
}

static struct header *header_of(void *block) { return (struct header *)block - 1; }

static int is_newest(void *block, size_t size) { return current != NULL && (char *)block + size == current->next; }

static void *take(size_t size) {
    if (current == NULL || size > SIZE_MAX / 2) fail();
    size = (size + alignment - 1) & ~(size_t)(alignment - 1);
    size_t needed = sizeof(struct header) + size;
    if ((size_t)(current->end - current->next) < needed) {
        size_t next = current->size * 2 > largest_size ? largest_size : current->size * 2;
        push(needed > next ? needed : next, 0);
    }
    struct header *header = (struct header *)current->next;
    header->size = size;
    current->next += needed;
    return header + 1;
}

void *caseboard_arena_calloc(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / 2 / size) fail();
    void *block = take(count * size);
    return memset(block, 0, count * size);
}

void *caseboard_arena_realloc(void *block, size_t size) {
    if (block == NULL) return take(size);
    size_t old = header_of(block)->size;
    if (size <= old) return block;
    // The newest block makes room for itself.
    if (is_newest(block, old)) current->next = (char *)header_of(block);
    void *moved = take(size);
    if (moved != block) memcpy(moved, block, old);
    return moved;
}

void caseboard_arena_free(void *block) {
    if (block == NULL) return;
    if (is_newest(block, header_of(block)->size)) current->next = (char *)header_of(block);
}
