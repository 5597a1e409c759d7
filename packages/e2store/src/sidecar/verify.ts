import { VerificationError } from '../errors.ts'
import type { BlockArchive } from '../execution/archive/archive.ts'
import type { ByteSource } from '../io/byte-source.ts'
import { type BuildSidecarOptions, buildSidecar } from './build.ts'
import { checkSidecar } from './check.ts'
import type { SidecarHeader } from './header.ts'
import { checkIdentity } from './same-file.ts'

/** Bytes compared at once. */
const WINDOW_BYTES = 1_048_576

/**
 * Check that a sidecar is that of a data file, bit by bit: it is built again and compared. The data file itself is not
 * verified.
 *
 * @returns its header
 * @throws {StaleSidecarError} it is the sidecar of another file
 * @throws {VerificationError} `WRONG_INDEX`: it says something else than the data file
 * @throws {E2FormatError} as `checkSidecar` and `buildSidecar`
 * @see docs/spec/e2store-sidecar.md §7
 */
export async function verifySidecar(
  source: ByteSource,
  archive: BlockArchive,
  options: BuildSidecarOptions = {},
): Promise<SidecarHeader> {
  const header = await checkSidecar(source, options)
  await checkIdentity(header.identity, archive)
  const expected = await buildSidecar(archive, options)
  const end = Math.min(source.size, expected.length)
  for (let at = 0; at < end; at += WINDOW_BYTES) {
    const bytes = await source.read(at, Math.min(WINDOW_BYTES, end - at))
    const differing = bytes.findIndex((byte, i) => byte !== expected[at + i])
    if (differing >= 0) throw new VerificationError('WRONG_INDEX', 'sidecar differs from its data file', at + differing)
  }
  if (source.size !== expected.length) {
    throw new VerificationError('WRONG_INDEX', `sidecar of ${source.size} bytes, expected ${expected.length}`, end)
  }
  return header
}
