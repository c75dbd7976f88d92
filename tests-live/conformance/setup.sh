#!/usr/bin/env bash
# Installs the WebSocket conformance suite into .build-autobahn: its cases for Python 3 always, its own runner where a
# CPython 2.7 is found. What is there is left alone. Nothing of the suite is part of this tree.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests-live/conformance
into=.build-autobahn
say() { printf 'setup: %s\n' "$*" >&2; }

stamp=$into/python3/.installed
if ! cmp -s <(cat "$here"/requirements-3.txt "$here"/port.py) "$stamp"; then
    say "installing the WebSocket conformance cases into $into/python3"
    rm -rf "$into/python3" "$into/cases"
    python3 -m venv "$into/python3"
    "$into/python3/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements-3.txt"
    "$into/python3/bin/python" "$here/port.py" "$into"
    cat "$here"/requirements-3.txt "$here"/port.py >"$stamp"
fi

# A shim of a version manager may be on PATH without a version behind it, so it is asked.
python2=
for candidate in "$(command -v python2.7 || true)" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/2.7.*/bin/python2.7; do
    if [ -x "$candidate" ] && "$candidate" -m pip --version >/dev/null 2>&1; then
        python2=$candidate
        break
    fi
done
stamp=$into/python2/.installed
failed=$into/python2.failed
if [ -n "$python2" ] && ! cmp -s "$here/requirements-2.txt" "$stamp" && ! cmp -s "$here/requirements-2.txt" "$failed"; then
    say "installing the WebSocket conformance suite for $("$python2" -V 2>&1) into $into/python2"
    rm -rf "$into/python2"
    if "$python2" -m pip install --quiet --disable-pip-version-check \
        --target="$into/python2" -r "$here/requirements-2.txt" 2>"$into/python2.log"; then
        # --target leaves namespace packages without the file that makes them one.
        touch "$into/python2/zope/__init__.py"
        ln -sfn "$python2" "$into/python2/.python"
        cp "$here/requirements-2.txt" "$stamp"
    else
        say "it does not install there (see $into/python2.log); the cases run on Python 3 alone"
        rm -rf "$into/python2"
        cp "$here/requirements-2.txt" "$failed"
    fi
fi
