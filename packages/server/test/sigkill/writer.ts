// A busy server: commits operations as fast as it can until it is killed, and says on its output what was answered.
import { writeSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { openStore } from '@datastreamer/store'
import { StreamServer } from '../../src/stream-server.ts'
import { endOf, entryOf, operationsIn, sizeOf } from './operations.ts'

/** Operations that may wait for the disk: enough that they are committed in groups. */
const MAX_WAITING = 64

const [file = '', fsync = 'commit', readerThreads = '0'] = process.argv.slice(2)
// Whoever started it was killed itself.
process.once('disconnect', () => process.exit())
// Written at once, to a file: what was said before a kill is there after it.
const say = (line: string): void => void writeSync(1, `${line}\n`)

const store = await openStore({ file, fsync: fsync as 'commit', fsyncIntervalMs: 5, tailPages: 2 })
const server = new StreamServer({ store, readerThreads: Number(readerThreads) })
await server.listen({ port: 0 })
say(`port ${server.address?.port}`)
let waiting = 0
for (let k = operationsIn(Number(store.getHeader().totalEntries)); ; k++) {
  store.startAtomicOp()
  const first = endOf(k)
  for (let index = 0; index < sizeOf(k); index++) {
    const { type, data } = entryOf(k, index, first + index)
    store.addStreamEntry(type, data)
  }
  waiting++
  void store.commitAtomicOp().then(({ nextEntry }) => {
    waiting--
    say(`committed ${nextEntry}`)
  })
  while (waiting >= MAX_WAITING) await turn()
}
