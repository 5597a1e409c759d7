import { E2StoreError } from '@datastreamer/e2store'

/** What stands in the way, and the HTTP status that an answer about it has. */
const STATUS = {
  BAD_ID: 400,
  NOT_HELD: 404,
  NOT_ACCEPTABLE: 406,
  NO_METHOD: 405,
  NO_ERAS: 500,
  UNKNOWN_NETWORK: 500,
  BAD_CONFIG: 500,
  NOT_VERIFIED: 500,
} as const

export type BeaconCode = keyof typeof STATUS

/** A request that cannot be answered, or eras that cannot be served. Branch on `code`; messages may change. */
export class BeaconError extends E2StoreError<BeaconCode> {
  override readonly name: string = 'BeaconError'

  /** Status of an HTTP answer. */
  get status(): number {
    return STATUS[this.code]
  }
}

export function notBuiltIn(chain: string, where: string): BeaconError {
  return new BeaconError('UNKNOWN_NETWORK', `the beacon chain ${chain} of the .era files at ${where} is not built in`)
}

export function notHeld(what: string): BeaconError {
  return new BeaconError('NOT_HELD', `${what} is not held`)
}
