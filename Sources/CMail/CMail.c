#include "CMail.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <string.h>

enum { CMAIL_ATTACHMENTS = 32 };

typedef struct {
    char *text;
    int is_html;
} cmail_segment;

struct cmail_message {
    GMimeMessage *mime;
    char *type;
    const char *sender_name;
    const char *sender_address;
    /// Of cmail_segment.
    GArray *texts;
    /// Of char *.
    GPtrArray *attachments;
    cmail_limits left;
};

// MARK: Starting

static pthread_once_t is_ready = PTHREAD_ONCE_INIT;
static GMimeParserOptions *parser_options;

/// What the library thinks of a mail is no business of the terminal.
static void say_nothing(const gchar *domain, GLogLevelFlags level, const gchar *words, gpointer context) {
    (void)domain, (void)level, (void)words, (void)context;
}

static void get_ready(void) {
    g_log_set_handler("gmime", G_LOG_LEVEL_MASK, say_nothing, NULL);
    g_mime_init();
    parser_options = g_mime_parser_options_new();
    const char *charsets[] = {"utf-8", "windows-1252", "iso-8859-1", NULL};
    g_mime_parser_options_set_fallback_charsets(parser_options, charsets);
    g_mime_parser_options_set_allow_addresses_without_domain(parser_options, TRUE);
}

/// How much of the bytes holds at most `limit` lines that may begin a part, and nested mails: each costs memory, whether or not it is
/// one.
static size_t bounded(const uint8_t *bytes, size_t count, size_t limit) {
    size_t seen = 0;
    const uint8_t *at = bytes, *end = bytes + count;
    while (at < end) {
        size_t room = (size_t)(end - at);
        if (room >= 2 && at[0] == '-' && at[1] == '-' && ++seen > limit) return (size_t)(at - bytes);
        if (room >= 8 && g_ascii_strncasecmp((const char *)at, "content-", 8) == 0 && ++seen > 4 * limit) return (size_t)(at - bytes);
        const uint8_t *newline = memchr(at, '\n', room);
        if (newline == NULL) break;
        at = newline + 1;
    }
    return count;
}

// MARK: Walking

static void clear_segment(gpointer segment) { g_free(((cmail_segment *)segment)->text); }

static GArray *new_texts(void) {
    GArray *texts = g_array_new(FALSE, FALSE, sizeof(cmail_segment));
    g_array_set_clear_func(texts, clear_segment);
    return texts;
}

static void add_text(cmail_message *message, GArray *texts, char *text, int is_html) {
    if (text == NULL) return;
    size_t length = strlen(text);
    if (length > message->left.text_bytes) {
        length = message->left.text_bytes;
        text[length] = 0;
    }
    message->left.text_bytes -= length;
    cmail_segment segment = {text, is_html};
    g_array_append_val(texts, segment);
}

static int is_blank(const char *text) {
    for (; *text; text++)
        if (!g_ascii_isspace(*text)) return 0;
    return 1;
}

/// 2 with a plain text in it, 1 with any, 0 with none.
static int worth(const GArray *texts) {
    int best = 0;
    for (guint index = 0; index < texts->len; index++) {
        const cmail_segment *segment = &g_array_index(texts, cmail_segment, index);
        if (!is_blank(segment->text)) best = MAX(best, segment->is_html ? 1 : 2);
    }
    return best;
}

static void walk(cmail_message *message, GMimeObject *object, size_t depth, GArray *texts);

static void walk_alternatives(cmail_message *message, GMimeMultipart *multipart, size_t depth, GArray *texts) {
    GArray *best = NULL;
    int count = g_mime_multipart_get_count(multipart);
    for (int index = 0; index < count && message->left.parts > 0; index++) {
        GArray *these = new_texts();
        walk(message, g_mime_multipart_get_part(multipart, index), depth + 1, these);
        if (best == NULL || worth(these) > worth(best)) {
            if (best) g_array_unref(best);
            best = these;
        } else {
            g_array_unref(these);
        }
    }
    if (best == NULL) return;
    g_array_append_vals(texts, best->data, best->len);
    g_array_set_clear_func(best, NULL);  // the texts have moved
    g_array_unref(best);
}

static void walk_multipart(cmail_message *message, GMimeMultipart *multipart, size_t depth, GArray *texts) {
    GMimeContentType *type = g_mime_object_get_content_type(GMIME_OBJECT(multipart));
    if (g_mime_content_type_is_type(type, "multipart", "encrypted")) return;
    if (g_mime_content_type_is_type(type, "multipart", "alternative")) return walk_alternatives(message, multipart, depth, texts);
    int count = g_mime_multipart_get_count(multipart);
    // Behind the first stand the signature, or the pictures of a page.
    int is_first_only = g_mime_content_type_is_type(type, "multipart", "signed") || g_mime_content_type_is_type(type, "multipart", "related");
    if (is_first_only && count > 1) count = 1;
    for (int index = 0; index < count; index++) walk(message, g_mime_multipart_get_part(multipart, index), depth + 1, texts);
}

