#include "table.h"

size_t caseboard_asset_count(void) { return caseboard_asset_table_count; }
const char *caseboard_asset_path(size_t index) { return caseboard_asset_table[index].path; }
const unsigned char *caseboard_asset_bytes(size_t index) { return caseboard_asset_table[index].bytes; }
size_t caseboard_asset_size(size_t index) { return caseboard_asset_table[index].size; }
