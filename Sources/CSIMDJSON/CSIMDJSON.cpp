#include "CSIMDJSON.h"

#include <simdjson.h>

#include <new>

struct csimdjson_parser {
    simdjson::dom::parser parser;
    size_t depth;
    csimdjson_parser(size_t depth, size_t bytes) : parser(bytes), depth(depth) {}
};

extern "C" size_t csimdjson_padding(void) { return simdjson::SIMDJSON_PADDING; }

extern "C" csimdjson_parser *csimdjson_new(size_t depth, size_t bytes) {
    return new (std::nothrow) csimdjson_parser(depth, bytes);
}

extern "C" void csimdjson_free(csimdjson_parser *parser) { delete parser; }

static int code(simdjson::error_code error) {
    switch (error) {
    case simdjson::SUCCESS: return CSIMDJSON_OK;
    case simdjson::DEPTH_ERROR: return CSIMDJSON_TOO_DEEP;
    case simdjson::NUMBER_ERROR: return CSIMDJSON_NUMBER;
    case simdjson::MEMALLOC: return CSIMDJSON_NO_MEMORY;
    default: return CSIMDJSON_INVALID;
    }
}

extern "C" int csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *bytes, size_t count, size_t readable, csimdjson_tape *tape) {
    simdjson::dom::parser &inner = parser->parser;
    // The parser grows with its documents; asking for room here is what sets the depth.
    if (inner.capacity() < count || inner.max_depth() != parser->depth) {
        size_t capacity = inner.capacity() < count ? count : inner.capacity();
        simdjson::error_code error = inner.allocate(capacity < 4096 ? 4096 : capacity, parser->depth);
        if (error) { return code(error); }
    }
    bool copy = readable < count + simdjson::SIMDJSON_PADDING;
    simdjson::error_code error = inner.parse(bytes, count, copy).error();
    if (error) { return code(error); }
    tape->words = inner.doc.tape.get();
    tape->strings = inner.doc.string_buf.get();
    return CSIMDJSON_OK;
}
