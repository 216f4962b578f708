#!/usr/bin/env bash
# Plants each defect of defects.txt into a copy of the tree and runs the test that must catch it. Prints a line a defect;
# ends with 1 if one survives or can no longer be planted. Needs LIAISON_TEST_POSTGRES, as the tests do.
#
#   crates/server/tests/planted/run.sh [NAME…]      from the root of the repository
set -euo pipefail
root=$(git rev-parse --show-toplevel)
list="$root/crates/server/tests/planted/defects.txt"
# A target folder of its own: cargo could take a planted library for the real one. What is compiled for the tests already
# (mostly other people's crates) is copied over once.
known="${CARGO_TARGET_DIR:-$root/target}/debug"
export CARGO_TARGET_DIR="${PLANTED_TARGET_DIR:-${TMPDIR:-/tmp}/liaison-planted-target}"
if [ ! -d "$CARGO_TARGET_DIR" ] && [ -d "$known" ]; then
  mkdir -p "$CARGO_TARGET_DIR/debug"
  cp -a "$known"/{deps,build,.fingerprint} "$CARGO_TARGET_DIR/debug/"
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy" "$copy.kept" "$copy.log"' EXIT
git -C "$root" archive HEAD | tar -x -m -C "$copy"
mkdir -p "$copy/web" && cp -r "$root/web/build" "$copy/web/build"
cd "$copy"
survived=0 planted=0
while IFS='|' read -r name test file substitution; do
  name=$(xargs <<<"$name") test=$(xargs <<<"$test") file=$(xargs <<<"$file")
  substitution="${substitution# }"
  case "$name" in '' | '#'*) continue ;; esac
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qx "$name"; then continue; fi
  planted=$((planted + 1))
  # Only the file of tests that holds the one: linking the others would take a minute.
  holder=$(grep -lE "$test" crates/*/tests/*.rs | head -n 1 || true)
  if [ -n "$holder" ]; then target=(--test "$(basename "$holder" .rs)"); else target=(--tests); fi
  cp "$file" "$copy.kept"
  perl -0pi -e "$substitution" "$file"
  if cmp -s "$file" "$copy.kept"; then
    echo "STALE     $name: nothing to plant it into"
    survived=1
  elif ! cargo build --quiet --workspace --bins "${target[@]}" >"$copy.log" 2>&1; then
    echo "STALE     $name: does not compile"
    survived=1
  elif timeout 300 cargo nextest run --workspace "${target[@]}" -E "test($test)" >"$copy.log" 2>&1; then
    echo "SURVIVED  $name: $test passed"
    survived=1
  elif grep -q ' FAIL ' "$copy.log" || grep -q 'TIMEOUT\|SIG' "$copy.log"; then
    echo "caught    $name by $test"
  else
    echo "MISSED    $name: $test did not run"
    survived=1
  fi
  cp "$copy.kept" "$file"
  touch "$file"
done <"$list"
echo "$planted planted"
exit "$survived"