static void walk(cmail_message *message, GMimeObject *object, size_t depth, GArray *texts) {
    if (object == NULL || depth > message->left.depth || message->left.parts == 0) return;
    message->left.parts--;
    if (GMIME_IS_MULTIPART(object)) return walk_multipart(message, GMIME_MULTIPART(object), depth, texts);
    if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        if (inner == NULL) return;
        const char *subject = g_mime_message_get_subject(inner);
        add_text(message, texts, g_strdup_printf("Forwarded: %s\n", subject ? subject : ""), 0);
        return walk(message, g_mime_message_get_mime_part(inner), depth + 1, texts);
    }
    if (!GMIME_IS_PART(object)) return;
    const char *name = g_mime_part_get_filename(GMIME_PART(object));
    const char *disposition = g_mime_object_get_disposition(object);
    int is_attached = disposition && g_ascii_strcasecmp(disposition, "attachment") == 0;
    GMimeContentType *type = g_mime_object_get_content_type(object);
    int is_html = g_mime_content_type_is_type(type, "text", "html");
    if (!is_attached && GMIME_IS_TEXT_PART(object) && (is_html || g_mime_content_type_is_type(type, "text", "plain"))) {
        return add_text(message, texts, g_mime_text_part_get_text(GMIME_TEXT_PART(object)), is_html);
    }
    if ((is_attached || name) && message->attachments->len < CMAIL_ATTACHMENTS) {
        char *shown = name ? g_strdup(name) : g_mime_content_type_get_mime_type(type);
        g_ptr_array_add(message->attachments, shown);
    }
}

// MARK: The door

static void read_sender(cmail_message *message) {
    InternetAddressList *senders = g_mime_message_get_from(message->mime);
    if (senders == NULL || internet_address_list_length(senders) == 0) return;
    InternetAddress *sender = internet_address_list_get_address(senders, 0);
    message->sender_name = internet_address_get_name(sender);
    if (INTERNET_ADDRESS_IS_MAILBOX(sender)) message->sender_address = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(sender));
}

cmail_message *cmail_read(const uint8_t *bytes, size_t count, cmail_limits limits) {
    pthread_once(&is_ready, get_ready);
    count = bounded(bytes, count, limits.parts);
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)bytes, count);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_object_unref(stream);
    GMimeMessage *mime = g_mime_parser_construct_message(parser, parser_options);
    g_object_unref(parser);
    if (mime == NULL) return NULL;
    if (g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(mime))) == 0) {
        g_object_unref(mime);
        return NULL;
    }
    cmail_message *message = g_new0(cmail_message, 1);
    message->mime = mime;
    message->left = limits;
    message->texts = new_texts();
    message->attachments = g_ptr_array_new_with_free_func(g_free);
    read_sender(message);
    GMimeObject *body = g_mime_message_get_mime_part(mime);
    if (body) {
        char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(body));
        message->type = g_ascii_strdown(type, -1);
        g_free(type);
        walk(message, body, 0, message->texts);
    }
    return message;
}

void cmail_free(cmail_message *message) {
    if (message == NULL) return;
    g_array_unref(message->texts);
    g_ptr_array_unref(message->attachments);
    g_free(message->type);
    g_object_unref(message->mime);
    g_free(message);
}

const char *cmail_header(const cmail_message *message, const char *name) {
    // Unlike g_mime_object_get_header, which also speaks for the body's headers.
    GMimeHeader *header = g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(message->mime)), name);
    return header ? g_mime_header_get_value(header) : NULL;
}
const char *cmail_sender_name(const cmail_message *message) { return message->sender_name; }
const char *cmail_sender_address(const cmail_message *message) { return message->sender_address; }
const char *cmail_type(const cmail_message *message) { return message->type ? message->type : ""; }
size_t cmail_text_count(const cmail_message *message) { return message->texts->len; }
const char *cmail_text(const cmail_message *message, size_t index) {
    return index < message->texts->len ? g_array_index(message->texts, cmail_segment, index).text : "";
}
int cmail_text_is_html(const cmail_message *message, size_t index) {
    return index < message->texts->len && g_array_index(message->texts, cmail_segment, index).is_html;
}
size_t cmail_attachment_count(const cmail_message *message) { return message->attachments->len; }
const char *cmail_attachment(const cmail_message *message, size_t index) {
    return index < message->attachments->len ? g_ptr_array_index(message->attachments, index) : "";
}
