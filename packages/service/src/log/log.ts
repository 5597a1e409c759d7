import type { LogEvent } from './log-events.ts'

/** Fields of a line. An `error` is written with its code and cause. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured log lines. `event` is one of the stable names, `message` is for people. */
export interface Log<Event extends string = LogEvent> {
  trace(event: Event, message: string, fields?: LogFields): void
  debug(event: Event, message: string, fields?: LogFields): void
  info(event: Event, message: string, fields?: LogFields): void
  warn(event: Event, message: string, fields?: LogFields): void
  error(event: Event, message: string, fields?: LogFields): void
  fatal(event: Event, message: string, fields?: LogFields): void
  /** Resolves when all is written, or cannot be in time. */
  end(): Promise<void>
}
