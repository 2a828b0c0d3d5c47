#!/usr/bin/env bash
# Builds ddltap as it is shipped, without sanitizers, and soaks it: soak.sh BUILD-DIRECTORY [OPTION OF load/soak.py...]
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=$1
shift

cmake -S "$source" -B "$build" -G Ninja -DDDLTAP_WERROR=ON >/dev/null
cmake --build "$build" -j "$(nproc)" --target ddltap
DDLTAP_BINARY=$build/ddltap exec /usr/bin/python3 "$source/tests/load/soak.py" "$@"
