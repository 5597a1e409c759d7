import { E2StoreError } from '@datastreamer/e2store'

/** A transaction that cannot be read: of a type that nobody specified yet, or signed in no known way. */
export class TransactionError extends E2StoreError<'UNKNOWN_TYPE' | 'BAD_SIGNATURE'> {
  override readonly name: string = 'TransactionError'
}
