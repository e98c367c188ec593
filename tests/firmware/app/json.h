/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON text as a tree, and back; numbers are integers.
 */
#ifndef STATION_JSON_H
#define STATION_JSON_H

#include <stdbool.h>
#include <stddef.h>

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    enum json_kind kind;
    bool truth;
    long number;
    char *text;         /* of a string */
    char *name;         /* of a member of an object, else NULL */
    struct json *first; /* member of an array or object */
    struct json *next;  /* beside this one */
};

/* NULL: the text is wrong, or memory ran out, which `*is_out_of_memory`
   tells. */
struct json *json_parse(const char *text, bool *is_out_of_memory);
void json_destroy(struct json *json);
/* The member of this name; NULL: there is none. */
const struct json *json_find(const struct json *object, const char *name);
/* The text without spaces, to be freed; NULL: no memory. */
char *json_print(const struct json *json);

#endif
