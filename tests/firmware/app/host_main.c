/* SPDX-License-Identifier: MIT */
/*
 * host_main.c - what stands in for the system on a host.
 */
#include <stdio.h>

#include "app_main.h"
#include "host.h"
#include "status.h"

int
main(void)
{
    host_warm_up();
    app_main();
    return fflush(stdout) == 0 && status_problems() == 0 ? 0 : 1;
}
