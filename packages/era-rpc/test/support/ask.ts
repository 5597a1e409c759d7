import type { Rpc } from '../../src/index.ts'

/** The text of an answer; `undefined` if there is none. */
export async function textOf(rpc: Rpc, message: string, signal?: AbortSignal): Promise<string | undefined> {
  const answer = await rpc.answer(message, signal && { signal })
  if (answer === undefined || typeof answer === 'string') return answer
  let text = ''
  for await (const part of answer) text += typeof part === 'string' ? part : new TextDecoder().decode(part)
  return text
}

/** An answer, as clients read it. */
export interface Answered {
  readonly jsonrpc: '2.0'
  readonly id: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

/** Call a method. */
export async function call(rpc: Rpc, method: string, ...params: readonly unknown[]): Promise<Answered> {
  return JSON.parse((await textOf(rpc, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) ?? '')
}

/** The result of a method that has to succeed. */
export async function resultOf(rpc: Rpc, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const { result, error } = await call(rpc, method, ...params)
  if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`)
  return result
}
