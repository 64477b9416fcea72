#!/usr/bin/env bash
# Installs the programs that the peer suites run against the service, into .cache/peers/, from PyPI and the Go module
# proxy, by name and version, and a browser from Debian. What is there already in the right version is kept.
set -euo pipefail

suite=peers
. "$(dirname "$0")/../../scripts/kept-programs.sh"

# The messages and the service of the conformance suite, as descriptors: the server under test needs no generated code.
describe_conformance() {
  local version=$1 file="$cache/conformance.binpb" dir
  if [ -f "$file" ] && fresh "$cache/conformance" "$version"; then
    say "conformance descriptors are there"
    return
  fi
  say "describing connectrpc.com/conformance@$version"
  dir=$(module_dir "connectrpc.com/conformance@$version")
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
install_python mlserver test/peers/oip/requirements-mlserver.txt
install_python triton test/peers/oip/requirements-triton.txt
install_python schemathesis test/peers/openapi/requirements.txt
install_python triton-client test/peers/oip/requirements.txt
install_python python-client examples/python/requirements.txt
install_python contract test/peers/contract/requirements.txt
install_python model-registry-alpha test/peers/versions/requirements-alpha.txt
install_python model-registry test/peers/versions/requirements.txt
install_python storage test/peers/storage/requirements.txt
install_go \
  github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4 \
  "connectrpc.com/conformance/cmd/connectconformance@$conformance"
describe_conformance "$conformance"
install_chromium
say "ready"
