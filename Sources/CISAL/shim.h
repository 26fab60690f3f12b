// ISA-L: streaming inflate, deflate and the CRC-32 of gzip.
#pragma once
#include <stddef.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

// Swift does not import macros made of other macros.
static inline size_t cooperage_isal_level1_buffer_size(void) { return ISAL_DEF_LVL1_DEFAULT; }
