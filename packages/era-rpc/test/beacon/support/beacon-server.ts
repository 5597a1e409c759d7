import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Location } from '@datastreamer/e2store/location'
import { BeaconApi, BeaconArchive, type BeaconArchiveOptions, beaconHandler } from '../../../src/beacon.ts'

export interface BeaconServer extends AsyncDisposable {
  readonly url: string
  readonly archive: BeaconArchive
  readonly faults: readonly unknown[]
  get(path: string, accept?: string, method?: string): Promise<Response>
}

/** The Beacon API over a location, on a port that is free. */
export async function serveBeacon(location: Location, options: BeaconArchiveOptions = {}): Promise<BeaconServer> {
  const archive = await BeaconArchive.open(location, options)
  const faults: unknown[] = []
  const handler = beaconHandler(new BeaconApi(archive, '1.2.3'), { onFault: (error) => faults.push(error) })
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    archive,
    faults,
    get: (path, accept, method = 'GET') => fetch(url + path, { method, headers: accept ? { accept } : {} }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await archive[Symbol.asyncDispose]()
    },
  }
}

export async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer())
}
