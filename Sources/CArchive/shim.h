// libarchive: writes and reads tar.
#pragma once
#include <archive.h>
#include <archive_entry.h>

// Swift does not import macros that hold casts.
static const unsigned int cooperage_ae_regular = AE_IFREG;
static const unsigned int cooperage_ae_directory = AE_IFDIR;
static const unsigned int cooperage_ae_symbolic_link = AE_IFLNK;
