/* SPDX-License-Identifier: MIT */
/*
 * json.c - JSON text as a tree, and back; numbers are integers.
 *
 * Nodes are small and looked at often: malloc() has them.  Text is longer and
 * looked at once: it goes to external RAM where there is some.
 */
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "esp_heap_caps.h"

#define DEPTH_MAX   16
#define PRINT_FIRST 64u /* bytes of a text to begin with */

struct parser {
    const char *at;
    int depth;
    bool is_out_of_memory;
};

static struct json *parse_value(struct parser *parser);

/* ---- characters ---------------------------------------------------------- */

static char
peek(struct parser *parser)
{
    while (*parser->at != '\0' && strchr(" \t\r\n", *parser->at) != NULL) {
        parser->at++;
    }
    return *parser->at;
}

static bool
take(struct parser *parser, char c)
{
    if (peek(parser) != c) {
        return false;
    }
    parser->at++;
    return true;
}

static bool
take_word(struct parser *parser, const char *word)
{
    size_t n = strlen(word);

    if (strncmp(parser->at, word, n) != 0) {
        return false;
    }
    parser->at += n;
    return true;
}

/* ---- memory -------------------------------------------------------------- */

static struct json *
node_create(struct parser *parser, enum json_kind kind)
{
    struct json *json = malloc(sizeof *json);

    if (json == NULL) {
        parser->is_out_of_memory = true;
        return NULL;
    }
    *json = (struct json){.kind = kind};
    return json;
}

static void *
text_alloc(struct parser *parser, size_t size)
{
    void *p =
        heap_caps_malloc_prefer(size, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT,
            MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);

    parser->is_out_of_memory = parser->is_out_of_memory || p == NULL;
    return p;
}

void
json_destroy(struct json *json)
{
    while (json != NULL) {
        struct json *next = json->next;

        json_destroy(json->first);
        heap_caps_free(json->text);
        heap_caps_free(json->name);
        free(json);
        json = next;
    }
}

/* ---- values -------------------------------------------------------------- */

/* What stands for the character after a backslash; 0: nothing does. */
static char
unescaped(char c)
{
    static const char from[] = "\"\\/nt";
    static const char to[] = "\"\\/\n\t";
    const char *at = c != '\0' ? strchr(from, c) : NULL;

    return at != NULL ? to[at - from] : '\0';
}

/* Bytes that the string needs, which begins behind its first quote; 0: it has
   no end. */
static size_t
string_size(const char *at)
{
    size_t n = 1;

    for (; *at != '"'; at++, n++) {
        if (*at == '\\') {
            at++;
        }
        if (*at == '\0') {
            return 0;
        }
    }
    return n;
}

static char *
parse_string(struct parser *parser)
{
    size_t size = take(parser, '"') ? string_size(parser->at) : 0;
    char *text = size > 0 ? text_alloc(parser, size) : NULL;
    char *to = text;

    if (text == NULL) {
        return NULL;
    }
    while (*parser->at != '"') {
        char c = *parser->at++;

        c = c == '\\' ? unescaped(*parser->at++) : c;
        if (c == '\0') {
            heap_caps_free(text);
            return NULL;
        }
        *to++ = c;
    }
    *to = '\0';
    parser->at++;
    return text;
}

/* "name": value */
static struct json *
parse_member(struct parser *parser)
{
    char *name = parse_string(parser);
    struct json *json =
        name != NULL && take(parser, ':') ? parse_value(parser) : NULL;

    if (json == NULL) {
        heap_caps_free(name);
        return NULL;
    }
    json->name = name;
    return json;
}

/* What stands between the brackets of `json`, up to `end`. */
static struct json *
parse_members(struct parser *parser, struct json *json, char end)
{
    struct json **last = &json->first;

    if (take(parser, end)) {
        return json;
    }
    do {
        *last = json->kind == JSON_OBJECT ? parse_member(parser)
                                          : parse_value(parser);
        if (*last == NULL) {
            json_destroy(json);
            return NULL;
        }
        last = &(*last)->next;
    } while (take(parser, ','));
    if (!take(parser, end)) {
        json_destroy(json);
        return NULL;
    }
    return json;
}

static struct json *
parse_group(struct parser *parser, enum json_kind kind, char end)
{
    struct json *json =
        ++parser->depth <= DEPTH_MAX ? node_create(parser, kind) : NULL;

    parser->at++;
    json = json != NULL ? parse_members(parser, json, end) : NULL;
    parser->depth--;
    return json;
}

