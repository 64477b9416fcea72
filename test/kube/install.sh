#!/usr/bin/env bash
# Builds the programs of a Kubernetes control plane that the Kubernetes suite runs against: etcd, kube-apiserver and
# kube-controller-manager, from the Go module proxy alone, into .cache/kube/VERSIONS/bin. What is there is kept.
# Takes about 6 minutes and 2 GB of memory on two cores, and seconds where Go has built them before.
set -euo pipefail

kubernetes=36.3 # Kubernetes 1.36.3, whose staging modules are v0.36.3.

root=$(cd "$(dirname "$0")/../.." && pwd)
say() { echo "kube: $*"; }
fail() { echo "kube: $*" >&2; exit 1; }

command -v go >/dev/null || fail "go is missing (1.26 or newer)"
dir="$root/.cache/kube/v1.$kubernetes-$(go env GOOS)-$(go env GOARCH)"
if [ -f "$dir/.installed" ]; then
  say "Kubernetes v1.$kubernetes is there"
  exit
fi
mkdir -p "$dir/bin" "$dir/src"
# Two runs at once would build everything twice; the second waits and finds it there.
if command -v flock >/dev/null; then
  exec 9>"$dir/.lock"
  flock 9
  [ ! -f "$dir/.installed" ] || { say "Kubernetes v1.$kubernetes is there"; exit; }
fi

export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS="-mod=mod -buildvcs=false -trimpath"
cd "$dir/src"

# step NAME COMMAND...: says how long each part took, for the whole takes minutes.
step() {
  local name=$1 started=$SECONDS
  shift
  say "$name ..."
  "$@" 2> >(grep -v "go: downloading" >&2)
  say "$name: $((SECONDS - started)) s"
}

# Kubernetes names its staging modules by folder; a module of our own names them by the versions they are published as.
write_module() {
  local published
  published=$(go mod download -json "k8s.io/kubernetes@v1.$kubernetes" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
  [ -f "$published" ] || fail "the Go module k8s.io/kubernetes@v1.$kubernetes cannot be downloaded"
  {
    echo "module control-plane"
    sed -n 's/^go /\n&/p; s/^godebug /\n&/p' "$published"
    printf '\nrequire k8s.io/kubernetes v1.%s\n\nreplace (\n' "$kubernetes"
    sed -n 's#^[[:space:]]*\(k8s.io/[a-z0-9-]*\) => ./staging/.*#\1#p' "$published" |
      while read -r module; do printf '\t%s => %s v0.%s\n' "$module" "$module" "$kubernetes"; done
    echo ")"
  } >go.mod
}

version=k8s.io/component-base/version
flags="-s -w -X $version.gitVersion=v1.$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=${kubernetes%%.*} -X $version.gitTreeState=clean"
programs=(k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager go.etcd.io/etcd/server/v3)

download() { go list -deps "${programs[@]}" >/dev/null; }

say "building Kubernetes v1.$kubernetes into ${dir#"$root"/}"
step "module" write_module
step "download" download
step "kube-apiserver" go build -ldflags "$flags" -o "$dir/bin/kube-apiserver" "${programs[0]}"
step "kube-controller-manager" go build -ldflags "$flags" -o "$dir/bin/kube-controller-manager" "${programs[1]}"
step "etcd" go build -ldflags "-s -w" -o "$dir/bin/etcd" "${programs[2]}"
rm -rf "$dir/src"
echo "v1.$kubernetes" >"$dir/.installed"
say "ready after $SECONDS s"
