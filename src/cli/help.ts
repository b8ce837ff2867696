/** What `postroom` alone says: the whole command on one screen. `postroom COMMAND --help` has the details. */
export const rootHelp = `Usage: postroom COMMAND [ARGUMENT …] [OPTION …]

Looks after a Postroom server; \`npm start\` runs one.

Directory
  tenant add|list                      customers; each owns domains and users
  domain add|list|catch-all            domains that mail is taken for
  user add|list|disable|enable|password   people with mailboxes
  alias add|list                       further addresses of users
  token add|list|revoke                your own tokens, to sign in with instead of a password

Mail
  deliver FILE|DIR … --to ADDRESS      hand in messages over SMTP or LMTP
  mail folders|list|show|raw|watch --as ADDRESS   read a mailbox as its user
  search WORD … --as ADDRESS           find mail: words, from:, subject:, is:unread, before: …
  device list|show|allow|block|quarantine|wipe|reset|remove|on|off   phones that synchronise mailboxes
  policy show|set                      what a tenant asks of devices

Operation
  index status|rebuild|check           the search index
  queue list|dead|causes|replay|drop   work that waits or was given up
  ledger                               what became of every accepted message
  webhook add|list|remove              HTTP endpoints that are told when mailboxes change
  retention set|list|run               how long mail is kept; --dry-run counts
  hold set|clear|list                  mailboxes of which nothing may be lost
  blobs list                           stored messages that are missing, corrupt or needed no more
  runner list|drain|undrain            processes that run mailboxes
  shard list|show|move|pin|unpin       buckets of mailboxes, and who has them
  rebalance plan|run|stop|reverse|show|list   even out what runners carry
  mailbox where|quarantine|release     where a mailbox is; shutting it

Options of every command (deliver, which talks SMTP: the first three alone)
  --output table|json                  how to print (default table)
  --server HOST:PORT                   where the server answers gRPC (default 127.0.0.1:9090)
  --port-offset N                      the offset that the server was started with
  --data DIR                           the server's data folder (default ./data)
  --as ADDRESS                         sign in as this user
  --token TOKEN                        sign in with a token; better in POSTROOM_TOKEN
  --help                               what a command does, with examples

On the server's machine nothing else is needed: the operator's token is read from the data folder. The operator
cannot read mail; for that sign in as the user. The demo users' password is found in the data folder, too.

Examples
  postroom user add 'user{0..99}@demo.test' --password secret
  postroom deliver letter.eml --to alice@demo.test

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 not allowed, 5 the server cannot be reached or is busy.
`
