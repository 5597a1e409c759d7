import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { folderLocation, nativeSnappy } from '@datastreamer/e2store/node'
import { openHistory } from '@datastreamer/era-history'
import { Rpc } from '@datastreamer/era-rpc'
import { RpcServer } from '@datastreamer/era-rpc/node'

// A server in a process of its own: `server.ts FOLDER`, or without one a responder that answers all with the same.

const [folder] = process.argv.slice(2)
const port = folder === undefined ? await startEmpty() : await startOurs(folder)
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage().rss }))
process.once('disconnect', () => process.exit())
process.send?.({ port })

async function startOurs(folder: string): Promise<number> {
  const codec = await nativeSnappy()
  const history = await openHistory([folderLocation(folder)], codec === undefined ? {} : { archive: { codec } })
  const server = await RpcServer.listen(new Rpc(history, { chainId: 1n }), { port: 0 })
  return server.address.port
}

/** The least that a JSON-RPC server over `node:http` can do: read the call, answer it. */
function startEmpty(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly id: number }
      const body = JSON.stringify({ jsonrpc: '2.0', id, result: '0x1' })
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
      response.end(body)
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
