/** Base of every deliberate error of this package, besides those that are answered to clients. Branch on `code`. */
export abstract class EraRpcError<Code extends string = string> extends Error {
  /** A literal: minifiers rename the class. */
  abstract override readonly name: string
  readonly code: Code
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A fallback is configured wrongly. */
export class RpcSetupError extends EraRpcError<'BAD_URL'> {
  override readonly name: string = 'RpcSetupError'
}
