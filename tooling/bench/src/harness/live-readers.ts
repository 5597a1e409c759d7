import { NativeProcess } from './native.ts'

/** What `native/live.c` saw: times in µs. */
export interface LiveReport {
  readonly samples: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly gaps: number
  readonly repeats: number
  readonly closed: number
  readonly entries: number
  readonly fewest: number
  readonly pause: number
}

export interface LiveReadersOptions {
  /** Path of the compiled program. */
  readonly program: string
  readonly port: number
  readonly readers: number
  /** Entries of each operation, bookmark included, of which the last begins with the time of the commit. */
  readonly operationEntries: number
  /** Time from the first entry on in which nothing is counted. */
  readonly warmUpMs: number
}

/** Readers at the head of a stream, in one process. */
export class LiveReaders implements AsyncDisposable {
  /** Number of the first entry that they get. */
  readonly from: number
  readonly #process: NativeProcess
  readonly #readers: number

  private constructor(process: NativeProcess, readers: number, from: number) {
    this.#process = process
    this.#readers = readers
    this.from = from
  }

  /** Resolves when all are streaming. */
  static async join(options: LiveReadersOptions): Promise<LiveReaders> {
    const { program, port, readers, operationEntries, warmUpMs } = options
    const process = new NativeProcess(program, [port, readers, operationEntries, warmUpMs])
    const { from } = await process.next<{ readonly from: number }>()
    return new LiveReaders(process, readers, from)
  }

  /**
   * Wait until all have the entries before that one; then they leave.
   *
   * @throws {Error} if any of them got anything but these entries, in order, or nothing was counted
   */
  async receive(to: number): Promise<LiveReport> {
    this.#process.say(`to ${to}`)
    const report = await this.#process.next<LiveReport>()
    const fault = faultOf(report, this.#readers, to - this.from)
    if (fault !== undefined) throw new Error(`${fault}: ${JSON.stringify(report)}`)
    return report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}

/** What is wrong with what so many readers saw of so many entries, if anything. */
export function faultOf(report: LiveReport, readers: number, entries: number): string | undefined {
  if (report.closed > 0) return `${report.closed} of ${readers} readers were closed`
  if (report.gaps > 0 || report.repeats > 0) return `${report.gaps} entries were left out, ${report.repeats} repeated`
  if (report.fewest < entries) return `a reader got ${report.fewest} of ${entries} entries`
  if (report.samples === 0) return 'all of it was warm-up'
  return undefined
}
