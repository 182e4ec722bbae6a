// A C door to simdjson's DOM parser (libsimdjson, https://simdjson.org), wide enough for JSONReader and no wider.
#ifndef CASEBOARD_CSIMDJSON_H
#define CASEBOARD_CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One parser and the document it parsed last.
typedef struct csimdjson_parser csimdjson_parser;

/// simdjson's tape, see its doc/tape.md. It lives until the next parse or until the parser is freed.
typedef struct csimdjson_tape {
    const uint64_t *words;
    const uint8_t *strings;
} csimdjson_tape;

enum { CSIMDJSON_OK = 0, CSIMDJSON_TOO_DEEP = 1, CSIMDJSON_NUMBER = 2, CSIMDJSON_NO_MEMORY = 3, CSIMDJSON_INVALID = 4 };

/// Bytes after the end of a document that must be readable for it to be parsed without a copy.
size_t csimdjson_padding(void);

/// NULL when there is no memory. Documents deeper than `depth` or longer than `bytes` are refused.
csimdjson_parser *csimdjson_new(size_t depth, size_t bytes);
void csimdjson_free(csimdjson_parser *parser);

/// Parses one document. `readable` counts the bytes that may be read from `bytes` on; when it is less than
/// `count + csimdjson_padding()`, the parser works on a padded copy of its own.
int csimdjson_parse(csimdjson_parser *parser, const uint8_t *bytes, size_t count, size_t readable, csimdjson_tape *tape);

#ifdef __cplusplus
}
#endif
#endif
