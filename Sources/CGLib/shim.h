// For CMail alone: GLib's headers stay out of Swift.
#include <glib.h>
