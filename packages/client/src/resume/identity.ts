import type { Header } from '@datastreamer/format'
import { type IdentityField, StreamChangedError } from '../errors.ts'
import type { Settings } from '../options.ts'

/** What a stream must be: as the settings say, and otherwise as the first header showed it. */
export class StreamIdentity {
  readonly #expected: { streamType: bigint; systemId: bigint | undefined; version: number | undefined }

  constructor({ streamType, systemId, version }: Settings) {
    this.#expected = { streamType, systemId, version }
  }

  /**
   * Check a header, and remember what was not known before.
   *
   * @throws {StreamChangedError} if it is another stream's
   */
  check(header: Header): Header {
    const { streamType, systemId = header.systemId, version = header.version } = this.#expected
    same('streamType', streamType, header.streamType)
    same('systemId', systemId, header.systemId)
    same('version', BigInt(version), BigInt(header.version))
    this.#expected.systemId = systemId
    this.#expected.version = version
    return header
  }
}

function same(field: IdentityField, expected: bigint, found: bigint): void {
  if (expected !== found) throw new StreamChangedError(field, expected, found)
}
