# Sourced by scripts that need a running server. Starts one on a free port with a fresh data folder and reads what it
# prints into `$server_dir/out`; the address is `server_url`. `stop_server` ends it by its process id and removes its folder.

server_pid=
server_dir=

# start_server ARGUMENT...: more arguments for `andon server`.
start_server() {
    binary=${ANDON_BINARY:-target/debug/andon}
    if [ ! -x "$binary" ]; then
        echo "There is no $binary; build it first: cargo build -p andon-cli" >&2
        return 1
    fi
    server_dir=$(mktemp -d)
    "$binary" server --listen 127.0.0.1:0 --data "$server_dir/data" "$@" >"$server_dir/out" 2>"$server_dir/err" &
    server_pid=$!
    wait_for_line "listening on http" || return 1
    server_url=$(sed -n 's/^listening on \(http[^ ]*\).*/\1/p' "$server_dir/out" | head -n 1)
}

# Waits until the server has printed a line that begins so; gives up when it ends or after two minutes.
wait_for_line() {
    tries=0
    while ! grep -qs "^$1" "$server_dir/out"; do
        if ! kill -0 "$server_pid" 2>/dev/null || [ "$tries" -ge 1200 ]; then
            echo "The server did not print a line that begins with \"$1\". What it said:" >&2
            tail -n 40 "$server_dir/out" "$server_dir/err" >&2
            return 1
        fi
        tries=$((tries + 1))
        sleep 0.1
    done
}

stop_server() {
    if [ -n "$server_pid" ]; then
        kill "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
        server_pid=
    fi
    [ -z "$server_dir" ] || rm -rf "$server_dir"
    server_dir=
}

# Ends the server with the script that started it, and removes the folder `work` where the script has made one.
end_with_script() {
    work=
    trap 'stop_server; [ -z "$work" ] || rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

fail() {
    echo "$*" >&2
    echo "The server's last lines:" >&2
    tail -n 40 "$server_dir/out" "$server_dir/err" >&2
    exit 1
}
