# For the install.sh of a suite to source, with `suite` set, its folder below .cache: what puts programs into an ignored folder and keeps
# them there while the versions that they were made from are the same.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache="$root/.cache/$suite"
mkdir -p "$cache"

say() { echo "$suite: $*"; }
fail() { echo "$suite: $*" >&2; exit 1; }

# Two runs at once would empty each other's folders; the second waits and finds everything there.
if command -v flock >/dev/null; then
  exec 9>"$cache/.lock"
  flock 9
fi

# fresh DIR KEY: whether DIR was completely installed from KEY, the versions as one text.
fresh() { [ -f "$1/.installed" ] && [ "$(cat "$1/.installed")" = "$2" ]; }

# install_python NAME REQUIREMENTS: a virtual environment of its own for each, for their pins differ.
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

# module_dir MODULE@VERSION: the folder with all files of a Go module.
module_dir() {
  local dir
  dir=$(cd "$cache" && go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  [ -d "$dir" ] || fail "the Go module $1 cannot be downloaded"
  echo "$dir"
}
