#ifndef CASEBOARD_ASSET_TABLE_H
#define CASEBOARD_ASSET_TABLE_H

#include "include/assets.h"

struct caseboard_asset {
    const char *path;
    const unsigned char *bytes;
    size_t size;
};

extern const struct caseboard_asset caseboard_asset_table[];
extern const size_t caseboard_asset_table_count;

#endif
