#!/bin/bash
# Installs what DIR/repo holds in a scratch system of the image's own Debian packages, with the real dnf and over HTTP, and
# tries it as far as a system without systemd goes. Needs root; every server it starts listens on 127.0.0.1 alone.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
images='' keep='' started=()
while [ $# -gt 0 ]; do
    case "$1" in
    --images) images=${2:?--images needs a folder}; shift 2 ;;
    --keep) keep=yes; shift ;;
    *) echo "usage: test.sh --images DIR [--keep]" >&2; exit 2 ;;
    esac
done
[ -d "$images/repo/repodata" ] || { echo "test.sh: no repository in ${images:-.}/repo" >&2; exit 2; }

work=$(mktemp -d "$(cd "$images" && pwd)/.repo-test.XXXXXX")
root=$work/root
log=$work/log
passed=0 failed=0

finish() {
    [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null
    wait 2>/dev/null
    [ -n "$keep" ] || rm -rf "$work"
}
trap finish EXIT

in_root() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# check RULE COMMAND...: the rule holds when the command succeeds
check() {
    local rule=$1
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        echo "ok $((passed + failed)) - $rule"
    else
        failed=$((failed + 1))
        echo "not ok $((passed + failed)) - $rule"
        tail -n 20 "$log" | sed 's/^/# /'
    fi
}

# says TEXT COMMAND...: the command's output has the text
says() {
    local text=$1
    shift
    "$@" >"$work/said" 2>&1 </dev/null
    cat "$work/said"
    grep -q -- "$text" "$work/said"
}

free_port() {
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

page() { curl -s --noproxy '*' "http://127.0.0.1:$1/${2-}"; }
has_page() { says "$3" page "$1" "$2"; }
yum() { in_root yum -y "$@"; }
stop() { kill "$1"; until_true 20 sh -c "! kill -0 $1 2>/dev/null"; }

make_root() {
    local names
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here /usr/bin/python3 -c \
        'import sys; from debian import Archive; Archive(sys.argv[1])' "$work" || return
    names=$(sed 's/#.*//' "$here/../packages.list" | grep -v '^linux-image' | xargs | tr ' ' ,)
    mmdebstrap --mode=root --variant=essential --include="$names" --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' bookworm "$root" "$work/apt/sources.list" || return
    "$here/base-rpms.sh" --root "$root" || return
    mkdir -p "$root/etc/rpm" "$root/etc/yum.repos.d"
    echo '%_dbpath /var/lib/rpm' > "$root/etc/rpm/macros"
    printf '[main]\ngpgcheck=0\nplugins=0\nclean_requirements_on_remove=True\n' > "$root/etc/dnf/dnf.conf"
    printf '[amzn2-core]\nname=core\nbaseurl=http://127.0.0.1:%s/\nenabled=1\n' "$1" \
        > "$root/etc/yum.repos.d/amzn2.repo"
    ln -sf dnf-3 "$root/usr/bin/yum"
    echo '127.0.0.1 localhost' > "$root/etc/hosts"
    [ -e "$root/dev/null" ] || mknod -m 0666 "$root/dev/null" c 1 3
}

serve_repository() {
    (cd "$images/repo" && exec /usr/bin/python3 -m http.server --bind 127.0.0.1 "$1") >/dev/null 2>&1 &
    started+=($!)
    until_true 10 curl -s --noproxy '*' -o /dev/null "http://127.0.0.1:$1/repodata/repomd.xml"
}

# The files of the system outside of what dnf and rpm keep for themselves and what users and logs leave behind.
list_files() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./var/cache -o -path ./var/lib/dnf \
        -o -path ./var/lib/rpm -o -path ./tmp -o -path ./var/log \) -prune -o ! -type d -print) |
        grep -v -E '^./etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$' | sort
}

# --- the base ---------------------------------------------------------------------------------------------

base_is_known() {
    in_root rpm -q bash glibc coreutils openssh-server sudo systemd yum rpm system-release &&
        says '^openssh-server-' in_root rpm -qf /usr/sbin/sshd &&
        says '^/etc/ssh/sshd_config$\|^/etc/default/ssh$' in_root rpm -qc openssh-server &&
        says 'libc.so.6(GLIBC_2.34)(64bit)' in_root rpm -q --provides glibc
}
base_is_protected() { ! yum remove python3 && in_root python3 -c pass; }

# --- httpd ------------------------------------------------------------------------------------------------

