#!/usr/bin/env bash
# Installs what the benchmark runs besides Node, into .cache/bench/: load generators and nginx from Debian, ghz and the
# generators of the Go stubs from the Go module proxy, and the Go peers built from bench/peers/go. Each part is kept
# while the versions that it was made from are the same. Nothing is installed into the system.
set -euo pipefail

suite=bench
. "$(dirname "$0")/../scripts/kept-programs.sh"

# install_debian PACKAGE...: unpacks packages into one folder, with the libraries that a small image may lack.
install_debian() {
  local dir="$cache/debian" key
  key="$(. /etc/os-release && echo "$ID $VERSION_ID") $*"
  if fresh "$dir" "$key"; then
    say "Debian programs are there"
    return
  fi
  say "unpacking $*"
  rm -rf "$dir"
  mkdir -p "$dir/packages"
  # As another user apt cannot write here and says so, which is no failure.
  (cd "$dir/packages" && apt-get download --quiet=2 "$@" 2>/dev/null) || fail "apt-get download failed; run apt-get update"
  local package
  for package in "$dir"/packages/*.deb; do dpkg-deb --extract "$package" "$dir"; done
  rm -rf "$dir/packages"
  echo "$key" >"$dir/.installed"
}

# Generates the stubs beside the peers, where the Go module needs them (ignored by Git), and builds the peers.
build_peers() {
  local dir="$cache/peers" source="$root/bench/peers/go" key
  key="$(go env GOVERSION) $(cd "$root" && find proto/kserve proto/inference bench/peers/go -type f \
    -not -path '*/gen/*' -print0 | sort -z | xargs -0 cat | sha256sum)"
  if fresh "$dir" "$key"; then
    say "Go peers are there"
    return
  fi
  say "building the Go peers"
  rm -rf "$dir" "$source/gen"
  (cd "$root" && PATH="$cache/go/bin:$PATH" node_modules/.bin/buf generate \
    --template bench/peers/go/buf.gen.yaml --path proto/kserve/registry/v1 --path proto/inference)
  (cd "$source" && go build -o "$dir/" ./cmd/...)
  echo "$key" >"$dir/.installed"
}

command -v go >/dev/null || fail "go is missing (1.26 or newer)"
command -v apt-get >/dev/null || fail "apt-get is missing: the load generators come from Debian"
command -v taskset >/dev/null || fail "taskset is missing (util-linux)"
[ -x "$root/node_modules/.bin/buf" ] || fail "buf is missing; run npm ci first"

install_debian nghttp2-client wrk nginx libluajit-5.1-2 libev4 libnghttp2-14 libjemalloc2 libc-ares2
install_go \
  github.com/bojand/ghz/cmd/ghz@v0.93.0 \
  google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12 \
  google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2 \
  connectrpc.com/connect/cmd/protoc-gen-connect-go@v1.21.0
build_peers
say "ready"
