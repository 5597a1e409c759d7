import { readFileSync } from 'node:fs'

/** File descriptors that clients leave for files, upstreams and the admin endpoint. */
const MAX_SPARE = 128

/** How many descriptors this process may have (`ulimit -n`), or `undefined` if the system does not say. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'ascii')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** Clients that a process with so many descriptors has room for. */
export function roomForClients(limit: number): number {
  return limit - Math.min(MAX_SPARE, Math.floor(limit / 4))
}

/**
 * Notices that descriptors run out before they have: in a process without any, the system closes new connections and
 * nobody hears of it, and no file can be opened.
 */
export class Descriptors {
  readonly #room: number

  constructor(limit: number | undefined = descriptorLimit()) {
    this.#room = limit === undefined ? Number.POSITIVE_INFINITY : roomForClients(limit)
  }

  /** Whether that of a socket that was just accepted is one of the last: the system gives the lowest that is free. */
  areShort(descriptor = 0): boolean {
    return descriptor >= this.#room
  }
}
