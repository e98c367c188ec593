/* SPDX-License-Identifier: MIT */
/*
 * home.c - see home.h.
 */
#include "diag/home.h"

#include <stddef.h>

#include "front/place.h"
#include "front/route.h"

/* The place behind plain malloc(); NULL: it is none. */
static const struct ch_place *
plain_place(void)
{
    const struct ch_profile *profile = ch_place_profile();

    for (unsigned i = 0; i < profile->n_regions; i++) {
        if (profile->regions[i].engine == CH_ENGINE_SLAB) {
            return ch_place_named(profile->regions[i].name);
        }
    }
    return NULL;
}

const struct ch_place *
ch_home_of(const void *p)
{
    const struct ch_place *place = ch_place_at(p);

    if (place != NULL || !ch_route_has(p)) {
        return place;
    }
    return plain_place();
}
