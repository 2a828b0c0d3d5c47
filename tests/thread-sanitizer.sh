#!/usr/bin/env bash
# Builds with ThreadSanitizer and runs the tests of what has threads: thread-sanitizer.sh BUILD-DIRECTORY unit|load
#
#   unit   the unit tests of the libraries that have threads
#   load   the program under load in front of a MariaDB (load/race.py)
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=$1
what=$2
tests=(test_net test_session test_journal test_intercept)
[ "$what" = unit ] || tests=(ddltap)

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
    -DDDLTAP_TESTS=ON -DDDLTAP_TSAN=ON -DDDLTAP_WERROR=ON >/dev/null
cmake --build "$build" -j "$(nproc)" --target "${tests[@]}"
if [ "$what" = load ]; then
    DDLTAP_BINARY=$build/ddltap exec timeout 600 /usr/bin/python3 "$source/tests/load/race.py"
fi
failed=0
for test in "${tests[@]}"; do
    echo "--- $test"
    TSAN_OPTIONS=halt_on_error=0:exitcode=66 timeout 600 "$build/tests/$test" || failed=1
done
exit $failed
