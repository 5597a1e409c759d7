import { FormatError } from '@datastreamer/format'
import {
  decodeSourceAnswer,
  encodeSourceRequest,
  MessageReader,
  type SourceAnswer,
  type SourceHello,
} from '@datastreamer/format/source'
import type { Clock, Timer } from '@datastreamer/runtime'
import type { Connection } from '../connection/connection.ts'
import { dial } from '../connection/dial.ts'
import { ProtocolError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { closingError } from './source-errors.ts'
import type { SourceSettings } from './source-options.ts'

const PING = encodeSourceRequest({ name: 'ping' })

/** What a server says to a source that it accepts. */
export type Welcome = Extract<SourceAnswer, { readonly name: 'welcome' }>
/** What a server answers to requests. */
export type RequestAnswer = Exclude<SourceAnswer, { readonly name: 'welcome' | 'ping' | 'closing' }>

/** One connection to a server that has accepted this source. docs/spec/source-protocol.md §3, §9. */
export class SourceLink {
  readonly welcome: Welcome
  readonly #connection: Connection
  readonly #reader: MessageReader<SourceAnswer>
  readonly #expectedEntries: () => bigint
  readonly #heartbeat: Timer | undefined

  private constructor(
    connection: Connection,
    reader: MessageReader<SourceAnswer>,
    welcome: Welcome,
    expectedEntries: () => bigint,
    clock: Clock,
  ) {
    this.#connection = connection
    this.#reader = reader
    this.welcome = welcome
    this.#expectedEntries = expectedEntries
    if (welcome.idleTimeoutMs > 0)
      this.#heartbeat = clock.every(welcome.idleTimeoutMs / 3, () => connection.write(PING))
  }

  /**
   * Dial and say who we are.
   *
   * @param expectedEntries says how many entries this source knows of, for errors
   * @throws {ConnectionError | ProtocolError | SourceRejectedError | SourceConflictError}
   */
  static async open(
    { dial: settings, sourceId, token }: SourceSettings,
    nextEntry: bigint | undefined,
    expectedEntries: () => bigint,
    signal: AbortSignal,
  ): Promise<SourceLink> {
    const connection = await dial(settings, signal)
    const unbind = connection.failOn(signal)
    try {
      const hello: SourceHello = { streamType: settings.streamType, nextEntry, sourceId, token }
      connection.write(encodeSourceRequest({ name: 'hello', ...hello }))
      const reader = new MessageReader(decodeSourceAnswer)
      const first = await firstMessage(connection, reader, settings, expectedEntries)
      if (first.name !== 'welcome') throw unexpected(first, 'a welcome')
      return new SourceLink(connection, reader, first, expectedEntries, settings.clock)
    } catch (error) {
      connection.fail(error)
      throw error
    } finally {
      unbind()
    }
  }

  /** Send messages in order. They are borrowed, and must not change. */
  send(messages: readonly Uint8Array[]): void {
    for (const bytes of messages) this.#connection.write(bytes)
  }

  /** Hand over every answer, until the connection fails: then it throws why. */
  async answers(take: (answer: RequestAnswer) => void): Promise<never> {
    const { idleTimeoutMs } = this.welcome
    const limit = idleTimeoutMs > 0 ? idleTimeoutMs : undefined
    for (;;) {
      const answer = next(this.#reader, this.#expectedEntries)
      // No promise for each answer: there are as many as operations.
      if (answer === undefined) await receive(this.#connection, this.#reader, limit)
      else if (answer.name === 'welcome') throw unexpected(answer, 'an answer')
      else if (answer.name !== 'ping') take(answer)
    }
  }

  /** End at once, with this error. */
  fail(error: unknown): void {
    this.#heartbeat?.cancel()
    this.#connection.fail(error)
  }

  /** End after what was sent. */
  async finish(): Promise<void> {
    this.#heartbeat?.cancel()
    await this.#connection.finish(new Uint8Array(0))
  }
}

/**
 * The answer to the hello. A server that waits for its disk sends pings before it; each gives it the time limit anew,
 * but no single byte does.
 */
async function firstMessage(
  connection: Connection,
  reader: MessageReader<SourceAnswer>,
  { clock, responseTimeoutMs }: Settings,
  expectedEntries: () => bigint,
): Promise<RequestAnswer | Welcome> {
  let deadline = clock.now() + responseTimeoutMs
  for (;;) {
    const message = next(reader, expectedEntries)
    if (message?.name === 'ping') deadline = clock.now() + responseTimeoutMs
    else if (message !== undefined) return message
    else await receive(connection, reader, deadline - clock.now(), `no welcome within ${responseTimeoutMs} ms`)
  }
}

/** Take in bytes that came, or wait for some. */
async function receive(
  connection: Connection,
  reader: MessageReader<SourceAnswer>,
  waitMs: number | undefined,
  missing?: string,
): Promise<void> {
  const chunk = connection.take()
  if (chunk === undefined) await connection.wait(waitMs, missing)
  else reader.push(chunk)
}

/** The next message that is there. @throws what the server closes for */
function next(
  reader: MessageReader<SourceAnswer>,
  expectedEntries: () => bigint,
): Exclude<SourceAnswer, { readonly name: 'closing' }> | undefined {
  const message = decode(reader)
  if (message?.name === 'closing') throw closingError(message, expectedEntries())
  return message
}

function decode(reader: MessageReader<SourceAnswer>): SourceAnswer | undefined {
  try {
    return reader.read()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new ProtocolError('BAD_PACKET', `the server sent what is no message: ${error.message}`, { cause: error })
  }
}

/** The error for an answer that stands where another should. */
export function unexpected(answer: SourceAnswer, expected: string): ProtocolError {
  return new ProtocolError('UNEXPECTED_PACKET', `the server sent "${answer.name}" instead of ${expected}`)
}
