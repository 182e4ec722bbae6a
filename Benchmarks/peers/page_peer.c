/* A plain C loop over cmark-gfm: reads each Markdown file, renders it with the library's own renderer and writes it between a
   page's head and tail. What the Markdown and the files themselves cost.
   usage: page_peer MARKDOWN_DIR COUNT HEAD TAIL OUT_DIR; prints pages and CPU seconds. */
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static char *read_all(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) exit(2);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    if (!bytes || fread(bytes, 1, *length, file) != *length) exit(2);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    if (argc != 6) return 64;
    cmark_gfm_core_extensions_ensure_registered();
    const char *names[] = {"strikethrough", "tasklist", "table", "autolink"};
    int count = atoi(argv[2]);
    size_t head_length, tail_length, length;
    char *head = read_all(argv[3], &head_length), *tail = read_all(argv[4], &tail_length);
    char path[4096];
    double before = cpu();
    for (int number = 0; number < count; number++) {
        snprintf(path, sizeof path, "%s/%d.md", argv[1], number);
        char *text = read_all(path, &length);
        cmark_parser *parser = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8);
        for (int index = 0; index < 4; index++)
            cmark_parser_attach_syntax_extension(parser, cmark_find_syntax_extension(names[index]));
        cmark_parser_feed(parser, text, length);
        cmark_node *document = cmark_parser_finish(parser);
        char *html = cmark_render_html(document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser));
        snprintf(path, sizeof path, "%s/%d.html", argv[5], number);
        FILE *file = fopen(path, "wb");
        if (!file) return 2;
        fwrite(head, 1, head_length, file);
        fwrite(html, 1, strlen(html), file);
        fwrite(tail, 1, tail_length, file);
        if (fclose(file)) return 2;
        free(html);
        cmark_node_free(document);
        cmark_parser_free(parser);
        free(text);
    }
    printf("%d %.6f\n", count, cpu() - before);
    return 0;
}
