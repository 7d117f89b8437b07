#!/usr/bin/env bash
# deps.sh postgres|chromium...: installs what is missing when it may (root on Debian or its kin), else says what to do.
# Without Postgres nothing works, so its absence is an error; without Chromium only the browser tests do not run.
set -euo pipefail

has_postgres() {
  local dir
  for dir in "${PG_BIN:-}" ${PATH//:/ } /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin; do
    if [ -n "$dir" ] && [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then return 0; fi
  done
  return 1
}

# Without windows it takes half the work; it is the same engine.
has_chromium() {
  [ -x "${CHROMIUM:-/usr/bin/chromium-headless-shell}" ]
}

# install runs quietly and shows what apt-get said only when it fails.
updated=
install() {
  local package=$1 log
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return 1; fi
  echo "installing $package" >&2
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if [ -z "$updated" ]; then
    apt-get update -qq >"$log" 2>&1 || true # the lists at hand may do
    updated=yes
  fi
  if apt-get install -y -qq --no-install-recommends "$package" >>"$log" 2>&1; then
    rm -f "$log"
    return 0
  fi
  cat "$log" >&2
  rm -f "$log"
  return 1
}

for need in "$@"; do
  case $need in
    postgres)
      has_postgres || install postgresql || true
      if ! has_postgres; then
        cat >&2 <<'HELP'
Postgres is missing. Install it, or set PG_BIN to the folder that holds postgres and initdb:
  Debian, Ubuntu:  sudo apt-get install postgresql
  Fedora:          sudo dnf install postgresql-server
  macOS:           brew install postgresql@17
HELP
        exit 1
      fi
      ;;
    chromium)
      has_chromium || install chromium-headless-shell || [ -x /usr/bin/chromium ] || install chromium ||
        echo 'warning: no Chromium for the browser tests; install it, or set CHROMIUM to its path' >&2
      ;;
    *)
      echo "deps.sh: I do not know how to install $need" >&2
      exit 2
      ;;
  esac
done
