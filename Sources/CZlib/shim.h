// zlib: the deflate whose output is the same on every processor.
#pragma once
#include <zlib.h>

// Swift does not import macros that are functions. The stream is raw: no zlib or gzip frame.
static inline int cooperage_deflate_init(z_stream *stream, int level, int windowBits, int memoryLevel, int strategy) {
    return deflateInit2(stream, level, Z_DEFLATED, -windowBits, memoryLevel, strategy);
}
