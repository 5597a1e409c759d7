import type { Header } from '@datastreamer/format'
import { type IdentityField, StreamChangedError } from '../errors.ts'
import type { Settings } from '../options.ts'

/** Checks that a stream is the one that the settings name, and otherwise the one that the first header showed. */
export class IdentityCheck {
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
