#!/usr/bin/env bash
# Installs the programs that the peer suites run against the service, into .cache/peers/, from PyPI and the Go module
# proxy, by name and version, and a browser from Debian. What is there already in the right version is kept.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cache="$root/.cache/peers"
mkdir -p "$cache"

say() { echo "peers: $*"; }
fail() { echo "peers: $*" >&2; exit 1; }

# fresh DIR KEY: whether DIR was completely installed from KEY, the versions as one line of text.
fresh() { [ -f "$1/.installed" ] && [ "$(cat "$1/.installed")" = "$2" ]; }

# install_python NAME REQUIREMENTS: a virtual environment of its own for each peer, for their pins differ.
install_python() {
  local dir="$cache/$1" requirements="$root/$2" key
  key="$(python3 --version) $(sha256sum <"$requirements")"
  if fresh "$dir" "$key"; then
    say "$1 is there"
    return
  fi
  say "installing $1 ($2)"
  rm -rf "$dir"
  python3 -m venv "$dir"
  "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement "$requirements"
  echo "$key" >"$dir/.installed"
}

# install_go MODULE@VERSION...: all programs into one folder.
install_go() {
  local dir="$cache/go" key module
  key="$(go env GOVERSION) $*"
  if fresh "$dir" "$key"; then
    say "Go programs are there"
    return
  fi
  rm -rf "$dir"
  for module in "$@"; do
    say "installing $module"
    GOBIN="$dir/bin" go install "$module"
  done
  echo "$key" >"$dir/.installed"
}

# The messages and the service of the conformance suite, as descriptors: the server under test needs no generated code.
describe_conformance() {
  local version=$1 file="$cache/conformance.binpb" dir
  if [ -f "$file" ] && fresh "$cache/conformance" "$version"; then
    say "conformance descriptors are there"
    return
  fi
  say "describing connectrpc.com/conformance@$version"
  dir=$(cd "$cache" && go mod download -json "connectrpc.com/conformance@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [ -d "$dir/proto" ] || fail "the Go module connectrpc.com/conformance has no proto folder"
  "$root/node_modules/.bin/buf" build "$dir/proto" --output "$file"
  mkdir -p "$cache/conformance"
  echo "$version" >"$cache/conformance/.installed"
}

# The browser of the CORS suite comes from Debian: browsers' own downloads are none of a package registry.
install_chromium() {
  if [ -x /usr/bin/chromium ]; then
    say "chromium is there"
    return
  fi
  say "installing chromium"
  local sudo
  sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
  $sudo sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium" >/dev/null
}

command -v python3 >/dev/null || fail "python3 is missing (3.11 or newer, with venv)"
command -v go >/dev/null || fail "go is missing (1.26 or newer)"
[ -x "$root/node_modules/.bin/buf" ] || fail "buf is missing; run npm ci first"

conformance=v1.0.6
install_python kserve test/peers/kserve/requirements.txt
install_python schemathesis test/peers/openapi/requirements.txt
install_python python-client examples/python/requirements.txt
install_python contract test/peers/contract/requirements.txt
install_go \
  github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4 \
  "connectrpc.com/conformance/cmd/connectconformance@$conformance"
describe_conformance "$conformance"
install_chromium
say "ready"
