#!/usr/bin/env bash
# Plants each defect of this folder into a copy of the decision and expects the test it names to fail.
# Run it from the root of the repository:
#
#   crates/policy/tests/planted/run.sh [text]    # text: only the patches whose name contains it
#
# One line for each defect. A defect that survives, does not compile or no longer applies fails the run.
set -euo pipefail

planted=crates/policy/tests/planted
[ -d "$planted" ] || { echo "run it from the root of the repository" >&2; exit 2; }
planted="$PWD/$planted"

# A target folder of its own: the dependencies stay compiled from one run to the next, and no build of the tree itself
# ever meets a library with a defect in it (cargo tells two copies of a workspace apart by time only).
target="${CARGO_TARGET_DIR:-target}"
mkdir -p "$target/planted"
CARGO_TARGET_DIR="$(cd "$target/planted" && pwd)"
export CARGO_TARGET_DIR INSTA_UPDATE=no
unset INSTA_FORCE_PASS

tree="$(mktemp -d)"
trap 'rm -rf "$tree"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$tree/crates"
cp Cargo.lock "$tree/"
sed 's|^members = .*|members = ["crates/domain", "crates/policy"]|' Cargo.toml >"$tree/Cargo.toml"
fresh() {
  rm -rf "$tree/crates/domain" "$tree/crates/policy"
  cp -R crates/domain crates/policy "$tree/crates/"
  # Newer than anything compiled before: cargo decides by time.
  find "$tree/crates" -name '*.rs' -exec touch {} +
}

log="$tree/log"
build() { (cd "$tree" && cargo test -q -p liaison-policy --tests --no-run) >"$log" 2>&1; }
check() { (cd "$tree" && cargo test -p liaison-policy --tests --no-fail-fast) >"$log" 2>&1; }

fresh
if ! build || ! check; then
  tail -n 40 "$log" >&2
  echo "the tests fail without any defect: nothing can be said" >&2
  exit 2
fi

count=0 bad=0
say() { printf '%-9s %-40s %s\n' "$@"; }
for patch in "$planted"/*"${1:-}"*.patch; do
  [ -e "$patch" ] || continue
  name="$(basename "$patch" .patch)"
  wanted="$(sed -n 's/^Caught by: //p' "$patch")"
  count=$((count + 1))
  fresh
  if ! (cd "$tree" && patch -p1 --fuzz=0 --silent --force <"$patch") >"$log" 2>&1; then
    say STALE "$name" "does not apply any more: mend the patch" && bad=$((bad + 1))
  elif ! build; then
    say BROKEN "$name" "does not compile: a defect has to" && bad=$((bad + 1))
  elif check; then
    say SURVIVED "$name" "no test fails" && bad=$((bad + 1))
  elif ! grep -q "^test $wanted \.\.\. FAILED" "$log"; then
    say MISSED "$name" "other tests fail, but not $wanted" && bad=$((bad + 1))
  else
    say caught "$name" "$wanted ($(grep -c '^test .* \.\.\. FAILED' "$log") tests failed)"
  fi
done

echo "$((count - bad)) of $count defects caught"
[ "$bad" -eq 0 ] && [ "$count" -gt 0 ]
