#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs COMMAND while NAME is another name of DIR. Who wants to give the name to another one
# waits until it ends.
#
#     under-name.sh NAME DIR COMMAND...
set -eu
name=$1 dir=$2
shift 2
mkdir -p "${name%/*}"
exec 9>"$name.lock"
flock 9
ln -sfn "$dir" "$name"
exec "$@"
