import type { LogFilter } from '@datastreamer/era-history'
import { RpcCode, RpcError } from '../protocol/rpc-error.ts'
import { quantity } from '../text/hex.ts'
import type { LogLimits } from './method.ts'

/** Keeps a search for logs within its limits; an error names a range that would have been within them. */
export class LogBudget {
  readonly #filter: LogFilter
  readonly #limits: LogLimits
  readonly #timer: ReturnType<typeof setTimeout>
  #logs = 0
  #bytes = 0
  /** The last block up to which all was searched. */
  #searched: bigint | undefined

  /** @param onTimeout called with the error when the search took too long */
  constructor(filter: LogFilter, limits: LogLimits, onTimeout: (error: RpcError) => void) {
    this.#filter = filter
    this.#limits = limits
    const { maxSearchMs } = limits
    this.#timer = setTimeout(
      () => onTimeout(this.#tooMuch(`query takes longer than ${maxSearchMs / 1000} s`, maxSearchMs, this.#searched)),
      maxSearchMs,
    )
  }

  /** A log of a block takes so many bytes. @throws {RpcError} one too many */
  took(block: bigint, bytes: number): void {
    const { maxLogs, maxBytes } = this.#limits
    this.#logs++
    this.#bytes += bytes
    // What is too much for one block cannot be had by asking for less.
    const isDivisible = block > this.#filter.from
    const last = block - 1n
    if (this.#logs > maxLogs && isDivisible) {
      throw this.#tooMuch(`query returned more than ${maxLogs} results`, maxLogs, last)
    }
    if (this.#bytes <= maxBytes) return
    const what = `query returned more than ${maxBytes} bytes`
    throw isDivisible ? this.#tooMuch(what, maxBytes, last) : new RpcError(RpcCode.tooLarge, what)
  }

  /** All blocks up to this one were searched. */
  searched(block: bigint): void {
    if (this.#searched === undefined || block > this.#searched) this.#searched = block
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  /** @param fits the last block up to which it would not have been too much */
  #tooMuch(what: string, limit: number, fits: bigint | undefined): RpcError {
    const { from, to } = this.#filter
    if (from === to) return new RpcError(RpcCode.tooLarge, what)
    const last = fits === undefined || fits < from ? from : fits
    const range = { from: quantity(from), to: quantity(last) }
    const message = `${what}. Try with this block range [${range.from}, ${range.to}]`
    return new RpcError(RpcCode.badParams, message, { data: { ...range, limit } })
  }
}
