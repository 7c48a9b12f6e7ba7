# lib.sh - what start and stop of each server share.  Source it; it does nothing by itself.
#
# SPDX-License-Identifier: GPL-3.0-or-later
#   RIG_CACHE  where unpacked packages are kept between runs (default: a folder in TMPDIR)
#   RIG_USER   user the servers run as when started by root (default nobody); otherwise the caller
#
# Nothing is installed: packages are downloaded with apt-get and unpacked with dpkg -x, so no
# post-install script runs and no system-wide service appears.
set -eu
RIG=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
RIG_CACHE=${RIG_CACHE:-${TMPDIR:-/tmp}/eilpost-servers-$(id -u)}
ARCH=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch 2>/dev/null || echo "$(uname -m)-linux-gnu")
umask 022

say() { printf '%s\n' "$*"; }
die() { printf 'tests/servers: %s\n' "$*" >&2; exit 1; }
# This machine can't have that server: what wants it is skipped (automake's status for it).
lack() { printf 'tests/servers: %s\n' "$*" >&2; exit 77; }

# rig_dir DIR: absolute, made, owned by the user that the servers run as
rig_dir() {
	mkdir -p "$1"
	D=$(cd "$1" && pwd)
	if [ "$(id -u)" = 0 ]; then
		RUN_USER=${RIG_USER:-nobody}
	else
		RUN_USER=$(id -un)
	fi
	RUN_GROUP=$(id -gn "$RUN_USER")
	RUN_UID=$(id -u "$RUN_USER"); RUN_GID=$(id -g "$RUN_USER")
	mkdir -p "$D/log" "$D/run"
	if [ -s "$D/pids" ]; then
		while read -r pid st; do
			[ -z "$st" ] || [ "$(start_time "$pid")" != "$st" ] || die "$D already has a running server (stop it first)"
		done < "$D/pids"
	fi
	: > "$D/pids"
}
own() { [ "$(id -u)" != 0 ] || chown -R "$RUN_USER:$RUN_GROUP" "$@"; }

# rig_lock, rig_unlock: tests that start side by side share the cache
rig_lock() {
	mkdir -p "$RIG_CACHE"
	# its name can be guessed, and what lies in it is run
	[ -O "$RIG_CACHE" ] && [ ! -L "$RIG_CACHE" ] || die "$RIG_CACHE belongs to somebody else"
	exec 9>"$RIG_CACHE/lock"
	flock 9
}
rig_unlock() { exec 9>&-; }

# rig_unpack NAME PACKAGE...: sets PKG to the folder that holds them and what else they need
rig_unpack() {
	PKG=$RIG_CACHE/root-$1; shift
	rig_lock
	[ -e "$PKG/.done" ] && [ "$(cat "$PKG/.done")" = "$*" ] || rig_fetch "$@"
	rig_unlock
}
rig_fetch() {
	local want inst p log=$RIG_CACHE/apt.log
	mkdir -p "$RIG_CACHE/debs"
	rm -rf "$PKG"; mkdir -p "$PKG"
	inst=$(apt-get -s --no-install-recommends install "$@" 2>/dev/null | awk '/^Inst/{print $2}' |
		grep -vE '^(libperl|perl|exim4-|mysql-common|mariadb-common|gamin$|gawk$|cpio$)' || true)
	want=$(printf '%s\n' "$@" $inst | sort -u)
	(cd "$RIG_CACHE/debs" && for p in $want; do
		set -- "${p}"_*.deb
		[ -e "$1" ] || apt-get -q -o APT::Sandbox::User="$(id -un)" download "$p" >"$log" 2>&1 || exit 1
		dpkg -x "${p}"_*.deb "$PKG"
	done) || { cat "$log" >&2; lack "the server's packages can't be downloaded; is apt's list of packages up to date (apt-get update)?"; }
	printf '%s\n' $want > "$PKG/.packages"
	chmod -R a+rX "$PKG" "$RIG_CACHE"
	printf '%s' "$*" > "$PKG/.done"
}

