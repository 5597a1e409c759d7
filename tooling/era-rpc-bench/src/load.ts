import { connect } from 'node:net'

/** What a load came to. */
export interface LoadResult {
  readonly calls: number
  readonly seconds: number
  readonly bytes: number
  /** Milliseconds from a call to the end of its answer. */
  readonly p50: number
  readonly p99: number
}

export interface LoadOptions {
  readonly connections: number
  readonly seconds: number
}

/** Send calls over connections that are kept, on each one after the other is answered. */
export async function load(port: number, bodies: readonly string[], options: LoadOptions): Promise<LoadResult> {
  const { connections, seconds } = options
  const times: number[] = []
  let bytes = 0
  const begin = performance.now()
  const end = begin + seconds * 1000
  const one = (first: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      socket.setNoDelay(true)
      let next = first
      let sentAt = 0
      let head = ''
      let missing = -1
      const send = (): void => {
        if (performance.now() > end) {
          socket.end()
          resolve()
          return
        }
        const body = bodies[next++ % bodies.length] ?? ''
        head = ''
        missing = -1
        sentAt = performance.now()
        socket.write(
          `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        )
      }
      const take = (chunk: Buffer): void => {
        bytes += chunk.length
        if (missing < 0) {
          head += chunk.toString('latin1')
          const at = head.indexOf('\r\n\r\n')
          if (at < 0) return
          const [, length] = /content-length: (\d+)/i.exec(head) ?? []
          // What comes in chunks ends with an empty one.
          missing = length === undefined ? Number.POSITIVE_INFINITY : Number(length) - (head.length - at - 4)
        } else missing -= chunk.length
        const isLast = missing === Number.POSITIVE_INFINITY && chunk.subarray(-5).toString('latin1') === '0\r\n\r\n'
        if (missing > 0 && !isLast) return
        times.push(performance.now() - sentAt)
        send()
      }
      socket.on('connect', send).on('data', take).on('error', reject)
    })
  await Promise.all(Array.from({ length: connections }, (_, at) => one(at * 7919)))
  times.sort((a, b) => a - b)
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? 0
  return { calls: times.length, seconds: (performance.now() - begin) / 1000, bytes, p50: at(0.5), p99: at(0.99) }
}
