/** What the log may hold after a step. Entries are kept as text, see `textOf`. */
export interface Version {
  readonly entries: readonly string[]
  state: 'waiting' | 'acknowledged' | 'refused' | 'unknown'
}

/** What a log may hold, step by step. */
export class Versions {
  #all: Version[]
  /** First version that may be found after a power failure. */
  #floor = 0

  /** @param entries that it begins with (default: none) */
  constructor(entries: readonly string[] = []) {
    this.#all = [{ entries, state: 'acknowledged' }]
  }

  /** Add the log after one more step. */
  add(entries: readonly string[]): Version {
    const version: Version = { entries, state: 'waiting' }
    this.#all.push(version)
    return version
  }

  /** The last version that was acknowledged. */
  get acknowledged(): Version {
    return this.#all[this.#lastAcknowledged] as Version
  }

  /** Everything that was acknowledged is durable. */
  sealed(): void {
    this.#floor = this.#lastAcknowledged
  }

  /** No acknowledgement is pending any more. */
  abandon(): void {
    for (const version of this.#all) if (version.state === 'waiting') version.state = 'unknown'
  }

  /**
   * Check what was found when the log was reopened; from now on that is the only version.
   *
   * @param strict nothing that was acknowledged may be missing
   */
  settle(found: readonly string[], { strict }: { readonly strict: boolean }): void {
    const from = strict ? this.#lastAcknowledged : this.#floor
    const allowed = this.#all.filter(({ state }, i) => i >= from && state !== 'refused')
    if (!allowed.some(({ entries }) => sameTexts(entries, found))) {
      const lengths = allowed.map(({ entries }) => entries.length).join(' or ')
      throw new Error(`found ${found.length} entries, expected ${lengths}`)
    }
    this.#all.push({ entries: found, state: 'acknowledged' })
    this.#floor = this.#all.length - 1
  }

  /** Every entry that any version holds. */
  get everyEntry(): ReadonlySet<string> {
    return new Set(this.#all.flatMap(({ entries }) => entries))
  }

  get #lastAcknowledged(): number {
    return this.#all.findLastIndex(({ state }) => state === 'acknowledged')
  }
}

/** An entry as text that is cheap to keep and to compare: large data repeats one byte. */
export function textOf({ type, data }: { readonly type: number; readonly data: Uint8Array }): string {
  // Every byte equals its predecessor.
  const uniform = data.length > 16 && Buffer.compare(data.subarray(1), data.subarray(0, -1)) === 0
  return uniform ? `${type}:${data[0]}x${data.length}` : `${type}:${Buffer.from(data).toString('hex')}`
}

export function entryOf(text: string): { type: number; data: Uint8Array } {
  const [type, rest = ''] = text.split(':')
  const [byte, length] = rest.split('x')
  const data = length === undefined ? Buffer.from(rest, 'hex') : Buffer.alloc(Number(length), Number(byte))
  return { type: Number(type), data: new Uint8Array(data) }
}

export function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i])
}