# rig_libpath: for libraries that the machine lacks
rig_libpath() { export LD_LIBRARY_PATH=$PKG/usr/lib/$ARCH:$PKG/lib/$ARCH:$PKG/usr/lib; }

# rig_relocate PATH...: programs in PKG that have PATH compiled in use the unpacked one instead: the string
# is replaced by the name of a symbolic link of the same length (run path, module folders, helper programs)
rig_relocate() {
	local from link
	rig_lock
	[ -e "$PKG/.relocated" ] || rig_rewrite "$@"
	while read -r link from; do # links may be gone after a reboot
		[ "$(readlink "$link")" = "$PKG$from" ] || ln -s "$PKG$from" "$link"
	done < "$PKG/.relocated"
	rig_unlock
}
rig_rewrite() {
	local from hash link
	for from in "$@"; do
		hash=$(printf '%s %s %s' "$PKG" "$from" "$(id -u)" | sha256sum | tr -d ' -')
		link=/tmp/.$(printf '%s%s' "$hash" "$hash" | cut -c "1-$((${#from} - 6))")
		[ ${#link} = ${#from} ] || die "cannot relocate $from"
		[ "$(readlink "$link")" = "$PKG$from" ] || { rm -f "$link"; ln -s "$PKG$from" "$link"; }
		mkdir -p "$PKG$(dirname "$from")"
		find "$PKG" -type f -print0 | xargs -0 grep -lF -e "$from" | while read -r f; do sed -i "s|$from|$link|g" "$f"; done
		say "$link $from" >> "$PKG/.relocated.new"
	done
	mv "$PKG/.relocated.new" "$PKG/.relocated"
}

# rig_certs DIR: throw-away CA and a server certificate for localhost, plus bad ones to be refused
rig_certs() {
	local c=$1/tls; mkdir -p "$c"
	[ ! -e "$c/server.pem" ] || return 0
	(
	cd "$c"
	q() { openssl "$@" 2>>openssl.log; }
	q req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=rig throw-away CA" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem
	leaf() { # NAME CN SAN [extra x509 options]
		local n=$1 cn=$2 san=$3; shift 3
		q req -newkey rsa:2048 -nodes -subj "/CN=$cn" -keyout "$n.key" -out "$n.csr"
		printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$san" > "$n.ext"
		q x509 -req -in "$n.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -extfile "$n.ext" -out "$n.crt" "$@"
		cat "$n.crt" "$n.key" > "$n.both"
	}
	leaf server localhost "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:::1" -days 30
	leaf badhost mail.example.org "DNS:mail.example.org" -days 30
	# valid in January 2020 only
	mkdir -p newcerts; : > index.txt; echo 01 > serial
	q req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout expired.key -out expired.csr
	printf '[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=newcerts\ndatabase=index.txt\nserial=serial\ndefault_md=sha256\npolicy=p\nx509_extensions=x\nunique_subject=no\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' > ca.conf
	q ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -startdate 20200101000000Z -enddate 20200201000000Z -in expired.csr -out expired.crt -notext
	cat expired.crt expired.key > expired.both
	q req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
		-keyout self.key -out self.crt
	cat self.crt self.key > self.both
	cp server.crt server.pem
	)
	chmod -R a+rX "$c"
}

# rig_ports N: N free loopback ports in PORTS (array); the same ones when DIR is started again
rig_ports() {
	local out
	if [ -e "$D/ports" ]; then
		read -r -a PORTS < "$D/ports"
		[ ${#PORTS[@]} != "$1" ] || return 0
	fi
	out=$(python3 -c '
import socket,sys
s=[socket.create_server(("127.0.0.1",0)) for _ in range(int(sys.argv[1]))]
print(*[x.getsockname()[1] for x in s])' "$1")
	read -r -a PORTS <<< "$out"
	say "$out" > "$D/ports"
}

start_time() { awk '{sub(/.*\) /,""); print $20}' "/proc/$1/stat" 2>/dev/null || true; }

# rig_spawn LOG CMD...: its own session, recorded so that stop ends it and nothing else; PID set
rig_spawn() {
	local log=$1 i; shift
	setsid "$@" >>"$log" 2>&1 </dev/null &
	PID=$!
	say "$PID $(start_time "$PID")" >> "$D/pids"
	for i in 1 2 3 4 5 6 7 8 9 10; do   # wait for setsid's exec
		[ "$(ps -o sid= -p "$PID" 2>/dev/null | tr -d ' ')" != "$PID" ] || break
		sleep 0.02
	done
}
# as_user CMD...: prefix array USERCMD for running as RUN_USER
user_prefix() {
	if [ "$(id -u)" = 0 ]; then
		USERCMD=(setpriv --reuid="$RUN_UID" --regid="$RUN_GID" --clear-groups --)
	else
		USERCMD=()
	fi
}

# rig_users NAME...: $D/passwd and $D/group: the machine's with NAMEs (and groups of that name) added, for rig_ns
rig_users() {
	local n uid=64900
	cp /etc/passwd "$D/passwd"; cp /etc/group "$D/group"
	for n in "$@"; do
		uid=$((uid + 1))
		getent group "$n" >/dev/null || say "$n:x:$uid:" >> "$D/group"
		getent passwd "$n" >/dev/null || say "$n:x:$uid:$uid:rig:/nonexistent:/usr/sbin/nologin" >> "$D/passwd"
	done
	chmod 644 "$D/passwd" "$D/group"
	# a mount namespace of its own shows those two files as /etc/passwd and /etc/group: the system's stay untouched
	NSCMD=(unshare -m --propagation private sh -c 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"' "$D")
}

# wait_port PORT [seconds]
wait_port() {
	python3 - "$1" "${2:-60}" <<-'PY' || { tail -n 20 "$D"/log/* >&2; rig_stop "$D"; die "nothing answers on port $1"; }
	import socket,sys,time
	end=time.time()+float(sys.argv[2])
	while time.time()<end:
	    try: socket.create_connection(("127.0.0.1",int(sys.argv[1])),1).close(); sys.exit(0)
	    except OSError: time.sleep(.03)
	sys.exit(1)
	PY
}

# rig_stop DIR: ends the recorded processes, their sessions' other members, and nothing else
rig_stop() {
	local D pid st victims i
	D=$(cd "$1" && pwd)
	[ -e "$D/pids" ] || return 0
	victims=""
	tac "$D/pids" | { while read -r pid st; do
		[ -n "$st" ] && [ "$(start_time "$pid")" = "$st" ] || continue
		# every process of that session, and the children of those that made a session of their own
		victims="$victims $(python3 - "$pid" <<-'PY'
		import os,sys
		root=int(sys.argv[1]); par={}; sid={}
		for p in filter(str.isdigit,os.listdir("/proc")):
		    try: f=open(f"/proc/{p}/stat").read().rsplit(")",1)[1].split()
		    except OSError: continue
		    par[int(p)]=int(f[1]); sid[int(p)]=int(f[3])
		keep={p for p in par if sid[p]==root or p==root}
		while True:
		    more={p for p in par if par[p] in keep}-keep
		    if not more: break
		    keep|=more
		print(root,*sorted(keep-{root}))
		PY
		)"
		kill -TERM "$pid" 2>/dev/null || true
	done
	for i in $(seq 50); do
		left=""
		for pid in $victims; do [ ! -d "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || left="$left $pid"; done
		[ -n "$left" ] || break
		[ "$i" != 15 ] || kill -TERM $left 2>/dev/null || true
		[ "$i" != 40 ] || kill -KILL $left 2>/dev/null || true
		sleep 0.1
	done; }
	: > "$D/pids"
}
