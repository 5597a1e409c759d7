import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeEntry, ENTRY_HEAD_BYTES } from '@datastreamer/format'
import type { Fsync, StreamReader } from '@datastreamer/store'
import { openReader, openStore } from '@datastreamer/store'
import { LogCursor } from '@datastreamer/store/log'
import { type Random, randomFrom } from '@datastreamer/store/testing'
import { packetsIn, RawClient } from '../tcp-client.ts'
import { bookmarkOf, endOf, entryOf, operationsIn, sizeOf } from './operations.ts'

export interface KillOptions {
  readonly file: string
  readonly fsync: Fsync
  /** Threads that its server has for clients. */
  readonly readerThreads: number
  readonly seed: number
  readonly kills: number
}

/**
 * Let one process after the other write the same file and kill each at some moment; after each, check that all is there
 * that it answered for or that a reader of it had received, and at most whole operations more. Returns the number of
 * operations that were committed in all.
 */
export async function killWriters({ file, fsync, seed, kills, readerThreads }: KillOptions): Promise<number> {
  const victim = new Victim({ file, fsync, readerThreads }, randomFrom(seed))
  let committed = 0
  for (let kill = 1; kill <= kills; kill++) {
    committed += await victim.kill().catch((cause: unknown) => {
      throw new Error(`seed ${seed}, fsync ${fsync}, after kill ${kill}`, { cause })
    })
  }
  return committed
}

/** A stream file whose writers are killed, one after the other. */
class Victim {
  readonly #file: string
  readonly #fsync: Fsync
  readonly #readerThreads: number
  readonly #random: Random
  /** Operations that were checked before. */
  #checked = 0

  constructor({ file, fsync, readerThreads }: Pick<KillOptions, 'file' | 'fsync' | 'readerThreads'>, random: Random) {
    this.#file = file
    this.#fsync = fsync
    this.#readerThreads = readerThreads
    this.#random = random
  }

  /** Let a writer run, kill it at some moment, and check what it leaves. Returns the operations it committed. */
  async kill(): Promise<number> {
    const { answered, received } = await this.#runAndKill()
    // It may have been killed before it made the file.
    if (answered === 0 && received === 0 && !existsSync(this.#file)) return 0
    await using reader = await openReader({ file: this.#file })
    await this.#check(reader, Math.max(answered, received))
    await reader.close()
    await using store = await openStore({ file: this.#file })
    const operations = await this.#check(store, Math.max(answered, received))
    const committed = operations - this.#checked
    this.#checked = operations
    return committed
  }

  /** What was answered to the writer, and what a reader had received, in entries, when it was killed. */
  async #runAndKill(): Promise<{ answered: number; received: number }> {
    const said = `${this.#file}.said`
    const output = openSync(said, 'w')
    const writer = new URL('./writer.ts', import.meta.url).pathname
    const args = ['--conditions=@datastreamer/source', writer, this.#file, this.#fsync, String(this.#readerThreads)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', output, 'inherit', 'ipc'] })
    closeSync(output)
    try {
      // Some die while they open the file, the others while they write.
      const early = this.#random.chance(0.2)
      const port = early ? undefined : await portOf(child, said)
      using client = port === undefined ? undefined : await RawClient.connect(port)
      client?.send({ name: 'start', fromEntryNumber: BigInt(endOf(this.#checked)) })
      await sleep(this.#random.int(0, early ? 600 : 250))
      if (child.exitCode !== null) throw new Error(`the writer ended with status ${child.exitCode}`)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const answered = linesOf(said).findLast((line) => line.startsWith('committed '))
      return {
        answered: Number(answered?.split(' ')[1] ?? 0),
        received: client === undefined ? 0 : lastEntry(await client.rest()) + 1,
      }
    } finally {
      child.kill('SIGKILL')
      rmSync(said)
    }
  }

  /** @param atLeast entries that must be there: they were answered for, or seen */
  async #check(reader: StreamReader, atLeast: number): Promise<number> {
    const total = Number(reader.getHeader().totalEntries)
    if (total < atLeast) throw new Error(`${total} entries, but ${atLeast} were committed`)
    const operations = operationsIn(total)
    if (operations < 0) throw new Error(`${total} entries end inside an operation`)
    await this.#checkEntries(reader, operations)
    for (let i = 0; i < 40; i++) {
      const k = Math.max(0, i < 20 ? operations - 1 - i : this.#random.int(0, operations))
      const found = await reader.getBookmark(bookmarkOf(k))
      const expected = k < operations ? BigInt(endOf(k)) : undefined
      if (found !== expected) throw new Error(`bookmark ${k} of ${operations} is at ${found}, expected ${expected}`)
    }
    return operations
  }

  /** The entries that no check has seen yet. */
  async #checkEntries({ log }: StreamReader, operations: number): Promise<void> {
    let k = this.#checked
    let index = 0
    const cursor = new LogCursor(log, k === 0 ? 0 : endOf(k))
    while (k < operations) {
      const run = await cursor.next()
      if (run === undefined) throw new Error(`entry ${cursor.number} was truncated`)
      let { number } = run
      for (let offset = 0; offset < run.bytes.length; number++) {
        const found = decodeEntry(run.bytes, offset)
        const { type, data } = entryOf(k, index, number)
        const isSame = found?.type === type && found.number === BigInt(number)
        if (!isSame || Buffer.compare(found.data, data) !== 0) throw new Error(`entry ${number} is not what was added`)
        offset += ENTRY_HEAD_BYTES + data.length
        if (++index === sizeOf(k)) {
          k++
          index = 0
        }
      }
    }
  }
}

async function portOf(child: ChildProcess, said: string): Promise<number> {
  for (;;) {
    const [first] = linesOf(said)
    if (first?.startsWith('port ')) return Number(first.split(' ')[1])
    if (child.exitCode !== null) throw new Error(`the writer ended with status ${child.exitCode}`)
    await sleep(5)
  }
}

/** Whole lines only. */
function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

/** Number of the last entry that came whole, or -1. */
function lastEntry(bytes: Uint8Array): number {
  const last = packetsIn(bytes).findLast((packet) => packet.startsWith('entry '))
  return Number(last?.split(' ')[1] ?? -1)
}
