#!/usr/bin/env bash
# Writes internal/accounts/common.txt.gz: the passwords of @zxcvbn-ts/language-common that are long enough to be chosen, in small letters,
# one a line. The package's version is fixed, so the file changes only when this script does.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm pack --silent --pack-destination "$dir" @zxcvbn-ts/language-common@3.0.4 >/dev/null
tar -xzf "$dir"/*.tgz -C "$dir"
node -e '
  const list = require(process.argv[1])
  const words = (list.default ?? list).map((word) => word.toLowerCase()).filter((word) => [...word].length >= 8)
  process.stdout.write([...new Set(words)].sort().join("\n") + "\n")
' "$dir/package/dist/passwords.json.js" | gzip -9n > internal/accounts/common.txt.gz
