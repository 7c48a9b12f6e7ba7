#!/bin/sh
# Makes configure from configure.ac; needed once after a fresh clone.
set -e
cd "$(dirname "$0")"
mkdir -p m4 build-aux
exec autoreconf -fi -Wall,no-obsolete
