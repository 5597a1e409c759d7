import { withAddress } from '../options.ts'
import { SourceClient } from './source-client.ts'
import type { SourceConnectOptions, SourceOptions } from './source-options.ts'

/**
 * Connect to a server, once, as the source of its stream.
 *
 * @param address `host:port`, `tls://host:port` or `tcp://host:port`, an IPv6 address in brackets; or as options
 * @throws {ConnectionError} if it cannot be reached
 * @throws {SourceRejectedError} if it does not let this source write: `BUSY` while another one is connected
 * @throws {StreamChangedError} if it has another stream than the options ask for
 * @throws {SourceConflictError} if the stream does not end before `nextEntry`
 * @throws {TypeError} if it is no address @throws {RangeError} if an option is out of range
 */
export function connectSource(address: string, options?: SourceConnectOptions): Promise<SourceClient>
/** As above, with the address among the options. */
export function connectSource(options: SourceOptions): Promise<SourceClient>
export async function connectSource(
  address: string | SourceOptions,
  options: SourceConnectOptions = {},
): Promise<SourceClient> {
  return SourceClient.connect(typeof address === 'string' ? withAddress(address, options) : address)
}
