/* SPDX-License-Identifier: MIT */
/*
 * camera.c - pictures, in external RAM if there is some.
 *
 * Large pictures are for external RAM only, so that the rest of the program
 * keeps its internal memory; without it there is one small one.
 */
#include "camera.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "esp_heap_caps.h"
#include "status.h"

#define N_PICTURES      8u
#define BYTES_PER_PIXEL 2u

struct format {
    unsigned width; /* pixels */
    unsigned height;
    uint32_t caps; /* memory for it */
};

static const struct format large = {640, 480, MALLOC_CAP_SPIRAM};
static const struct format small = {
    240, 160, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT};

struct camera {
    const struct format *format;
    unsigned n;
    uint16_t *pictures[N_PICTURES];
};

static size_t
picture_size(const struct format *format)
{
    return (size_t)format->width * format->height * BYTES_PER_PIXEL;
}

/* As many buffers of a format as there is memory for, at most `n`. */
static void
take_buffers(struct camera *camera, const struct format *format, unsigned n)
{
    camera->format = format;
    for (camera->n = 0; camera->n < n; camera->n++) {
        uint16_t *buffer = heap_caps_malloc(picture_size(format), format->caps);

        if (buffer == NULL) {
            break;
        }
        camera->pictures[camera->n] = buffer;
    }
}

/* ---- pixels -------------------------------------------------------------- */

static uint16_t
pixel_of(unsigned picture, size_t i)
{
    return (uint16_t)(i * 31 + picture * 977);
}

/* The task of the sensor's DMA. */
static void *
expose(void *arg)
{
    struct camera *camera = arg;
    size_t n = picture_size(camera->format) / BYTES_PER_PIXEL;

    for (unsigned picture = 0; picture < camera->n; picture++) {
        for (size_t i = 0; i < n; i++) {
            camera->pictures[picture][i] = pixel_of(picture, i);
        }
    }
    return NULL;
}

static void
check_pictures(const struct camera *camera)
{
    size_t n = picture_size(camera->format) / BYTES_PER_PIXEL;
    size_t n_wrong = 0;

    for (unsigned picture = 0; picture < camera->n; picture++) {
        for (size_t i = 0; i < n; i++) {
            n_wrong += camera->pictures[picture][i] != pixel_of(picture, i);
        }
    }
    status_expect(n_wrong == 0, "a picture has wrong pixels");
}

/* ---- the camera ---------------------------------------------------------- */

struct camera *
camera_shoot(void)
{
    struct camera *camera =
        heap_caps_calloc(1, sizeof *camera, MALLOC_CAP_DEFAULT);
    pthread_t task;

    if (camera == NULL) {
        return NULL;
    }
    take_buffers(camera, &large, N_PICTURES);
    if (camera->n == 0) {
        take_buffers(camera, &small, 1);
    }
    if (camera->n == 0 || pthread_create(&task, NULL, expose, camera) != 0) {
        camera_destroy(camera);
        return NULL;
    }
    pthread_join(task, NULL);
    check_pictures(camera);
    printf("camera    %u of %ux%u, the first at %p, refused %u\n", camera->n,
        camera->format->width, camera->format->height,
        (void *)camera->pictures[0], status_refusals());
    return camera;
}

void
camera_destroy(struct camera *camera)
{
    for (unsigned i = 0; i < camera->n; i++) {
        heap_caps_free(camera->pictures[i]);
    }
    heap_caps_free(camera);
}
