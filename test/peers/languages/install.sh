#!/usr/bin/env bash
# Installs what the suites of languages need: protoc with the plugins of gRPC, the libraries of C++, a JDK with Maven,
# and Rust, from Debian where they are missing. Libraries of the languages come with their builds, by version.
set -euo pipefail

packages=()
command -v protoc >/dev/null || packages+=(protobuf-compiler)
command -v grpc_cpp_plugin >/dev/null || packages+=(protobuf-compiler-grpc)
for language in "$@"; do
  case $language in
    cpp)
      command -v g++ >/dev/null || packages+=(g++)
      command -v cmake >/dev/null || packages+=(cmake)
      [ -e /usr/include/grpcpp/grpcpp.h ] || packages+=(libgrpc++-dev libprotobuf-dev pkg-config)
      ;;
    java) { command -v javac && command -v mvn; } >/dev/null || packages+=(default-jdk-headless maven) ;;
    rust) command -v cargo >/dev/null || { echo "languages: cargo is missing (1.85 or newer)" >&2; exit 1; } ;;
  esac
done
[ "${#packages[@]}" -eq 0 ] && exit
echo "languages: installing ${packages[*]}"
sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
$sudo sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y ${packages[*]}" >/dev/null
