import { readFileSync } from 'node:fs'

/** File descriptors that clients leave for files, upstreams and the admin endpoint. */
const MAX_SPARE = 128

/** How many descriptors this process may have (`ulimit -n`), or `undefined` if that cannot be told. */
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
 * Tells that descriptors run out before they have: a process without any closes its newcomers in a place where nobody
 * hears of it, and can open no file.
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
