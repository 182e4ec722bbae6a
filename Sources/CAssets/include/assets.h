#ifndef CASEBOARD_ASSETS_H
#define CASEBOARD_ASSETS_H

#include <stddef.h>

// The files of `templates/`, `site/` and `reports/`, inside the binary. Sorted by path, byte by byte.

size_t caseboard_asset_count(void);
/// The path from the checkout's root, such as `templates/canvas.html`; `index` is below the count.
const char *caseboard_asset_path(size_t index);
const unsigned char *caseboard_asset_bytes(size_t index);
size_t caseboard_asset_size(size_t index);

#endif
