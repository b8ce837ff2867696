#!/bin/sh
# Debian's Postfix -> Dovecot LMTP on loopback, for bench/peer.ts: own configuration, queue and mailboxes in one folder;
# /etc and the standard ports stay as they are. Needs root and the packages postfix, dovecot-core and dovecot-lmtpd.
#   postfix-dovecot.sh start FOLDER SMTP-PORT LMTP-PORT
#   postfix-dovecot.sh stop FOLDER
# Durability as both come: Postfix syncs its queue file before the 250, Dovecot the mail before its answer (mail_fsync
# = optimized, maildir, Debian's default format). Loopback has no DNS, TLS or content filter on either side.
set -eu

say() { echo "$*" >&2; }

start() {
  folder=$1 smtp_port=$2 lmtp_port=$3
  for program in postfix dovecot; do
    command -v "$program" >/dev/null || { say "$program is missing: apt-get install postfix dovecot-core dovecot-lmtpd"; exit 3; }
  done
  mkdir -p "$folder/dovecot/run" "$folder/postfix/conf" "$folder/postfix/spool" "$folder/postfix/data" "$folder/mail"
  chmod 755 "$folder" "$folder/dovecot" "$folder/postfix" "$folder/postfix/conf" "$folder/postfix/spool"
  # Any account without rights of its own; root may not own mail.
  mail_uid=$(id -u mail) mail_gid=$(id -g mail)
  chown mail "$folder/mail"
  chown postfix "$folder/postfix/data"

  cat >"$folder/dovecot/dovecot.conf" <<CONF
base_dir = $folder/dovecot/run
state_dir = $folder/dovecot/run
log_path = $folder/dovecot/log
instance_name = postroom-bench
protocols = lmtp
listen = 127.0.0.1
ssl = no
auth_username_format = %Ln
mail_location = maildir:$folder/mail/%n/Maildir
mail_uid = $mail_uid
mail_gid = $mail_gid
first_valid_uid = $mail_uid
default_process_limit = 200
default_client_limit = 2000
userdb {
  driver = static
  args = uid=$mail_uid gid=$mail_gid home=$folder/mail/%n allow_all_users=yes
}
passdb {
  driver = static
  args = nopassword=y
}
namespace inbox {
  inbox = yes
}
protocol lmtp {
  postmaster_address = postmaster@demo.test
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = $lmtp_port
  }
  # Warm, as on a server in use: no process is forked inside the measured time.
  process_min_avail = 2
}
CONF
  dovecot -c "$folder/dovecot/dovecot.conf" >"$folder/dovecot/start.log" 2>&1 </dev/null

  cat >"$folder/postfix/conf/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $folder/postfix/spool
data_directory = $folder/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = $folder/postfix/log
maillog_file_prefixes = $folder
multi_instance_name = postroom-bench
syslog_name = postroom-bench
myhostname = mx.demo.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
local_recipient_maps =
virtual_mailbox_domains = demo.test
virtual_transport = lmtp:inet:127.0.0.1:$lmtp_port
lmtp_destination_concurrency_limit = 32
initial_destination_concurrency = 32
lmtp_destination_recipient_limit = 1
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
disable_dns_lookups = yes
smtp_host_lookup = native
message_size_limit = 51200000
CONF
  master=/usr/share/postfix/master.cf.dist
  [ -r "$master" ] || master=/etc/postfix/master.cf
  # No chroot, our port instead of 25, and enough processes for 32 connections on either side.
  awk -v port="$smtp_port" 'BEGIN { OFS = "\t" }
    /^smtp[ \t]+inet/ { print "127.0.0.1:" port, "inet", "n", "-", "n", "-", "200", "smtpd"; next }
    /^lmtp[ \t]+unix/ { print "lmtp", "unix", "-", "-", "n", "-", "40", "lmtp"; next }
    /^[^# \t]/ && NF >= 8 { $5 = "n" }
    { print }' "$master" >"$folder/postfix/conf/master.cf"
  postfix -c "$folder/postfix/conf" start >"$folder/postfix/start.log" 2>&1 </dev/null || { cat "$folder/postfix/start.log" >&2; exit 1; }
  echo "$(cat "$folder/postfix/spool/pid/master.pid") $(cat "$folder/dovecot/run/master.pid")"
}

stop() {
  folder=$1
  postfix -c "$folder/postfix/conf" stop >/dev/null 2>&1 || true
  dovecot -c "$folder/dovecot/dovecot.conf" stop >/dev/null 2>&1 || true
}

case ${1:-} in
  start) start "$2" "$3" "$4" ;;
  stop) stop "$2" ;;
  *) sed -n '2,6p' "$0" >&2; exit 2 ;;
esac
