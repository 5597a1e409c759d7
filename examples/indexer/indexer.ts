import { DatabaseSync } from 'node:sqlite'
import { StreamClient } from '@datastreamer/client'

const [address = '127.0.0.1:6900', file = 'blocks.sqlite'] = process.argv.slice(2)

const db = new DatabaseSync(file)
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS blocks (number INTEGER PRIMARY KEY, entry INTEGER, hash BLOB, transactions INTEGER, checkpoint TEXT);
  CREATE INDEX IF NOT EXISTS checkpoints ON blocks (number) WHERE checkpoint IS NOT NULL;`)
const checkpoints = db.prepare('SELECT checkpoint FROM blocks WHERE checkpoint IS NOT NULL').all()
const insert = db.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?)')
// Of the checkpoints, keep the fewer the older they are: block n keeps its own for as long as it is not further behind
// than 8 times the highest power of 2 that divides n.
const thinOut = db.prepare(`UPDATE blocks SET checkpoint = NULL
  WHERE checkpoint IS NOT NULL AND number > 0 AND ? - number > 8 * (number & -number)`)
const remove = db.prepare('DELETE FROM blocks WHERE entry >= ?')
const restore = db.prepare('UPDATE blocks SET checkpoint = ? WHERE number = (SELECT max(number) FROM blocks)')

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort())

await using client = new StreamClient(address)
const after = checkpoints.map(({ checkpoint }) => String(checkpoint))
for await (const event of client.blockEvents({ after, signal: stop.signal, onAbort: 'return' })) {
  db.exec('BEGIN')
  if (event.kind === 'rewound') {
    remove.run(event.nextEntry)
    restore.run(event.to ?? null)
  } else {
    const { number, entryNumber, hash, transactions, checkpoint } = event.block
    insert.run(number, entryNumber, hash, transactions.length, checkpoint)
    thinOut.run(number)
  }
  db.exec('COMMIT')
}
db.close()
