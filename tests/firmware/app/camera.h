/* SPDX-License-Identifier: MIT */
/*
 * camera.h - pictures, in external RAM if there is some.
 */
#ifndef STATION_CAMERA_H
#define STATION_CAMERA_H

struct camera;

/* Takes as many pictures as memory allows; NULL: not even one. */
struct camera *camera_shoot(void);
void camera_destroy(struct camera *camera);

#endif
