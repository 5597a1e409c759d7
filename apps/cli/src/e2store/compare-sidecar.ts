import { type ByteSource, VerificationError } from '@datastreamer/e2store'
import type { BlockArchive } from '@datastreamer/e2store/execution'
import {
  type BuildSidecarOptions,
  checkSidecar,
  type SidecarHeader,
  StaleSidecarError,
  verifySidecar,
} from '@datastreamer/e2store/sidecar'
import { inFile } from './errors.ts'

/**
 * Compare a sidecar with its data file. Errors about the sidecar name it; those about the data file are left as they are.
 *
 * @throws {FileError} @throws {E2StoreError}
 */
export async function compareSidecar(
  { path, source }: { readonly path: string; readonly source: ByteSource },
  archive: BlockArchive,
  options: BuildSidecarOptions,
): Promise<SidecarHeader> {
  try {
    await checkSidecar(source, options)
  } catch (error) {
    throw inFile(path, error)
  }
  try {
    return await verifySidecar(source, archive, options)
  } catch (error) {
    const isOfSidecar = error instanceof VerificationError && error.code === 'WRONG_INDEX'
    throw isOfSidecar || error instanceof StaleSidecarError ? inFile(path, error) : error
  }
}
