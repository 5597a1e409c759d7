/** Base of every deliberate error of this package. Branch on `code`; messages may change. */
export abstract class EraParquetError<Code extends string = string> extends Error {
  /** A literal: minifiers rename the class. */
  abstract override readonly name: string
  readonly code: Code
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * What was asked for cannot be exported. Recovery: other tables or blocks (`NO_RECEIPTS`, `NO_BLOCKS`), another name
 * (`NO_NETWORK`), none (`TOO_LARGE`: a number that no column can have; `NO_BLOCK`: a file that lost a block).
 */
export class ExportError extends EraParquetError<
  'NO_RECEIPTS' | 'NO_BLOCKS' | 'NO_NETWORK' | 'NO_BLOCK' | 'TOO_LARGE'
> {
  override readonly name: string = 'ExportError'
}
