// libarchive: writes and reads tar. Nothing here is variadic, so the header needs no wrappers.
#pragma once
#include <archive.h>
#include <archive_entry.h>
