#!/bin/bash
# own-server.sh COMMAND...: starts a server of its own, with an empty database and the demo people, and runs a command with its address.
set -euo pipefail
address=127.0.0.1:${PORT:-18081}
data=$(mktemp -d)
go build -o bin/purser .
LISTEN_ADDR=$address DATA_DIR=$data DATABASE_URL='' CODES_PER_PHONE_PER_DAY=10000 LOST_PHONE_DELAY=1s SUPPORT_URL=mailto:help@purser.example bin/purser >"$data.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server || true; rm -rf "$data" "$data.log"' EXIT
for _ in $(seq 100); do
	curl -sf "http://$address/readyz" >/dev/null && break
	kill -0 $server 2>/dev/null || { cat "$data.log" >&2; exit 1; }
	sleep 0.2
done
# Called localhost, where a browser gives a page all that it gives to https.
"$@" "http://localhost:${address##*:}"
