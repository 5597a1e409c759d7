import type { History } from '@datastreamer/era-history'
import type { CallReport } from '@datastreamer/era-rpc'
import { gauge, type Log, type ServiceContext, total, totals } from '@datastreamer/service'

/** Counts calls for `/metrics` and `/api/status`, and logs what failed by no fault of a client. */
export class CallCounts {
  readonly #log: Log
  readonly #calls: Record<string, number> = {}
  readonly #errors: Record<string, number> = {}
  #fromFallback = 0
  #seconds = 0

  constructor({ log, metrics }: Pick<ServiceContext, 'log' | 'metrics'>) {
    this.#log = log
    totals(metrics, 'datastreamer_rpc_calls_total', 'Calls that were answered', 'method', () => this.#calls)
    totals(
      metrics,
      'datastreamer_rpc_errors_total',
      'Calls that were answered with an error',
      'code',
      () => this.#errors,
    )
    total(metrics, 'datastreamer_rpc_seconds_total', 'Time that calls took', () => this.#seconds)
    const help = 'Calls whose answer is that of the fallback'
    total(metrics, 'datastreamer_rpc_fallback_answers_total', help, () => this.#fromFallback)
  }

  readonly onCall = ({ method, code, isFromFallback, durationMs, fault }: CallReport): void => {
    this.#calls[method] = (this.#calls[method] ?? 0) + 1
    this.#seconds += durationMs / 1000
    if (isFromFallback) this.#fromFallback++
    if (code !== undefined) this.#errors[code] = (this.#errors[code] ?? 0) + 1
    if (fault !== undefined) this.onFault(fault, method)
  }

  readonly onFault = (error: unknown, method?: string): void => {
    const what = method === undefined ? 'a request' : method
    this.#log.error('rpc-failed', `${what} failed: ${error instanceof Error ? error.message : String(error)}`, {
      error,
    })
  }

  readonly onFallbackFault = (error: unknown): void => {
    const why = error instanceof Error ? error.message : String(error)
    this.#log.warn('fallback-failed', `the fallback was asked in vain: ${why}`, { error })
  }

  get status(): object {
    return { calls: this.#calls, errors: this.#errors, answeredByFallback: this.#fromFallback }
  }
}

/** Show the head and the first block of what is served. */
export function showHistory(history: History, { metrics }: Pick<ServiceContext, 'metrics'>): void {
  const numberOf = (block: bigint | undefined): number | undefined => (block === undefined ? undefined : Number(block))
  gauge(metrics, 'datastreamer_history_head_block', 'Number of the last block', () => numberOf(history.head?.number))
  const help = 'Number of the lowest block'
  gauge(metrics, 'datastreamer_history_earliest_block', help, () => numberOf(history.earliest))
  gauge(metrics, 'datastreamer_history_runs', 'Runs of blocks without gaps', () => history.runs.length)
}
