import { E2StoreError } from '../errors.ts'

/** A sidecar is not that of the data file at hand: of another file, or of an earlier one. Recovery: build it again. */
export class StaleSidecarError extends E2StoreError<'STALE_SIDECAR'> {
  override readonly name: string = 'StaleSidecarError'
}
