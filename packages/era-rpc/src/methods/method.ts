import type { History } from '@datastreamer/era-history'
import { type Param, readArguments } from '../params/values.ts'
import type { JsonText } from '../protocol/json-text.ts'
import type { Gate } from './gate.ts'
import type { Turns } from './turns.ts'

/** What bounds a search for logs. */
export interface LogLimits {
  /** Most logs that an answer has; those of one block are never too many. */
  readonly maxLogs: number
  /** Most bytes that an answer has. */
  readonly maxBytes: number
  /** Time that a search takes, ms. */
  readonly maxSearchMs: number
}

/** What methods answer from. */
export interface Sources {
  readonly history: History
  readonly chainId: bigint | undefined
  readonly clientVersion: string
  readonly totalDifficulty: boolean
  readonly logLimits: LogLimits
  /** Searches for logs, of all clients. */
  readonly searches: Gate
  /** Calls that read blocks, of all clients. */
  readonly readers: Gate
}

/** What a call has besides its arguments. */
export interface Call extends Sources {
  readonly turns: Turns
  /** Who asks. */
  readonly client: object
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal
  /** The result of work, if somebody still wants the answer then. @throws the reason of {@link signal} */
  race<T>(work: PromiseLike<T>): Promise<T>
}

/** Answers calls of a method. @throws {RpcError} */
export type Method = (call: Call, params: readonly unknown[]) => JsonText | Promise<JsonText>

export type MethodTable = Readonly<Record<string, Method>>

type ValuesOf<P extends readonly Param<unknown>[]> = { [K in keyof P]: P[K] extends Param<infer T> ? T : never }

/** A method by what it takes and what it answers. */
export function method<const P extends readonly Param<unknown>[]>(
  params: P,
  run: (call: Call, ...values: ValuesOf<P>) => JsonText | Promise<JsonText>,
): Method {
  return (call, given) => run(call, ...readArguments(params, given))
}

/** Methods that read blocks: a few of their calls work at a time, since each holds a block and what is made of it. */
export function reading(table: MethodTable): MethodTable {
  const bounded = ([name, run]: [string, Method]): [string, Method] => [
    name,
    (call, params) => call.readers.pass(call, () => call.race(Promise.resolve(run(call, params)))),
  ]
  return Object.fromEntries(Object.entries(table).map(bounded))
}

/** JSON of what is not there. */
export const NULL = 'null'
