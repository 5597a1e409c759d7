import { folderOf, keyIn, parseAddress } from '../location/http/address.ts'
import { fetchObject } from './fetch-object.ts'
import { fetchObjectRange } from './fetch-object-range.ts'
import { checkKey } from './keys.ts'
import { ObjectServer, type RemoteObject, type RemoteObjectsOptions } from './object-server.ts'
import type { Objects } from './objects.ts'

export interface HttpObjectsOptions extends RemoteObjectsOptions {
  /** Headers for the server that is named: one that it redirects to does not get them. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The objects below an address of a web server, to be read. A browser sends no request ahead of those to another server,
 * unless `headers` or a user in the address are given; the server has to allow it by `Access-Control-Allow-Origin`.
 *
 * @param url `http://` or `https://`, of the folder; user and password in it are sent as header
 * @throws {LocationError} `BAD_ADDRESS`
 */
export function httpObjects(url: string, options: HttpObjectsOptions = {}): Objects {
  const folder = folderOf(parseAddress(url, options.headers))
  const server = new ObjectServer(options)
  const at = (key: string): RemoteObject => ({ server, address: keyIn(folder, checkKey(key)) })
  return {
    name: folder.shown,
    get: async (key, how) => fetchObject(at(key), how),
    getRange: async (key, from, to, how = {}) => fetchObjectRange(at(key), from, to, how),
    [Symbol.asyncDispose]: async () => {},
  }
}
