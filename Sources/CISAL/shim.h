// ISA-L: streaming inflate, deflate and the CRC-32 of gzip.
#pragma once
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
