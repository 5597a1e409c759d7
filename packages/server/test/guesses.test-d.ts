// What people write from memory: it only has to compile, and tsc says whether it does.

import { SourceServer, StreamServer } from '@datastreamer/server'
import { openReader, openStore } from '@datastreamer/store'

export async function serveAStore(): Promise<void> {
  await using store = await openStore({ file: 'data-stream.bin' })
  await using server = new StreamServer({ store })
  await server.listen(6900)
  await server.listen({ host: '0.0.0.0', port: 6900 })
  await server.listen()
  await using sources = new SourceServer({ store })
  await sources.listen(6901)
  await sources.listen({ host: '::1', port: 6901 })
}

export async function serveAFile(): Promise<void> {
  await using reader = await openReader({ file: 'data-stream.bin', follow: true })
  await using server = new StreamServer({ reader, maxConnections: 10 })
  await server.listen(6900)
  await using optional = new StreamServer({ reader, maxConnections: undefined })
  await optional.close()
}

// @ts-expect-error a stream is served, so one has to be given
new StreamServer({ maxConnections: 10 })
