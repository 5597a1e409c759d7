import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A web server with an index page that answers ranges, and what it was asked for. */
export interface StaticServer extends AsyncDisposable {
  readonly url: string
  readonly ranges: string[]
}

export async function serveStatic(files: ReadonlyMap<string, Uint8Array>): Promise<StaticServer> {
  const ranges: string[] = []
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '/').slice(1))
    const bytes = files.get(name)
    if (name === '') {
      response.setHeader('content-type', 'text/html')
      response.end([...files.keys()].map((each) => `<a href="${each}">${each}</a>`).join('\n'))
    } else if (!bytes) {
      response.writeHead(404).end()
    } else {
      const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
      const start = from === '' ? Math.max(0, bytes.length - Number(to)) : Number(from)
      const end = from === '' || to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1)
      ranges.push(`${name} ${request.headers.range}`)
      response.writeHead(206, {
        'content-length': end - start,
        'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
        etag: `"${bytes.length}"`,
      })
      response.end(request.method === 'HEAD' ? undefined : bytes.subarray(start, end))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ranges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
