import type { ExtensionCommand, ExtensionName } from '@datastreamer/format'
import type { Clock } from '@datastreamer/runtime'
import type { Channel } from '../connection/channel.ts'
import { ConnectionError, ServerRefusedError, UnsignedStreamError } from '../errors.ts'

/** How long a server is not asked again for what ended a connection. */
const REMEMBERED_MS = 600_000

/** Extensions that are worth nothing if asking for them costs the connection: one that is left open counts as refused. */
const OPTIONAL: ReadonlySet<ExtensionName> = new Set(['compression'])

/** Which extensions the server of a client does without, since asking for them ended a connection; for a while. */
export class MissingExtensions {
  readonly #clock: Clock
  readonly #until = new Map<ExtensionName, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(name: ExtensionName): boolean {
    return this.#clock.now() < (this.#until.get(name) ?? Number.NEGATIVE_INFINITY)
  }

  add(names: Iterable<ExtensionName>): void {
    for (const name of names) this.#until.set(name, this.#clock.now() + REMEMBERED_MS)
  }
}

/** What a connection is to be asked for. */
export interface WantedExtensions {
  /** In this order. */
  readonly commands: readonly ExtensionCommand[]
  /** What is known of them. */
  readonly missing: MissingExtensions
  /** Whether signatures are not to be done without. */
  readonly needsSignatures: boolean
}

/**
 * Asks for extensions on one connection. A server that refuses one may go on, or close. docs/spec/protocol.md §7, §10
 * and §11.
 */
export class ExtensionRequests {
  readonly #wanted: WantedExtensions
  readonly #missing: MissingExtensions
  readonly #granted = new Set<ExtensionName>()
  readonly #refused = new Set<ExtensionName>()
  /** The one that was asked for, and not answered. */
  #open: ExtensionName | undefined

  constructor(wanted: WantedExtensions) {
    this.#wanted = wanted
    this.#missing = wanted.missing
  }

  /**
   * Ask, one after the other, for all that is wanted and not known to be missing.
   *
   * @param commands those of what is wanted that are worth asking for on this connection
   * @returns those that the server has
   * @throws {UnsignedStreamError} `NOT_SIGNED` if signatures are needed and refused
   * @throws as {@link Channel.request}, but not for another refusal
   */
  async ask(channel: Channel, commands: readonly ExtensionCommand[]): Promise<ReadonlySet<ExtensionName>> {
    for (const command of commands) {
      const { name } = command
      const isNeeded = name === 'signatures' && this.#wanted.needsSignatures
      if ((this.#missing.has(name) && !isNeeded) || this.#isPointless(name)) continue
      this.#open = name
      try {
        // A server that does not know the types could not tell where they end.
        if (name === 'entryTypes') await channel.request({ name: 'filters' })
        await channel.request(command)
        this.#granted.add(name)
      } catch (error) {
        if (!(error instanceof ServerRefusedError)) throw error
        if (isNeeded) throw notSigned(error)
        this.#refused.add(name)
      }
      this.#open = undefined
    }
    return this.#granted
  }

  /** The connection failed before it streamed: says whether another one, on which less is asked for, is to be dialled at once. */
  failed(error: unknown): boolean {
    if (!(error instanceof ConnectionError)) return false
    const isRefusal = this.#refused.size > 0 && (error.code === 'CLOSED' || error.code === 'RESET')
    if (isRefusal) this.#missing.add(this.#refused)
    else if (this.#open !== undefined && OPTIONAL.has(this.#open)) this.#missing.add([this.#open])
    return isRefusal
  }

  /** Entries of some types are neither compressed nor signed. */
  #isPointless(name: ExtensionName): boolean {
    return (name === 'compression' || name === 'signatures') && this.#granted.has('entryTypes')
  }
}

function notSigned(cause: ServerRefusedError): UnsignedStreamError {
  const message = `the server does not sign its stream, or has no signatures to pass on: ${cause.message}`
  return new UnsignedStreamError('NOT_SIGNED', message, { cause })
}
