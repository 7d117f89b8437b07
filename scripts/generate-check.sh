#!/usr/bin/env bash
# Generates the GraphQL code in a copy of the working tree, uncommitted changes included, and compares. The tree itself
# is only read, so the check is safe at any moment.
set -euo pipefail
cd "$(dirname "$0")/.."

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# Tracked and new files alike, without the ignored ones; a tracked file may have been deleted.
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do
    if [ -e "$file" ]; then printf '%s\0' "$file"; fi
  done |
  tar --null -T - -cf - | tar -xf - -C "$copy"

(cd "$copy" && go tool gqlgen generate)

# The resolvers are written by hand, but gqlgen adds a stub for each that is missing.
for dir in graph resolvers; do
  if ! difference=$(diff -r "$dir" "$copy/$dir"); then
    head -n 40 <<<"$difference"
    echo "$dir is not what the schema says; run: make generate" >&2
    exit 1
  fi
done
