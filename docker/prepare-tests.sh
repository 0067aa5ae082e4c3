#!/bin/sh
# Installs what only the tests need beside Python: a PostgreSQL server, a browser, Prometheus and the
# tools for network namespaces. Without root the tests that need them are skipped, with the reason.
set -eu
missing=""
[ -x /usr/sbin/iptables ] || command -v iptables >/dev/null || missing="$missing iptables"
[ -x /usr/sbin/tc ] || command -v ip >/dev/null || missing="$missing iproute2"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || missing="$missing postgresql"
[ -x /usr/bin/chromium ] || missing="$missing chromium"
# Without what measures the machine, which would come beside it.
{ command -v promtool && command -v prometheus; } >/dev/null || missing="$missing prometheus prometheus-node-exporter-"
if [ -z "$missing" ]; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing$missing with apt-get"
  apt-get update -qq
  # RUNLEVEL keeps the servers among them from being started.
  # shellcheck disable=SC2086 - a list of packages
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
  exit 0
fi
echo "not installed:$missing; the tests that need them are skipped" >&2
