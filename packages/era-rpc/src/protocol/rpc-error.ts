/** Codes of JSON-RPC, and those of Ethereum nodes. */
export const RpcCode = {
  notJson: -32700,
  invalidRequest: -32600,
  noMethod: -32601,
  badParams: -32602,
  internal: -32603,
  failed: -32000,
  timedOut: -32002,
  tooLarge: -32003,
  pruned: 4444,
} as const

export type RpcCode = (typeof RpcCode)[keyof typeof RpcCode]

/** What is answered instead of a result. */
export class RpcError extends Error {
  override readonly name: string = 'RpcError'
  readonly code: RpcCode
  /** Plain data that goes with it. */
  readonly data?: unknown
  /** @param options `data`: plain data that goes with it */
  constructor(code: RpcCode, message: string, options?: ErrorOptions & { readonly data?: unknown }) {
    super(message, options)
    this.code = code
    if (options?.data !== undefined) this.data = options.data
  }
}

/** A block is asked for by a hash that is not known. */
export class UnknownBlockError extends RpcError {
  override readonly name: string = 'UnknownBlockError'
  constructor() {
    super(RpcCode.failed, 'unknown block')
  }
}
