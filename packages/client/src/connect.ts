import { StreamClient } from './client.ts'
import type { ClientOptions, ConnectOptions } from './options.ts'

/**
 * Connect to a server, once, and check that it has the stream that is expected.
 *
 * @param address `host:port`, `tls://host:port` or `tcp://host:port`, an IPv6 address in brackets; or as options
 * @throws {ConnectionError} if it cannot be reached or closes the connection, as one with another stream type does
 * @throws {StreamChangedError} if its header shows another stream than the options ask for
 * @throws {KeyError} if the `publicKey` is none
 * @throws {TypeError | RangeError} as the constructor
 */
export async function connect(address: string, options?: ConnectOptions): Promise<StreamClient>
/** As above, with the address among the options. */
export async function connect(options: ClientOptions): Promise<StreamClient>
export async function connect(address: string | ClientOptions, options?: ConnectOptions): Promise<StreamClient> {
  const client = typeof address === 'string' ? new StreamClient(address, options) : new StreamClient(address)
  try {
    await client.getHeader()
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
