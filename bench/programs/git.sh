#!/bin/sh
# SPDX-License-Identifier: MIT
# git: a history searched and packed again from nothing.  The repository is
# generated and never written to by what is measured.

. "$(dirname "$0")/common"
need git perl

export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
repository=$data/git-$scale

make_repository()
{
    rm -rf "$repository" "$repository.new"
    git init -q --bare "$repository.new"
    perl "$here/git.pl" "$(scaled 2500)" |
        git -C "$repository.new" fast-import --quiet
    mv "$repository.new" "$repository"
}

[ -d "$repository" ] || make_repository
measure git -C "$repository" log --stat -p main | cksum
# With one thread the pack is the same bytes each time.
measure git -C "$repository" pack-objects -q --all --stdout --threads=1 \
    --no-reuse-delta --no-reuse-object --window=20 </dev/null | cksum