static struct json *
parse_text(struct parser *parser)
{
    char *text = parse_string(parser);
    struct json *json = text != NULL ? node_create(parser, JSON_STRING) : NULL;

    if (json == NULL) {
        heap_caps_free(text);
        return NULL;
    }
    json->text = text;
    return json;
}

static struct json *
parse_number(struct parser *parser)
{
    char *end;
    long number = strtol(parser->at, &end, 10);
    struct json *json =
        end != parser->at ? node_create(parser, JSON_NUMBER) : NULL;

    if (json != NULL) {
        parser->at = end;
        json->number = number;
    }
    return json;
}

static struct json *
parse_word(struct parser *parser)
{
    bool is_true = take_word(parser, "true");
    struct json *json = NULL;

    if (is_true || take_word(parser, "false")) {
        json = node_create(parser, JSON_BOOL);
    } else if (take_word(parser, "null")) {
        return node_create(parser, JSON_NULL);
    }
    if (json != NULL) {
        json->truth = is_true;
    }
    return json;
}

static struct json *
parse_value(struct parser *parser)
{
    switch (peek(parser)) {
    case '{':
        return parse_group(parser, JSON_OBJECT, '}');
    case '[':
        return parse_group(parser, JSON_ARRAY, ']');
    case '"':
        return parse_text(parser);
    case 't':
    case 'f':
    case 'n':
        return parse_word(parser);
    default:
        return parse_number(parser);
    }
}

struct json *
json_parse(const char *text, bool *is_out_of_memory)
{
    struct parser parser = {.at = text};
    struct json *json = parse_value(&parser);

    if (json != NULL && peek(&parser) != '\0') {
        json_destroy(json);
        json = NULL;
    }
    *is_out_of_memory = parser.is_out_of_memory;
    return json;
}

const struct json *
json_find(const struct json *object, const char *name)
{
    const struct json *json = object->first;

    while (
        json != NULL && (json->name == NULL || strcmp(json->name, name) != 0)) {
        json = json->next;
    }
    return json;
}

/* ---- printing ------------------------------------------------------------ */

/* A text that grows; NULL once memory ran out. */
struct writer {
    char *text;
    size_t n;    /* bytes written */
    size_t size; /* bytes allocated */
};

static void
put(struct writer *writer, char c)
{
    if (writer->text != NULL && writer->n == writer->size) {
        char *text = realloc(writer->text, 2 * writer->size);

        if (text == NULL) {
            free(writer->text);
        }
        writer->text = text;
        writer->size *= 2;
    }
    if (writer->text != NULL) {
        writer->text[writer->n++] = c;
    }
}

static void
put_all(struct writer *writer, const char *s)
{
    while (*s != '\0') {
        put(writer, *s++);
    }
}

static void
put_string(struct writer *writer, const char *s)
{
    put(writer, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\' || *s == '\n' || *s == '\t') {
            put(writer, '\\');
        }
        put(writer, *s == '\n' ? 'n' : *s == '\t' ? 't' : *s);
    }
    put(writer, '"');
}

static void
put_number(struct writer *writer, long number)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%ld", number);
    put_all(writer, digits);
}

static void put_value(struct writer *writer, const struct json *json);

static void
put_members(struct writer *writer, const struct json *json, const char *ends)
{
    put(writer, ends[0]);
    for (const struct json *at = json->first; at != NULL; at = at->next) {
        if (at != json->first) {
            put(writer, ',');
        }
        if (at->name != NULL) {
            put_string(writer, at->name);
            put(writer, ':');
        }
        put_value(writer, at);
    }
    put(writer, ends[1]);
}

static void
put_value(struct writer *writer, const struct json *json)
{
    switch (json->kind) {
    case JSON_NULL:
        put_all(writer, "null");
        break;
    case JSON_BOOL:
        put_all(writer, json->truth ? "true" : "false");
        break;
    case JSON_NUMBER:
        put_number(writer, json->number);
        break;
    case JSON_STRING:
        put_string(writer, json->text);
        break;
    case JSON_ARRAY:
        put_members(writer, json, "[]");
        break;
    case JSON_OBJECT:
        put_members(writer, json, "{}");
        break;
    }
}

char *
json_print(const struct json *json)
{
    struct writer writer = {
        .text = malloc(PRINT_FIRST),
        .size = PRINT_FIRST,
    };

    put_value(&writer, json);
    put(&writer, '\0');
    return writer.text;
}
