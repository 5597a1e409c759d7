import { pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { escapeControls } from '../text/escape-controls.ts'
import { forPeople } from './for-people.ts'
import { limitLines } from './line-limit.ts'
import type { Log, LogFields } from './log.ts'
import { StderrWriter } from './stderr-writer.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'pretty' | 'json'
  /** Colours in `pretty` (default: if standard error is a terminal). */
  readonly color?: boolean | undefined
  /** Where lines go (default: standard error). */
  readonly write?: ((line: string) => void) | undefined
}

/**
 * A log on standard error. Lines never hold the service up: whoever reads them slowly loses some, and of each event only
 * so many are written in a second (`limitLines`), the rest counted. What they hold from outside begins no line of its own
 * and gives no commands to a terminal.
 */
export function createLog({ level, format, color = process.stderr.isTTY, write }: LogOptions): Log<string> {
  const waiting = write === undefined ? new StderrWriter() : undefined
  const out = write ?? ((line: string) => waiting?.write(line))
  const prettify = prettyFactory({
    errorLikeObjectKeys: [],
    colorize: color,
    ignore: 'pid,hostname,event',
    singleLine: true,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
  })
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorFields },
    },
    { write: (line: string) => out(format === 'pretty' ? prettify(forPeople(line)) : escapeJson(line)) },
  )
  const at = (name: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') => {
    return (event: string, message: string, fields: LogFields = {}) => logger[name]({ event, ...fields }, message)
  }
  return limitLines({
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    end: async () => waiting?.end(),
  })
}

/** A line of JSON, in which that writes some controls as they are. */
function escapeJson(line: string): string {
  return `${escapeControls(line.trimEnd())}\n`
}

/** Longest text that a line takes from an error. */
const MAX_TEXT = 2000

/** An error as fields: its message, code and causes; the stack only where it has no code, and so was not foreseen. */
export function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return clip(String(error))
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown }
  return {
    type: error.name,
    message: clip(error.message),
    ...(code === undefined ? { stack: clip(error.stack ?? '') } : { code }),
    ...(cause === undefined || depth >= 3 ? {} : { cause: errorFields(cause, depth + 1) }),
  }
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text
}
