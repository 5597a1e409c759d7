import type { ClientOptions } from '../../src/index.ts'

/** Options for a server in this process: short waits, so that tests are. */
export function near(server: { readonly host: string; readonly port: number }, options: object = {}): ClientOptions {
  const { host, port } = server
  return { host, port, responseTimeoutMs: 2000, backoff: { minMs: 1, maxMs: 5 }, ...options }
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
