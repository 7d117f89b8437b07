#!/bin/bash
# Starts a server of its own and takes pictures of every screen of the web app into the folder that is named.
set -euo pipefail
folder=$1
data=$(mktemp -d)
go build -o bin/purser .
LISTEN_ADDR=127.0.0.1:18081 DATA_DIR=$data DATABASE_URL='' bin/purser >"$data.log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$data" "$data.log"' EXIT
for _ in $(seq 100); do
	curl -sf http://127.0.0.1:18081/readyz >/dev/null && break
	sleep 0.2
done
BOUND_MS=1200000 SCREENSHOTS=$folder node web/e2e/keeper-shots.mjs http://localhost:18081
echo "in $folder"
