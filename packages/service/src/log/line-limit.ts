import type { Log } from './log.ts'

export interface LineLimitOptions {
  /** Lines of one event that are written within `windowMs` (default 50). */
  readonly maxLines?: number | undefined
  /** Milliseconds (default 1000). */
  readonly windowMs?: number | undefined
  /** The clock, in milliseconds. */
  readonly now?: (() => number) | undefined
}

interface Window {
  readonly since: number
  written: number
}

/**
 * Bound what a flood of one event (connections refused, commands that make no sense) writes: of each event so many
 * lines in a window; the first line of a later window says how many were left out before it.
 */
export function limitLines(log: Log<string>, options: LineLimitOptions = {}): Log<string> {
  const { maxLines = 50, windowMs = 1000, now = Date.now } = options
  const windows = new Map<string, Window>()
  const leftOut = (event: string): number | undefined => {
    const time = now()
    const window = windows.get(event)
    if (window === undefined || time - window.since >= windowMs || time < window.since) {
      windows.set(event, { since: time, written: 1 })
      return window === undefined ? 0 : Math.max(0, window.written - maxLines)
    }
    window.written++
    return window.written > maxLines ? undefined : 0
  }
  const limited = (name: 'trace' | 'debug' | 'info' | 'warn' | 'error'): Log<string>['info'] => {
    return (event, message, fields = {}) => {
      const omitted = leftOut(event)
      if (omitted !== undefined) log[name](event, message, omitted === 0 ? fields : { ...fields, omitted })
    }
  }
  return {
    trace: limited('trace'),
    debug: limited('debug'),
    info: limited('info'),
    warn: limited('warn'),
    error: limited('error'),
    fatal: log.fatal,
    end: log.end,
  }
}
