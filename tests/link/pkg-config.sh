#!/bin/sh
# SPDX-License-Identifier: MIT
#
# pkg-config.sh - what is installed can be found and used by pkg-config: the
# library's own header, and firmware's headers by their names, where a
# project's own esp_err.h, if it has one, goes before the stand-in.
set -eu

command -v pkg-config >/dev/null || { echo 'no pkg-config'; exit 77; }

tmp=$TEST_TMP
${MAKE:-make} -s install PREFIX="$tmp/usr" libdir="$tmp/usr/lib" CC="$CC" \
    DEBUG="${DEBUG-}" >"$tmp/install.log" 2>&1 ||
    { cat "$tmp/install.log"; exit 1; }
PKG_CONFIG_PATH=$tmp/usr/lib/pkgconfig
LD_LIBRARY_PATH=$tmp/usr/lib
export PKG_CONFIG_PATH LD_LIBRARY_PATH

# build PROGRAM PACKAGE FLAGS...: from the source on stdin
build()
{
    program=$tmp/$1
    package=$2
    shift 2
    cat >"$program.c"
    # shellcheck disable=SC2046 # lists of flags
    $CC -Wall -Wextra -Wpedantic -Werror "$@" $(pkg-config --cflags "$package") \
        -o "$program" "$program.c" $(pkg-config --libs "$package")
}

# said PROGRAM WORDS
said()
{
    words=$("$tmp/$1")
    [ "$words" = "$2" ] || { echo "$1: '$words', wanted '$2'"; exit 1; }
}

build own capheap <<'C'
#include <capheap.h>
#include <stdio.h>
int
main(void)
{
    capheap_free(capheap_malloc(100));
    return puts(capheap_version()) < 0;
}
C
said own "$(pkg-config --modversion capheap)"

firmware()
{
    cat <<'C'
#include "esp_heap_caps.h"
#include "esp_heap_caps_init.h"
#include "esp_heap_task_info.h"
#include "esp_heap_trace.h"
#include "esp_memory_utils.h"
#include "heap_memory_layout.h"
#include "multi_heap.h"
#include "multi_heap_platform.h"
#include "soc/soc_memory_layout.h"
#include <stdio.h>
#ifndef WHOSE
# define WHOSE "the stand-in's"
#endif
int
main(void)
{
    void *p = heap_caps_malloc(100, MALLOC_CAP_8BIT);

    heap_caps_free(p);
    return puts(p != NULL && heap_caps_add_region(0, 0) == ESP_ERR_INVALID_ARG
                       ? WHOSE
                       : "wrong") < 0;
}
C
}

firmware | build stand_in capheap-esp-idf
said stand_in "the stand-in's"

mkdir "$tmp/project"
cat >"$tmp/project/esp_err.h" <<'C'
#define WHOSE "the project's"
typedef int esp_err_t;
#define ESP_OK 0
#define ESP_ERR_INVALID_ARG 0x102
C
echo '#define CONFIG_HEAP_TRACING_STACK_DEPTH 7' >"$tmp/project/sdkconfig.h"
firmware | build real capheap-esp-idf -I"$tmp/project"
said real "the project's"
# Behind the .pc's own folders, too.
firmware >"$tmp/late.c"
# shellcheck disable=SC2046
$CC $(pkg-config --cflags capheap-esp-idf) -I"$tmp/project" -o "$tmp/late" \
    "$tmp/late.c" $(pkg-config --libs capheap-esp-idf)
said late "the project's"

# Beside FreeRTOS a task is what its headers, of any age, say.
mkdir "$tmp/project/freertos"
: >"$tmp/project/freertos/FreeRTOS.h"
cat >"$tmp/project/freertos/task.h" <<'C'
#define INC_TASK_H
typedef void *TaskHandle_t;
#define configMAX_TASK_NAME_LEN 24
C
build task capheap-esp-idf -I"$tmp/project" <<'C'
#include "esp_heap_task_info.h"
int
main(void)
{
    int task = 0;
    heap_task_block_t block = {&task, 0, 0};
    task_stat_t stat;

    return puts(block.task == &task && sizeof stat.name == 24 ? "ours" : "no")
           < 0;
}
C
said task ours

${MAKE:-make} -s uninstall PREFIX="$tmp/usr" libdir="$tmp/usr/lib" CC="$CC" \
    DEBUG="${DEBUG-}" >"$tmp/install.log" 2>&1
left=$(find "$tmp/usr" ! -type d)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
