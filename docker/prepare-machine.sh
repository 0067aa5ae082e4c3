#!/bin/sh
# Sees to it that a bare Debian machine can make a virtual environment; changes nothing elsewhere.
set -eu
python="$1"
if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing $python and its venv module with apt-get"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$python" "$python-venv" >/dev/null
  exit 0
fi
echo "error: $python with its venv module is needed." >&2
echo "fix:   sudo apt-get install $python $python-venv (Debian 12), or PYTHON=/path/to/python3.11 make" >&2
exit 2
