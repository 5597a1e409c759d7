import { E2StoreError } from '@datastreamer/e2store'

/**
 * What was asked for cannot be exported. Recovery: other tables or blocks (`NO_RECEIPTS`, `NO_BLOCKS`), another name
 * (`NO_NETWORK`), none (`TOO_LARGE`: a number that no column can have; `NO_BLOCK`: a file that lost a block).
 */
export class ExportError extends E2StoreError<'NO_RECEIPTS' | 'NO_BLOCKS' | 'NO_NETWORK' | 'NO_BLOCK' | 'TOO_LARGE'> {
  override readonly name: string = 'ExportError'
}