remove_leaves_nothing() {
    yum remove httpd || return
    list_files > "$work/after"
    diff "$work/before" "$work/after"
}
httpd_is_amazons() {
    in_root test -L /etc/httpd/modules -a -d /var/www/html -a -f /etc/httpd/conf/httpd.conf -a -d /etc/httpd/conf.d &&
        says 'uid=48(apache) gid=48(apache)' in_root id apache && says '^Server version: Apache/2.4' in_root httpd -v &&
        says "$(in_root rpm -q --qf '%{VERSION}' httpd)" in_root httpd -v
}
httpd_start() {
    sed -i "s/^Listen .*/Listen 127.0.0.1:$1/" "$root/etc/httpd/conf/httpd.conf"
    in_root httpd -k start
    until_true 20 page "$1" > /dev/null && started+=("$(cat "$root/run/httpd/httpd.pid")")
}
httpd_serves() {
    has_page "$1" '' 'Test Page' && echo hello > "$root/var/www/html/index.html" && has_page "$1" '' '^hello$' &&
        grep -q '"GET / HTTP/1.1" 200' "$root/var/log/httpd/access_log"
}
httpd_tells_errors() {
    echo 'Nonsense on' > "$root/etc/httpd/conf.d/bad.conf"
    says 'line 1 of /etc/httpd/conf.d/bad.conf' in_root apachectl configtest
    local answer=$?
    rm "$root/etc/httpd/conf.d/bad.conf"
    return $answer
}
every_module_loads() {
    yum install mod_ssl mod_ldap mod_lua mod_md mod_proxy_html mod_session &&
        in_root /usr/libexec/httpd-ssl-gencerts && sed -i 's/^#LoadModule \([^m]\)/LoadModule \1/' \
        "$root/etc/httpd/conf.modules.d/00-optional.conf" && in_root httpd -t
}

# --- php, mariadb, nginx --------------------------------------------------------------------------------------

php_cli_works() { says '^42$' in_root php -r 'echo json_encode(6*7), "\n";' && says 'mysqli' in_root php -m; }
php_fpm_start() {
    in_root php-fpm -t && in_root php-fpm && started+=("$(cat "$root/run/php-fpm/php-fpm.pid")")
}
php_serves() {
    rm -f "$root/var/www/html/index.html"
    echo '<?php echo "php ", PHP_MAJOR_VERSION;' > "$root/var/www/html/index.php"
    has_page "$1" '' '^php 8$'
}
mariadb_start() {
    in_root setpriv --reuid mysql --regid mysql --clear-groups /usr/libexec/mariadb-prepare-db-dir || return
    mkdir -p "$root/run/mariadb" && in_root chown mysql:mysql /run/mariadb
    in_root setpriv --reuid mysql --regid mysql --clear-groups mysqld --skip-networking &
    started+=($!)
    until_true 30 in_root mysqladmin ping
}
mariadb_answers() {
    in_root mysql -e "create database lab; create user php@localhost identified by 'secret';
        grant all on lab.* to php@localhost; create table lab.t (n int); insert into lab.t values (42)" &&
        says '^42$' in_root mysql -N -e 'select n from lab.t'
}
php_reaches_mariadb() {
    says '^42$' in_root php -r '$db = new mysqli("localhost", "php", "secret", "lab");
        echo $db->query("select n from t")->fetch_row()[0], "\n";'
}
nginx_serves() {
    sed -i "s/listen  *80;/listen 127.0.0.1:$1;/; /listen .*\[::\]/d" "$root/etc/nginx/nginx.conf"
    in_root nginx -t && in_root nginx && started+=("$(cat "$root/run/nginx.pid")") &&
        until_true 10 has_page "$1" '' 'Welcome to nginx'
}
nginx_runs_php() {
    echo '<?php echo "nginx ", PHP_MAJOR_VERSION;' > "$root/usr/share/nginx/html/n.php"
    has_page "$1" n.php '^nginx 8$'
}

# --- tools ------------------------------------------------------------------------------------------------

