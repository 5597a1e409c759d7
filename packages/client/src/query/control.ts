import { abortable } from '../abortable.ts'
import { Channel } from '../connection/channel.ts'
import { ConnectionError } from '../errors.ts'
import type { Settings } from '../options.ts'

/**
 * One connection for questions, dialled when it is needed. Questions may be asked at the same time; they go out one after
 * the other, so an answer never meets another's question. Any failure drops the connection: what it would answer next
 * is unknown.
 */
export class ControlConnection {
  readonly #settings: Settings
  #channel: Channel | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Ask in turn. A question that meets a connection that has died meanwhile is asked once more on a new one. */
  async query<T>(ask: (channel: Channel) => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#last
    let release: () => void = () => undefined
    const done = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#last = before.then(() => done)
    try {
      await abortable(before, signal)
      return await this.#ask(ask, signal)
    } finally {
      release()
    }
  }

  /** End the connection at once. */
  fail(error: unknown): void {
    this.#channel?.connection.fail(error)
  }

  /** Close the connection in order. */
  async close(): Promise<void> {
    await this.#channel?.connection.finish(new Uint8Array(0))
  }

  async #ask<T>(ask: (channel: Channel) => Promise<T>, signal: AbortSignal): Promise<T> {
    const open = this.#channel
    if (open !== undefined && !open.connection.ended) {
      try {
        return await this.#askOn(open, ask, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof ConnectionError)) throw error
      }
    }
    return this.#askOn(await Channel.dial(this.#settings, signal), ask, signal)
  }

  async #askOn<T>(channel: Channel, ask: (channel: Channel) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#channel = channel
    const unbind = channel.connection.failOn(signal)
    try {
      return await ask(channel)
    } catch (error) {
      channel.connection.fail(error)
      throw error
    } finally {
      unbind()
    }
  }
}

/** Ask on a connection of its own, which is closed after the answer. */
export async function askOnce<T>(
  settings: Settings,
  ask: (channel: Channel) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const control = new ControlConnection(settings)
  try {
    return await control.query(ask, signal)
  } finally {
    await control.close()
  }
}
