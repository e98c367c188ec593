/* SPDX-License-Identifier: MIT */
/**
 * esp_err.h - stand-in for ESP-IDF's error codes.
 *
 * Reached by -idirafter only, so that a real one wins.
 *
 * @source  ESP-IDF components/esp_common/include/esp_err.h.  Different: only
 *          the general codes; a failed ESP_ERROR_CHECK() writes one line to
 *          stderr and aborts.
 */
#ifndef CAPHEAP_ESP_IDF_ESP_ERR_H
#define CAPHEAP_ESP_IDF_ESP_ERR_H

#include <stdio.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int esp_err_t;

#define ESP_OK   0
#define ESP_FAIL (-1)

#define ESP_ERR_NO_MEM           0x101
#define ESP_ERR_INVALID_ARG      0x102
#define ESP_ERR_INVALID_STATE    0x103
#define ESP_ERR_INVALID_SIZE     0x104
#define ESP_ERR_NOT_FOUND        0x105
#define ESP_ERR_NOT_SUPPORTED    0x106
#define ESP_ERR_TIMEOUT          0x107
#define ESP_ERR_INVALID_RESPONSE 0x108
#define ESP_ERR_INVALID_CRC      0x109
#define ESP_ERR_INVALID_VERSION  0x10A
#define ESP_ERR_INVALID_MAC      0x10B
#define ESP_ERR_NOT_FINISHED     0x10C
#define ESP_ERR_NOT_ALLOWED      0x10D

/**
 * The name of a code.
 *
 * @param code  any number
 * @return      "ESP_ERR_NO_MEM", say, or "UNKNOWN ERROR"; static
 * @threads     safe from any thread
 * @signals     async-signal-safe
 */
static inline const char *
esp_err_to_name(esp_err_t code)
{
    switch (code) {
    case ESP_OK:
        return "ESP_OK";
    case ESP_FAIL:
        return "ESP_FAIL";
    case ESP_ERR_NO_MEM:
        return "ESP_ERR_NO_MEM";
    case ESP_ERR_INVALID_ARG:
        return "ESP_ERR_INVALID_ARG";
    case ESP_ERR_INVALID_STATE:
        return "ESP_ERR_INVALID_STATE";
    case ESP_ERR_INVALID_SIZE:
        return "ESP_ERR_INVALID_SIZE";
    case ESP_ERR_NOT_FOUND:
        return "ESP_ERR_NOT_FOUND";
    case ESP_ERR_NOT_SUPPORTED:
        return "ESP_ERR_NOT_SUPPORTED";
    case ESP_ERR_TIMEOUT:
        return "ESP_ERR_TIMEOUT";
    case ESP_ERR_INVALID_RESPONSE:
        return "ESP_ERR_INVALID_RESPONSE";
    case ESP_ERR_INVALID_CRC:
        return "ESP_ERR_INVALID_CRC";
    case ESP_ERR_INVALID_VERSION:
        return "ESP_ERR_INVALID_VERSION";
    case ESP_ERR_INVALID_MAC:
        return "ESP_ERR_INVALID_MAC";
    case ESP_ERR_NOT_FINISHED:
        return "ESP_ERR_NOT_FINISHED";
    case ESP_ERR_NOT_ALLOWED:
        return "ESP_ERR_NOT_ALLOWED";
    default:
        return "UNKNOWN ERROR";
    }
}

/* What a failed ESP_ERROR_CHECK() does. */
static inline void
capheap_esp_error_check(
    esp_err_t code, const char *file, int line, const char *expression)
{
    if (code != ESP_OK) {
        fprintf(stderr,
            "ESP_ERROR_CHECK failed: esp_err_t 0x%x (%s) at %s:%d: %s\n",
            (unsigned)code, esp_err_to_name(code), file, line, expression);
        abort();
    }
}

/** Aborts, with one line on stderr, unless `x` is ESP_OK. */
#define ESP_ERROR_CHECK(x) capheap_esp_error_check((x), __FILE__, __LINE__, #x)

#ifdef __cplusplus
}
#endif

#endif
