#!/usr/bin/env bash
# Builds the tests of what has threads with ThreadSanitizer and runs them: thread-sanitizer.sh BUILD-DIRECTORY
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
build=$1
tests=(test_net test_session test_journal test_intercept)

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
    -DDDLTAP_TESTS=ON -DDDLTAP_TSAN=ON -DDDLTAP_WERROR=ON >/dev/null
cmake --build "$build" -j "$(nproc)" --target "${tests[@]}"
failed=0
for test in "${tests[@]}"; do
    echo "--- $test"
    TSAN_OPTIONS=halt_on_error=0:exitcode=66 timeout 180 "$build/tests/$test" || failed=1
done
exit $failed
