// Memory for one piece of work of a thread: taken bit by bit, given back at once.
//
// A parser's tree is thousands of small blocks that live and die together; taking and returning each on its own costs more
// than what is done with them. Like cmark's own allocator, these end the program when there is no memory left.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// From here to the matching end, the functions below serve this thread from a new arena. Pairs may nest.
void caseboard_arena_begin(void);
/// Gives back all that was taken since the matching begin.
void caseboard_arena_end(void);

/// Zeroed memory, aligned for anything; only between begin and end.
void *caseboard_arena_calloc(size_t count, size_t size);
/// A block of the arena with another size, its contents kept; NULL makes a new one. What is new in it is not zeroed.
void *caseboard_arena_realloc(void *block, size_t size);
/// The newest block is used again; any other waits for the end.
void caseboard_arena_free(void *block);

#ifdef __cplusplus
}
#endif
