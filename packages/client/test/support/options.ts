import type { ClientOptions } from '../../src/index.ts'

/** Options for a server in this process: it is dialled again at once, and has all the time that a busy machine may need. */
export function near(server: { readonly host: string; readonly port: number }, options: object = {}): ClientOptions {
  const { host, port } = server
  return { host, port, responseTimeoutMs: 20_000, backoff: { minMs: 1, maxMs: 5 }, ...options }
}

/** All that comes. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The error that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('did not fail')
}
