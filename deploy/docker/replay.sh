#!/usr/bin/env bash
# Do what the Dockerfiles do, without Docker: copy what git has, run the RUN lines of the build stage there, and start the
# result by its ENTRYPOINT, until it says that it is ready. For machines that cannot build images, and for CI.
set -euo pipefail
cd "$(dirname "$0")/../.."
# The repo brings its own Node, as the images do; that of the machine may be too old.
node="$PWD/node_modules/.bin"
work="$(mktemp -d)"
children=()
finish() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT

# COPY . .
mkdir "$work/src"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  if [ -e "$file" ]; then printf '%s\0' "$file"; fi
done | tar --create --null --files-from=- | tar --extract --directory "$work/src"

# The words of an ENTRYPOINT, one a line, with /app where it lies here.
entrypoint() {
  sed -n 's/^ENTRYPOINT \[\(.*\)\]$/\1/p' "$1" | tr ',' '\n' | sed "s/^ *\"//; s/\" *$//; s#^/app/#$2/#"
}

# Wait for the line that a service writes once it serves; gives the address of its stream.
ready() {
  for _ in $(seq 300); do
    if grep -q '^ready ' "$1"; then
      sed -n 's/^ready stream=\([^ ]*\).*/\1/p' "$1"
      return 0
    fi
    sleep 0.1
  done
  echo "not ready within 30 s" >&2
  cat "${1%.out}.err" >&2
  return 1
}

start() {
  local app="$1" command
  shift
  mapfile -t command < <(entrypoint "deploy/docker/$app.Dockerfile" "$work/$app")
  mkdir -p "$work/data"
  (
    cd "$work/data"
    exec env PATH="$node:$PATH" NODE_ENV=production DATASTREAMER_HOST=127.0.0.1 "${command[@]}" "$@"
  ) >"$work/$app.out" 2>"$work/$app.err" &
  children+=("$!")
}

for app in server relay; do
  # The RUN lines of the first stage.
  sed -n '/AS build$/,/^FROM [^ ]*$/s/^RUN //p' "deploy/docker/$app.Dockerfile" | sed "s# /app\$# $work/$app#" >"$work/$app.sh"
  [ -s "$work/$app.sh" ] || { echo "deploy/docker/$app.Dockerfile: no RUN in the build stage" >&2; exit 1; }
  (cd "$work/src" && sh -e "$work/$app.sh") >"$work/$app.log" 2>&1 || { cat "$work/$app.log" >&2; exit 1; }
done

start server --demo --demo-block-time 20ms --port 0
server="$(ready "$work/server.out")"
start relay --server "$server" --port 0
relay="$(ready "$work/relay.out")"
echo "built and started: server on $server, relay on $relay"
