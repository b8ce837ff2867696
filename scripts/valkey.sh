#!/usr/bin/env bash
# Prints where valkey-server is, and installs it first where it is missing. Debian 12 has it in backports only: they are
# taken from the archive that the machine uses already, and serve nothing that is found elsewhere (apt gives them priority 100).
set -euo pipefail

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
apt=/etc/apt

# stanza_of SUITE: the backports of SUITE, as a paragraph of a .sources file, from the one of SUITE itself.
stanza_of() {
  cat "$apt"/sources.list.d/*.sources 2>/dev/null | grep -v '^#' | awk -v RS= -v suite="$1" '
    /(^|\n)Enabled: *no/ { next }
    $0 ~ "(^|\n)Suites:[^\n]* " suite "( |\n|$)" {
      sub(/Types:[^\n]*/, "Types: deb")
      sub(/Suites:[^\n]*/, "Suites: " suite "-backports")
      sub(/Components:[^\n]*/, "Components: main")
      print
      exit
    }'
}

# line_of SUITE: the same as a line of a .list file.
line_of() {
  cat "$apt"/sources.list "$apt"/sources.list.d/*.list 2>/dev/null |
    sed -nE "s/^deb +((\[[^]]*\] +)?[^ ]+) +$1 .*/deb \1 $1-backports main/p" | head -n 1
}

# add_backports: what cannot be read is taken away again, or every later look at the archives would fail.
add_backports() {
  local suite entry text
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  entry=$apt/sources.list.d/postroom-backports
  text=$(stanza_of "$suite" || true)
  if [ -n "$text" ]; then
    entry=$entry.sources
  else
    entry=$entry.list
    text=$(line_of "$suite" || true)
  fi
  [ -z "$text" ] || "${as_root[@]}" tee "$entry" <<<"$text" >/dev/null
  "${as_root[@]}" apt-get update -qq && has_candidate && return
  "${as_root[@]}" rm -f "$entry"
  echo "Neither the suites that apt knows here nor their backports have valkey-server." >&2
  return 1
}

has_candidate() {
  [[ $(apt-cache policy valkey-server) =~ Candidate:\ [^\(] ]]
}

install_valkey() {
  "${as_root[@]}" apt-get update -qq
  has_candidate || add_backports
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 valkey-server
}

if ! command -v valkey-server >/dev/null; then
  # Several test files may ask at once.
  exec 9>"${TMPDIR:-/tmp}/postroom-valkey.lock"
  flock 9
  if ! command -v valkey-server >/dev/null; then
    echo "Installing valkey-server ..." >&2
    install_valkey >&2
  fi
fi
command -v valkey-server
