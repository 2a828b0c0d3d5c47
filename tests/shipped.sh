#!/usr/bin/env bash
# Builds ddltap as it is shipped, without sanitizers, and runs a program of load/ on it:
#
#   shipped.sh BUILD-DIRECTORY soak|instructions [OPTION OF load/....py]
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=$1
program=$2
shift 2

cmake -S "$source" -B "$build" -G Ninja -DDDLTAP_WERROR=ON >/dev/null
cmake --build "$build" -j "$(nproc)" --target ddltap
DDLTAP_BINARY=$build/ddltap exec /usr/bin/python3 -B "$source/tests/load/$program.py" "$@"
