// A C door to GMime (https://github.com/jstedfast/gmime), wide enough for MailReader and no wider: bytes of one mail in, decoded
// headers and texts out. Every text is UTF-8 as far as the mail tells its charset, and lives until the mail is freed.
#ifndef CASEBOARD_CMAIL_H
#define CASEBOARD_CMAIL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cmail_message cmail_message;

/// What one mail may hold; what is beyond is left out.
typedef struct cmail_limits {
    /// Parts inside of parts.
    size_t depth;
    size_t parts;
    /// Of all texts together.
    size_t text_bytes;
} cmail_limits;

/// NULL when the bytes do not begin with a header.
cmail_message *cmail_read(const uint8_t *bytes, size_t count, cmail_limits limits);
void cmail_free(cmail_message *message);

/// The first header of that name, decoded and unfolded; NULL when there is none.
const char *cmail_header(const cmail_message *message, const char *name);
/// Of the first sender; NULL when not told.
const char *cmail_sender_name(const cmail_message *message);
const char *cmail_sender_address(const cmail_message *message);
/// Such as `multipart/report`, in lower case.
const char *cmail_type(const cmail_message *message);

/// The texts to read, in their order; of alternatives one.
size_t cmail_text_count(const cmail_message *message);
const char *cmail_text(const cmail_message *message, size_t index);
int cmail_text_is_html(const cmail_message *message, size_t index);

/// Names of what is attached.
size_t cmail_attachment_count(const cmail_message *message);
const char *cmail_attachment(const cmail_message *message, size_t index);

#ifdef __cplusplus
}
#endif
#endif
