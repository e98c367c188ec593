/* SPDX-License-Identifier: MIT */
/*
 * libc_info_xml.h - the document of malloc_info(3).
 */
#ifndef CH_API_LIBC_INFO_XML_H
#define CH_API_LIBC_INFO_XML_H

#include <stdio.h>

/* Writes the whole document.  No lock of the heap is held while the stream,
   which may allocate, is written to. */
void ch_malloc_info_xml(FILE *stream);

#endif
