import type { Address } from '../location/http/address.ts'
import { type ClientOptions, HttpClient, type HttpOptions } from '../location/http/client.ts'
import { Slots } from '../location/http/slots.ts'
import type { CacheMode } from '../location/web.ts'
import type { ReadObjectOptions } from './objects.ts'

export interface RemoteObjectsOptions extends Omit<HttpOptions, 'connections'> {
  /** Most requests at the same time (default 16). */
  readonly connections?: number
  /**
   * Most bytes that are read of a whole object which a server sends instead of a range of it (default 16 MiB): up to the
   * end of the range. For a range that ends later, `NO_RANGES` is thrown.
   */
  readonly wholeBytes?: number
}

const DEFAULT_CONNECTIONS = 16
const DEFAULT_WHOLE_BYTES = 16_777_216

/** A server that holds objects. */
export class ObjectServer {
  readonly client: HttpClient
  readonly slots: Slots
  readonly wholeBytes: number

  constructor(options: RemoteObjectsOptions & ClientOptions) {
    this.client = new HttpClient(options)
    this.slots = new Slots(options.connections ?? DEFAULT_CONNECTIONS)
    this.wholeBytes = options.wholeBytes ?? DEFAULT_WHOLE_BYTES
  }

  /** Do something with answers until it works; only while it does something, it takes one of the connections. */
  attempt<T>(work: (progress: () => void) => Promise<T>, { signal }: ReadObjectOptions): Promise<T> {
    return this.client.retry((progress) => this.slots.run(() => work(progress), signal), signal)
  }
}

/** Where an object is. */
export interface RemoteObject {
  readonly server: ObjectServer
  readonly address: Address
}

/** What caches may do. */
export function cacheMode(options: {
  readonly reload?: boolean | undefined
  readonly revalidate?: boolean | undefined
}): CacheMode | undefined {
  if (options.reload) return 'reload'
  return options.revalidate ? 'no-cache' : undefined
}
