#!/bin/sh
# Stands in .solc/ under the native compiler's name, and hands over to solcjs.cjs.
here=$(cd -P "$(dirname "$0")" && pwd)
[ "$*" = --version ] && exec cat "$here/version" # at once: py-solc-x asks before each compile
root=${here%/*}
node=$root/.venv/bin/node
[ -x "$node" ] || node=node
exec "$node" "$root/pyhealth/deployment/solcjs.cjs" "$root" "$@"
