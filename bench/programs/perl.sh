#!/bin/sh
# SPDX-License-Identifier: MIT
# perl: hashes of arrays and strings, built, searched and taken apart.

. "$(dirname "$0")/common"
need perl

export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0
measure perl "$here/perl.pl" "$(scaled 220000)"
