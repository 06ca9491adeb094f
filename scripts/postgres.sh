# Sourced by scripts that need PostgreSQL. `start_postgres` makes a throw-away cluster on a free loopback port and sets
# `postgres_url`; `stop_postgres` ends it and removes it. A server refuses to run as root, so root uses another user.

postgres_dir=
POSTGRES_USER_NAME=andon-test

# The folder of initdb and pg_ctl: from PATH, else Debian's newest.
find_postgres() {
    if command -v initdb >/dev/null 2>&1; then
        dirname "$(command -v initdb)"
    else
        dirname "$(ls /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)"
    fi
}

as_postgres_user() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid "$POSTGRES_USER_NAME" --regid "$POSTGRES_USER_NAME" --clear-groups "$@")
    else
        "$@"
    fi
}

free_port() {
    node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

start_postgres() {
    postgres_bin=$(find_postgres)
    postgres_dir=$(mktemp -d)
    if [ "$(id -u)" = 0 ]; then
        id -u "$POSTGRES_USER_NAME" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --shell /usr/sbin/nologin "$POSTGRES_USER_NAME"
        chown "$POSTGRES_USER_NAME:" "$postgres_dir"
    fi
    as_postgres_user "$postgres_bin/initdb" -D "$postgres_dir/data" -U postgres -A trust --no-sync --locale=C -E UTF8 >"$postgres_dir.log" 2>&1 || return 1
    # Another process may take the free port first, so a failed start tries the next one.
    for attempt in 1 2 3 4 5; do
        postgres_port=$(free_port)
        if as_postgres_user "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -w -l "$postgres_dir/server.log" \
            -o "-p $postgres_port -k $postgres_dir -c listen_addresses=127.0.0.1 -c fsync=${postgres_fsync:-off} -c max_connections=300" start >>"$postgres_dir.log" 2>&1; then
            postgres_url=postgres://postgres@127.0.0.1:$postgres_port/postgres
            return 0
        fi
        echo "PostgreSQL did not start on port $postgres_port (attempt $attempt)" >&2
    done
    cat "$postgres_dir.log" "$postgres_dir/server.log" >&2
    return 1
}

stop_postgres() {
    [ -n "$postgres_dir" ] || return 0
    as_postgres_user "$postgres_bin/pg_ctl" -D "$postgres_dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$postgres_dir" "$postgres_dir.log"
    postgres_dir=
}
