import type { CompressedRun } from './compressed-run.ts'

/** What a run is counted for beside its bytes. */
const OVERHEAD_BYTES = 512

type Found = CompressedRun | Promise<CompressedRun | undefined>

/** The compressed runs that were wanted last, and those that are being compressed, of one epoch of the log. */
export class RunCache {
  /** The one that was wanted least recently is the first. */
  readonly #runs = new Map<string, Found>()
  readonly #maxBytes: number
  #bytes = 0
  #epoch = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A run, or the promise of one. */
  get(key: string, epoch: number): Found | undefined {
    this.#moveTo(epoch)
    const found = this.#runs.get(key)
    if (found === undefined) return undefined
    this.#runs.delete(key)
    this.#runs.set(key, found)
    return found
  }

  /** Keep a run that is being made, unless none comes of it. */
  put(key: string, epoch: number, made: Promise<CompressedRun | undefined>): void {
    this.#moveTo(epoch)
    this.#runs.set(key, made)
    void made.then((run) => {
      if (this.#runs.get(key) !== made) return
      if (run === undefined) {
        this.#runs.delete(key)
        return
      }
      this.#runs.set(key, run)
      this.#bytes += costOf(run)
      this.#shrink()
    })
  }

  clear(): void {
    this.#runs.clear()
    this.#bytes = 0
  }

  #moveTo(epoch: number): void {
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.clear()
  }

  #shrink(): void {
    for (const [key, run] of this.#runs) {
      if (this.#bytes <= this.#maxBytes) return
      if (run instanceof Promise) continue
      this.#runs.delete(key)
      this.#bytes -= costOf(run)
    }
  }
}

function costOf({ packet }: CompressedRun): number {
  return OVERHEAD_BYTES + (packet?.length ?? 0)
}
