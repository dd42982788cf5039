# Sourced by ./rehearse and ./test: the system packages and the virtual environment.

step() { printf '\n== %s\n' "$1" >&2; }

# Installs Debian packages where this runs as root; elsewhere says the line that does, and fails.
need() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        echo "this is no Debian: see to it that there is what these packages hold: $*" >&2
        return 0
    fi
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        return 1
    fi
    step "installing ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Brings .venv to what these lock files say; where they have not changed, that is nothing.
set_up_python() {
    local file want stamp
    command -v python3 >/dev/null || need python3 || exit 1
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or newer is needed; this is $(python3 --version)" >&2
        exit 1
    }
    for file in "$@"; do
        stamp=".venv/made-from-$file"
        want="$(python3 --version) $(cat "$file" pyproject.toml | sha256sum)"
        [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && continue
        python3 -c 'import ensurepip' 2>/dev/null || need python3-venv || exit 1
        step "bringing .venv to $file: $(grep -c '==' "$file") packages (first start only)"
        [ -x .venv/bin/pip ] || python3 -m venv --clear .venv
        .venv/bin/pip install --disable-pip-version-check --progress-bar off --require-hashes \
            -r "$file" | count_to "$(grep -c '==' "$file")"
        .venv/bin/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
        echo "$want" >"$stamp"
    done
}

# Builds the nodes' firmware, and what runs it without the boards; where nothing changed, nothing.
make_nodes() {
    need gcc-avr avr-libc libsimavr-dev gcc libc6-dev make || return 1
    step "making the nodes' firmware, and its simulator"
    make -s -C firmware_bridge/firmware >&2 && make -s -C firmware_bridge/firmware/avr >&2
}

# One line of progress out of pip's many.
count_to() {
    local line n=0
    while IFS= read -r line; do
        case "$line" in
            Collecting*) n=$((n + 1)) && [ -t 2 ] && printf '\r   %d of %d fetched ' "$n" "$1" >&2 ;;
            Installing*) [ -t 2 ] && printf '\r   installing them … ' >&2 ;;
            ERROR* | *error*) echo "$line" >&2 ;;
        esac
    done
    [ -t 2 ] && printf '\n' >&2
    return 0
}
