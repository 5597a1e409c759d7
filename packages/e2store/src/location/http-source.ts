import { fileNameOf, parseAddress } from './http/address.ts'
import { RemoteServer } from './http/open-remote.ts'
import type { HttpLocationOptions } from './http-location.ts'
import type { OpenedFile, OpenOptions } from './location.ts'

/**
 * Open one file on a web server for random access, with one request to most servers. See `httpLocation`.
 *
 * @throws {LocationError} it is not there, the server gives no ranges, or what it answers is not the file
 */
export function httpSource(url: string, options: HttpLocationOptions & OpenOptions = {}): Promise<OpenedFile> {
  const address = parseAddress(url, options.headers)
  return new RemoteServer(options).open(address, fileNameOf(address.url) ?? address.shown, options)
}
