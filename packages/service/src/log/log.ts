/** Fields of a line. An `error` is written with its code and cause. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured log lines. `event` is a stable name in kebab-case, `message` is for people. */
export interface Log {
  trace(event: string, message: string, fields?: LogFields): void
  debug(event: string, message: string, fields?: LogFields): void
  info(event: string, message: string, fields?: LogFields): void
  warn(event: string, message: string, fields?: LogFields): void
  error(event: string, message: string, fields?: LogFields): void
  fatal(event: string, message: string, fields?: LogFields): void
  /** Resolves when all is written, or cannot be in time. */
  end(): Promise<void>
}
