// ISA-L: streaming inflate and the CRC-32 of gzip.
#pragma once
#include <stddef.h>
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
