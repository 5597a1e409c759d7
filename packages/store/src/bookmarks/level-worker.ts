// Runs in a thread of its own, from the sources as well as from the bundle: nothing from other packages of the
// workspace may be imported here.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { ClassicLevel } from 'classic-level'
import { isFull } from '../disk/is-full.ts'
import { checkClosed, checkTables, LookUpCheck, UNFINISHED_FILE } from './level-check/check.ts'
import type { LevelFailure, LevelReply, LevelRequest, LevelWorkerData } from './level-messages.ts'
import { clear, failureOf, type Level, openLevel, probe, syncFolder } from './open-level.ts'
import { decodeNumber, fillBatch } from './slot-batch.ts'
import { MAX_KEY_BYTES } from './slots.ts'

/** Sorts after every key of 16 bytes, so it is never that of a bookmark. */
const AFTER_ALL_KEYS = new Uint8Array(MAX_KEY_BYTES + 1).fill(0xff)

/** Time between two checks of all tables, and before each table in such a check but the first. */
const CHECK_PERIOD_MS = 3_600_000
const CHECK_PAUSE_MS = 200

class LevelWorker {
  readonly #level: Level
  /** How to open LevelDB, until it is open. */
  #unopened: LevelWorkerData | undefined
  #writes: Promise<void> = Promise.resolve()
  #failed = false
  #synced = true
  /** Look-ups wait for it. */
  #reopening: Promise<void> | undefined
  readonly #checks = new AbortController()
  #lookUps: LookUpCheck

  /** @param unopened how to open LevelDB, if that was not possible yet */
  constructor(level: Level, unopened: LevelWorkerData | undefined) {
    this.#level = level
    this.#unopened = unopened
    this.#lookUps = new LookUpCheck(level.location)
    void this.#checkAgainAndAgain()
  }

  /** Check all tables, now and every hour. */
  async #checkAgainAndAgain(): Promise<void> {
    const { signal } = this.#checks
    for (let pauseMs = 0; !signal.aborted; pauseMs = CHECK_PAUSE_MS) {
      try {
        await checkTables(this.#level.location, pauseMs, signal)
      } catch (error) {
        if (!signal.aborted && failureOf(error).code === 'LEVEL_CORRUPTION') {
          send({ t: 'damaged', failure: failureOf(error) })
        }
      }
      await sleep(CHECK_PERIOD_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async handle(request: LevelRequest): Promise<void> {
    switch (request.t) {
      case 'write':
        this.#write(request.slots, request.count)
        return
      case 'get':
        await this.#reopening
        this.#get(request.id, request.key)
        return
      case 'reopen':
        await this.#answer(request.id, () => this.#reopen())
        return
      case 'sync':
        await this.#answer(request.id, () => this.#sync())
        return
      case 'renew':
        await this.#answer(request.id, () => this.#renew())
        return
      case 'finish':
        await this.#answer(request.id, () => this.#finish())
        return
      case 'close':
        this.#checks.abort()
        await this.#writes
        await this.#answer(request.id, () => this.#level.close())
        parentPort?.close()
    }
  }

  /** The batch is filled while the previous one is still being written. */
  #write(slots: SharedArrayBuffer, count: number): void {
    if (this.#failed) return
    this.#synced = false
    const batch = this.#level.batch()
    fillBatch(batch, new DataView(slots), count)
    this.#writes = this.#writes.then(async () => {
      if (this.#failed) return
      try {
        await batch.write()
        send({ t: 'written' })
      } catch (error) {
        this.#fail(error)
      }
    })
  }

  #get(id: number, key: Uint8Array): void {
    try {
      this.#lookUps.check(key)
      const found = this.#level.getSync(key)
      send({ t: 'answer', id, number: found && decodeNumber(found) })
    } catch (error) {
      send({ t: 'refused', id, failure: failureOf(error) })
    }
  }

  /**
   * A synced write alone covers only LevelDB's current journal: an earlier one may not be durable yet. So what is in memory
   * becomes a table, which LevelDB syncs. If that fails, the next write fails, or has everything in its journal.
   */
  async #sync(): Promise<void> {
    await this.#writes
    if (this.#synced) return
    this.#synced = true
    await this.#level.compactRange(AFTER_ALL_KEYS, AFTER_ALL_KEYS)
    await this.#level.del(AFTER_ALL_KEYS, { sync: true })
  }

  async #reopen(): Promise<void> {
    await this.#writes
    // While it is closed look-ups fail: only if reopening is likely to succeed.
    await probe(this.#level.location)
    this.#reopening = this.#closeAndOpen()
    try {
      await this.#reopening
    } finally {
      this.#reopening = undefined
    }
    this.#failed = false
    this.#synced = false
  }

  async #renew(): Promise<void> {
    await this.#writes
    await this.#level.close()
    await clear(this.#level.location)
    // Numbers of tables start over.
    this.#lookUps = new LookUpCheck(this.#level.location)
    await this.#level.open({ createIfMissing: true })
    this.#unopened = undefined
    this.#failed = false
    this.#synced = false
  }

  async #finish(): Promise<void> {
    await this.#sync()
    await rm(join(this.#level.location, UNFINISHED_FILE), { force: true })
    await syncFolder(this.#level.location)
  }

  async #closeAndOpen(): Promise<void> {
    await this.#level.close()
    if (this.#unopened !== undefined) {
      await openLevel(this.#level, this.#unopened)
      this.#unopened = undefined
      this.#lookUps = new LookUpCheck(this.#level.location)
      return
    }
    checkClosed(this.#level.location)
    // A removed folder must not come back empty.
    await this.#level.open({ createIfMissing: false })
  }

  async #answer(id: number, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      send({ t: 'answer', id })
    } catch (error) {
      send({ t: 'refused', id, failure: failureOf(error) })
    }
  }

  #fail(error: unknown): void {
    this.#failed = true
    send({ t: 'failed', failure: failureOf(error) })
  }
}

/** Open LevelDB, or find that the disk has no room for that yet. */
async function start(data: LevelWorkerData): Promise<void> {
  const options = { keyEncoding: 'view', valueEncoding: 'view', createIfMissing: data.createIfMissing }
  const level: Level = new ClassicLevel(data.folder, options)
  let failure: LevelFailure | undefined
  try {
    await openLevel(level, data)
  } catch (error) {
    failure = failureOf(error)
    if (!data.mayWait || !isFull(failure)) throw error
  }
  const worker = new LevelWorker(level, failure && data)
  parentPort?.on('message', (request: LevelRequest) => void worker.handle(request))
  send(failure === undefined ? { t: 'open' } : { t: 'waiting', failure })
}

function send(reply: LevelReply): void {
  parentPort?.postMessage(reply)
}

try {
  await start(workerData as LevelWorkerData)
} catch (error) {
  send({ t: 'failed', failure: failureOf(error) })
}
