import { E2StoreError } from '@datastreamer/e2store'

/** A fallback is configured wrongly. */
export class RpcSetupError extends E2StoreError<'BAD_URL'> {
  override readonly name: string = 'RpcSetupError'
}

export type FallbackCode =
  /** A status of HTTP that is none of success. */
  | 'BAD_STATUS'
  /** No answer of JSON-RPC. */
  | 'NOT_JSON_RPC'
  /** More bytes than are allowed. */
  | 'TOO_LARGE'
  /** It is of another chain, or does not say of which. */
  | 'WRONG_CHAIN'

/** A fallback answered in a way that cannot be passed on. Recovery: none; the call was answered as without it. */
export class FallbackError extends E2StoreError<FallbackCode> {
  override readonly name: string = 'FallbackError'
}
