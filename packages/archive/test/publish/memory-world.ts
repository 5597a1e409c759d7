import { setImmediate as turn } from 'node:timers/promises'
import type { Random } from '@datastreamer/fixtures/random'
import { concatBytes } from '@datastreamer/format'
import type { HistoryObjects } from '../../src/publish/interim.ts'
import type { PublisherState } from '../../src/publish/publisher-state.ts'

/** The process died. */
export class Crash extends Error {
  override readonly name: string = 'Crash'
}

/** What a crash leaves of the write that it comes in. */
export type CrashKind = 'before' | 'after' | 'late'

export interface WorldSession {
  readonly objects: HistoryObjects
  readonly state: PublisherState
}

/** Objects of a history, and the state of a publisher, that outlive the process. */
export class MemoryWorld {
  readonly #random: Random
  objects: Map<string, Uint8Array> = new Map()
  state: Map<string, Uint8Array> = new Map()
  /** PUT requests that were sent before a crash and are not there yet. */
  #late: (readonly [string, Uint8Array])[] = []
  /** Called after every change of the objects. */
  onChange: (key: string) => void = () => {}
  /** Called before every call. */
  onCall: () => void = () => {}

  constructor(random: Random) {
    this.#random = random
  }

  set(key: string, bytes: Uint8Array): void {
    this.objects.set(key, bytes.slice())
    this.onChange(key)
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
        sizeOf: (key) => call().then(() => this.objects.get(key)?.length),
        put: (key, bytes) =>
          write(
            () => this.set(key, bytes),
            () => this.#late.push([key, bytes.slice()]),
          ),
      },
      state: {
        read: (name) => call().then(() => this.state.get(name)?.slice()),
        write: (name, chunks) => write(() => void this.state.set(name, concatBytes(chunks))),
        remove: (name) => write(() => void this.state.delete(name)),
      },
    }
  }
}
