import type { Header } from '@datastreamer/format'
import { type IdentityField, StreamChangedError } from '../errors.ts'
import type { Settings } from '../options.ts'

/** How a stream is another one than expected. */
export interface IdentityDifference {
  readonly field: IdentityField
  readonly expected: bigint
  readonly found: bigint
}

/** Checks that a stream is the one that the settings name, and otherwise the one that the first header showed. */
export class IdentityCheck {
  readonly #expected: { streamType: bigint; systemId: bigint | undefined; version: number | undefined }

  constructor({ streamType, systemId, version }: Settings) {
    this.#expected = { streamType, systemId, version }
  }

  /** Whether all that tells one stream from another is known. */
  get isKnown(): boolean {
    return this.#expected.systemId !== undefined && this.#expected.version !== undefined
  }

  /**
   * Check a header, and remember what was not known before.
   *
   * @throws {StreamChangedError} if it is another stream's
   */
  check(header: Header): Header {
    const difference = this.difference(header)
    if (difference !== undefined) {
      throw new StreamChangedError(difference.field, difference.expected, difference.found)
    }
    this.#expected.systemId = header.systemId
    this.#expected.version = header.version
    return header
  }

  /** What of a header is not as it is expected; `undefined`: nothing. */
  difference(header: Header): IdentityDifference | undefined {
    const { streamType, systemId = header.systemId, version = header.version } = this.#expected
    return (
      differing('streamType', streamType, header.streamType) ??
      differing('systemId', systemId, header.systemId) ??
      differing('version', BigInt(version), BigInt(header.version))
    )
  }
}

function differing(field: IdentityField, expected: bigint, found: bigint): IdentityDifference | undefined {
  return expected === found ? undefined : { field, expected, found }
}
