import { setImmediate as turn } from 'node:timers/promises'
import { LocationError } from '@datastreamer/e2store/location'
import type { PutObjectOptions, WritableObjects } from '@datastreamer/e2store/objects'
import type { Random } from '@datastreamer/fixtures/random'
import { concatBytes } from '@datastreamer/format'
import type { PublisherState } from '../../src/publish/publisher-state.ts'
import { sameBytes } from '../../src/segment/point.ts'

/** The process died. */
export class Crash extends Error {
  override readonly name: string = 'Crash'
}

/** What a crash leaves of the write that it comes in. */
export type CrashKind = 'before' | 'after' | 'late'

export interface WorldSession {
  readonly objects: WritableObjects
  readonly state: PublisherState
}

/** Objects of a history, and the state of a publisher, that outlive the process. */
export class MemoryWorld {
  readonly #random: Random
  objects: Map<string, Uint8Array> = new Map()
  state: Map<string, Uint8Array> = new Map()
  /** PUT requests that were sent before a crash and are not there yet. */
  #late: (readonly [string, Uint8Array])[] = []
  /** Called after every change of what the history is. */
  onChange: () => void = () => {}
  /** Called before every call. */
  onCall: () => void = () => {}

  constructor(random: Random) {
    this.#random = random
  }

  set(key: string, bytes: Uint8Array): void {
    const before = this.objects.get(key)
    if (before !== undefined && sameBytes(before, bytes)) return
    this.objects.set(key, bytes.slice())
    // What nobody refers to yet changes nothing.
    if (before !== undefined || key === 'checkpoint') this.onChange()
  }

  #put(key: string, bytes: Uint8Array, kind: PutObjectOptions['kind']): void {
    const there = this.objects.get(key)
    if (kind === 'immutable' && there !== undefined && !sameBytes(there, bytes)) {
      throw new LocationError('CONFLICT', `${key}: other bytes are there`)
    }
    this.set(key, bytes)
  }

  #range(key: string, from: number, to: number, size: number | undefined): Uint8Array | undefined {
    const found = this.objects.get(key)
    if (found !== undefined && found.length !== size) throw new LocationError('BAD_ANSWER', `${key}: another size`)
    return found?.slice(from, to)
  }

  /** Whether requests are under way that the process that sent them does not know of any more. */
  get hasLate(): boolean {
    return this.#late.length > 0
  }

  /** Some of the late requests arrive. */
  deliver(all = false): void {
    this.#late = this.#late.filter(([key, bytes]) => {
      if (!all && this.#random(3) > 0) return true
      this.set(key, bytes)
      return false
    })
  }

  /** What a process works with, that dies at its write number `crashAt`. */
  session({ crashAt = Infinity, kind = 'before' }: { readonly crashAt?: number; readonly kind?: CrashKind } = {}): WorldSession & {
    readonly writes: () => number
  } {
    let writes = 0
    let isDead = false
    const call = async (): Promise<void> => {
      await turn()
      if (isDead) throw new Crash()
      this.onCall()
    }
    const write = async (apply: () => void, late?: () => void): Promise<void> => {
      await call()
      const dies = writes++ === crashAt
      isDead = dies
      if (!dies || kind === 'after') apply()
      else if (kind === 'late') late?.()
      if (dies) throw new Crash()
    }
    return {
      writes: () => writes,
      objects: {
        name: 'memory',
        get: (key) => call().then(() => this.objects.get(key)?.slice()),
        getRange: (key, from, to, options) => call().then(() => this.#range(key, from, to, options?.size)),
        put: (key, bytes, { kind }) =>
          write(
            () => this.#put(key, bytes, kind),
            () => this.#late.push([key, bytes.slice()]),
          ),
        [Symbol.asyncDispose]: async () => {},
      },
      state: {
        read: (name) => call().then(() => this.state.get(name)?.slice()),
        write: (name, chunks) => write(() => void this.state.set(name, concatBytes(chunks))),
        remove: (name) => write(() => void this.state.delete(name)),
      },
    }
  }
}