git_works() {
    in_root sh -ec 'cd /root; git init -q r; cd r; git config user.email a@b; git config user.name a; echo 1 > f
        git add f; git commit -q -m one; git log --oneline | grep -q one; git add -p < /dev/null'
}
awscli_works() {
    says '^aws-cli/2' in_root aws --version && says 'run-instances' in_root aws ec2 run-instances --generate-cli-skeleton \
        --dry-run || says 'ImageId' in_root aws ec2 run-instances --generate-cli-skeleton
}
ncat_talks() {
    local port
    port=$(free_port)
    in_root sh -c "echo heard | nc -l -N 127.0.0.1 $port" &
    started+=($!)
    until_true 5 says heard in_root sh -c "nc 127.0.0.1 $port < /dev/null"
}
editors_work() { says 'VIM - Vi IMproved 9' in_root vim --version && says 'GNU nano' in_root nano --version; }
ec2_metadata_asks() {
    says '--instance-id' in_root ec2-metadata --help && ! in_root ec2-metadata --nonsense
}
everything_installs() {
    in_root yum -y install '*' && in_root rpm -Va --nodeps --nofiles
}
no_library_missing() {
    in_root rpm -qa --qf '[-%{FILEFLAGS:fflags} %{FILENAMES}\n]' | awk '$1 !~ /g/ { print $2 }' |
        grep -E '/s?bin/|\.so|/libexec/' | sort -u > "$root/tmp/programs"
    in_root sh -c 'while read -r f; do [ -f "$f" ] && [ ! -L "$f" ] && ldd "$f" 2>/dev/null | grep "not found" |
        sed "s|^|$f:|"; done < /tmp/programs' > "$work/missing"
    [ -s "$root/tmp/programs" ] && ! grep -v -E 'libEGL|ORIGIN' "$work/missing"
}
sizes_are_bounded() { [ "$(du -sm "$images/repo" | cut -f1)" -lt 250 ]; }

port=$(free_port)
serve_repository "$port" || { echo "test.sh: the HTTP server did not start" >&2; exit 1; }
make_root "$port" >"$log" 2>&1 || { tail -n 20 "$log" >&2; echo "test.sh: no scratch system" >&2; exit 1; }

check "the rpm database knows the image's packages, files, configuration and sonames" base_is_known
check "what yum itself needs cannot be removed" base_is_protected
check "an update of a fresh image has nothing to do" says 'Nothing to do' yum update
check "an autoremove of a fresh image has nothing to do" says 'Nothing to do' yum autoremove
list_files > "$work/before"
check "httpd installs" yum install httpd
check "its configuration as installed is good" says 'Syntax OK' in_root httpd -t
check "httpd stands where Amazon has it, with user apache and Debian's true version" httpd_is_amazons
check "removing httpd leaves nothing behind" remove_leaves_nothing
check "httpd installs again" yum install httpd
web=$(free_port)
check "httpd starts" httpd_start "$web"
check "it serves the test page, then the user's own, and logs it" httpd_serves "$web"
check "an error in the configuration names file and line as on Amazon Linux" httpd_tells_errors
check "php installs, with php-fpm, MySQL and the graphics library" yum install php php-mysqlnd php-json php-gd
check "php runs on the command line with its extensions" php_cli_works
check "php-fpm starts" php_fpm_start
kill -USR1 "$(cat "$root/run/httpd/httpd.pid")"
check "httpd runs index.php after a reload" until_true 10 php_serves "$web"
check "mariadb-server installs" yum install mariadb-server
check "the server tells its version" says 'MariaDB' in_root mysqld --version
check "the first start makes the system tables, and the server answers" mariadb_start
check "root may make databases, users and tables" mariadb_answers
check "php reaches the database by localhost" php_reaches_mariadb
check "nginx installs" yum install nginx
proxy=$(free_port)
check "nginx serves its page" nginx_serves "$proxy"
check "nginx runs php" nginx_runs_php "$proxy"
check "every httpd module there is loads" every_module_loads
check "the tools install" yum install git htop tree stress jq awscli zip telnet nc bind-utils lsof tcpdump traceroute \
    vim nano tmux screen rsync strace python3-pip nodejs ec2-utils
check "git commits" git_works
check "htop runs" says '^htop 3' in_root htop --version
check "tree runs" says 'bin' in_root tree -L 1 /usr
check "stress-ng runs" in_root stress-ng --cpu 1 -t 1
check "stress is there by its short name" in_root stress --cpu 1 -t 1
check "jq runs" says '^42$' in_root jq -n '{"a": 42}.a'
check "aws runs and knows its services" awscli_works
check "zip and unzip agree" in_root sh -ec 'cd /tmp; echo x > z; zip -q z.zip z; rm z; unzip -q z.zip; grep -q x z'
check "nc carries a line" ncat_talks
check "dig, host and nslookup run" in_root sh -ec 'dig -v; host -V; command -v nslookup'
check "vim and nano run" editors_work
check "telnet, lsof, traceroute, tcpdump, strace, rsync and tmux run" in_root sh -ec 'telnet --version; lsof -v
    traceroute --version; tcpdump --version; strace -V; rsync --version; tmux -V'
check "screen runs" says 'Screen version' in_root screen --version
check "node runs" says '^42$' in_root node -e 'console.log(6 * 7)'
check "pip runs" says '^pip 2' in_root pip3 --version
check "ec2-metadata explains itself and refuses what it does not know" ec2_metadata_asks
check "everything in the repository installs side by side" everything_installs
check "no program lacks a library" no_library_missing
check "the repository stays under 250 MB" sizes_are_bounded

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
