# Sourced by ./rehearse and ./test: the virtual environment, made from the lock file.

step() { printf '\n== %s\n' "$1"; }

# Installs Debian packages where this runs as root; elsewhere says the line that does.
need() {
    local missing=()
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -eq 0 ]; then
        echo "installing ${missing[*]}"
        DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "missing: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
}

set_up_python() {
    local lock stamp=.venv/lock.sha256
    lock=$(sha256sum requirements.lock pyproject.toml | sha256sum)
    if [ -x .venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$lock" ]; then return; fi
    command -v python3 >/dev/null || need python3
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        { echo "Python 3.11 or newer is needed; this is $(python3 --version)" >&2; exit 1; }
    python3 -c 'import ensurepip' 2>/dev/null || need python3-venv
    step "making .venv from the lock file (first start only)"
    python3 -m venv .venv
    .venv/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
    echo "$lock" >$stamp
}
