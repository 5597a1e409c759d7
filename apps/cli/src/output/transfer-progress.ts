import type { WriteStream } from 'node:tty'
import { bytesText, durationText } from './amounts.ts'

/** The rate is that of the last so many milliseconds. */
const WINDOW_MS = 15_000
const INTERVAL_MS = 250
/** Where there is no terminal, a line is enough every so many milliseconds. */
const LINE_INTERVAL_MS = 60_000
const BAR = 20

/** How far a transfer is. */
export interface TransferState {
  readonly bytes: number
  /** `undefined` if it is not known. */
  readonly totalBytes: number | undefined
  readonly files: number
  readonly totalFiles: number
}

/**
 * How far a transfer is, how fast, and how long it will take: on a terminal a line that is written over and over, elsewhere
 * a line a minute.
 */
export class TransferProgress implements Disposable {
  readonly #stream: WriteStream
  readonly #note: (line: string) => void
  /** Bytes at some times. */
  readonly #samples: { readonly at: number; readonly bytes: number }[] = []
  readonly #timer: NodeJS.Timeout
  readonly #now: () => number
  #state: TransferState
  #isShown = false

  /** @param note writes a line where there is no terminal */
  constructor(
    state: TransferState,
    note: (line: string) => void,
    stream: WriteStream = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.#state = state
    this.#note = note
    this.#stream = stream
    this.#now = now
    this.#samples.push({ at: now(), bytes: state.bytes })
    this.#timer = setInterval(() => this.#tick(), stream.isTTY ? INTERVAL_MS : LINE_INTERVAL_MS)
    this.#timer.unref()
  }

  update(state: TransferState): void {
    this.#state = state
  }

  /** `12 of 1,897 files  4.1 of 458 GB  52.3 MB/s  2:25:07 left`. */
  text(): string {
    const { bytes, totalBytes, files, totalFiles } = this.#state
    const rate = this.#rate()
    const amount = totalBytes === undefined ? bytesText(bytes) : `${bytesText(bytes)} of ${bytesText(totalBytes)}`
    const left = totalBytes === undefined || rate <= 0 ? [] : [`${durationText((totalBytes - bytes) / rate)} left`]
    return [`${files} of ${totalFiles} files`, amount, `${bytesText(rate)}/s`, ...left].join('  ')
  }

  /** Take the line away, so that others can be written. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K')
    this.#isShown = false
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.clear()
  }

  #tick(): void {
    const now = this.#now()
    this.#samples.push({ at: now, bytes: this.#state.bytes })
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift()
    if (!this.#stream.isTTY) {
      this.#note(this.text())
      return
    }
    const { bytes, totalBytes } = this.#state
    const part = totalBytes ? Math.min(1, bytes / totalBytes) : 0
    const filled = Math.floor(part * BAR)
    const bar = `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}] ${String(Math.floor(part * 100)).padStart(3)}%`
    const line = `${bar}  ${this.text()}`
    this.#stream.write(`\r${line.slice(0, Math.max(20, (this.#stream.columns || 80) - 1))}\x1b[K`)
    this.#isShown = true
  }

  /** Bytes a second. */
  #rate(): number {
    const first = this.#samples[0]
    const ms = first === undefined ? 0 : this.#now() - first.at
    return first === undefined || ms < 1 ? 0 : Math.max(0, (this.#state.bytes - first.bytes) / (ms / 1000))
  }
}
