import {
  ChainError,
  openSegment,
  SegmentError,
  type StreamPoint,
  samePoint,
  verifySegment,
} from '@datastreamer/archive'
import { nodeCodecs } from '@datastreamer/archive/node'
import {
  E2StoreError,
  iterateHeaders,
  openE2ss,
  openEra,
  recordTypeName,
  VerificationError,
} from '@datastreamer/e2store'
import { verifyE2ss } from '@datastreamer/e2store/execution'
import { readE2i } from '@datastreamer/e2store/index'
import { iterateFramed } from '@datastreamer/e2store/snappy'
import { plural } from '../output/text.ts'
import type { ChecksumCheck, ChecksumResult } from './check-checksum.ts'
import { NotVerifiedError } from './errors.ts'
import { type E2File, type E2Kind, openInput } from './file.ts'
import { checkEraName, checkSegmentName, checkSnapshotName, type NameCheck } from './names.ts'
import { verifySidecarFile } from './sidecar-file.ts'
import type { Found } from './verified.ts'
import type { OnProgress, VerifierOptions } from './verifier-options.ts'
import { BlocksVerifier } from './verify-blocks.ts'
import { EraVerifier } from './verify-era-file.ts'

/** The result of verifying a file. */
export interface Verified extends Omit<Found, 'wrongName'> {
  readonly kind: E2Kind
  /** What is wrong with it although its content verifies: its checksum, or its name. */
  readonly fault?: VerificationError | NotVerifiedError | undefined
}

/** Verifies files in order, and that consecutive ones are of one chain. */
export class FileVerifier {
  readonly #options: VerifierOptions
  readonly #checksums: ChecksumCheck | undefined
  readonly #blocks: BlocksVerifier
  readonly #eras: EraVerifier
  #stream: { readonly systemId: bigint; readonly point: StreamPoint } | undefined

  constructor(options: VerifierOptions, checksums?: ChecksumCheck) {
    this.#options = options
    this.#checksums = checksums
    this.#blocks = new BlocksVerifier(options)
    this.#eras = new EraVerifier(options)
  }

  /**
   * Verify a file; its checksum is compared first, whatever its name and content are.
   *
   * @throws {E2StoreError} @throws {SegmentError} @throws {ChainError} @throws {NotVerifiedError}
   */
  async verify(file: E2File, onProgress: OnProgress): Promise<Verified> {
    const checksum = await this.#checksums?.compare(file.source, file.name)
    const { wrongName, ...found } = await this.#verifyKind(file, onProgress).catch((error: unknown) => {
      throw checksum?.is === 'wrong' && isOfContent(error) ? wrongChecksum(checksum, error.message) : error
    })
    const text = checksum === undefined || checksum.is === 'wrong' ? found.text : `${found.text}, ${checksum.text}`
    const json = { ...found.json, checksumListed: checksum?.is === 'listed' }
    const fault = checksum?.is === 'wrong' ? wrongChecksum(checksum, 'its content verifies') : wrongName
    return { ...found, kind: file.kind, text, json, fault }
  }

  async #verifyKind(file: E2File, onProgress: OnProgress): Promise<Found> {
    const { source, name } = file
    switch (file.kind) {
      case 'era': {
        const era = await openEra(source, file.reading)
        const found = await this.#eras.verify(file, era, onProgress)
        return { ...found, wrongName: wrongName(await checkEraName(name, era)) ?? found.wrongName }
      }
      case 'era1':
      case 'ere':
      case 'e2hs':
        return this.#blocks.verify(file, onProgress)
      case 'e2ss':
        return this.#verifySnapshot(file, onProgress)
      case 'e2i':
        return this.#verifyIndex(file)
      case 'idx':
        return verifySidecarFile(file, this.#options, onProgress)
      case 'e2ds':
        return this.#verifySegment(file, onProgress)
      case 'e2s':
        return verifyRecords(file, this.#options.signal, onProgress)
    }
  }

  async #verifySnapshot({ source, name }: E2File, onProgress: OnProgress): Promise<Found> {
    const snapshot = await openE2ss(source)
    const { signal, partial = false, slotsPerRecord } = this.#options
    const report = await verifyE2ss(snapshot, {
      signal,
      requireRoots: !partial,
      ...(slotsPerRecord !== undefined && { slotsPerRecord }),
      onProgress: ({ bytes, totalBytes }) => onProgress(bytes, totalBytes),
    })
    const whole = report.stateRootMatches ? '' : ', not the whole state'
    const text = `state of block ${report.block}, ${plural(report.accounts, 'account')}, ${plural(report.slots, 'slot')}${whole}`
    return { text, json: { ...report }, wrongName: wrongName(checkSnapshotName(name, snapshot)) }
  }

  async #verifyIndex({ source }: E2File): Promise<Found> {
    const { data: path, signal } = this.#options
    await using data = path === undefined ? undefined : await openInput(path, signal)
    const index = await readE2i(source, data ? { data } : { dataSize: 2 ** 52 })
    const { generation: layout, startSlot, targets } = index
    const against = data === undefined ? 'not compared with data' : `as the data of ${path} say`
    const which = data === undefined && layout < 2 ? '0 or 1' : layout
    const text = `layout ${which}, slots ${startSlot} to ${startSlot + BigInt(targets.length) - 1n}, ${against}`
    return { text, json: { layout, startSlot, slots: targets.length, compared: data !== undefined } }
  }

  async #verifySegment({ source, name, path }: E2File, onProgress: OnProgress): Promise<Found> {
    const segment = await openSegment(source, nodeCodecs)
    const options = { signal: this.#options.signal, onProgress }
    const { entries, blocks } = await verifySegment(segment, options)
    const { systemId } = segment.header.identity
    const { start } = segment.header
    const before = this.#stream
    const follows = before?.systemId === systemId && before.point.number === start.number
    if (follows && !samePoint(before.point, start)) {
      throw new ChainError('BROKEN_CHAIN', `${path} follows another stream than that of the file before it`)
    }
    this.#stream = { systemId, point: segment.end }
    const text = `${plural(entries, 'entry', 'entries')} from ${start.number} on, ${plural(blocks, 'block')}${follows ? ', follows the file before it' : ''}`
    const json = {
      firstEntry: start.number,
      entries,
      blocks,
      digest: segment.end.digest,
      followsPrevious: follows,
    }
    return { text, json, wrongName: wrongName(checkSegmentName(name, segment)) }
  }
}

/** Verify a file of no special kind: whole records, and the checksums of compressed content of known types. */
async function verifyRecords({ source, reading }: E2File, signal: AbortSignal, onProgress: OnProgress): Promise<Found> {
  let records = 0
  let unknown = 0
  for await (const { type, position, end } of iterateHeaders(source, {
    ...reading,
    maxRecordBytes: Number.POSITIVE_INFINITY,
  })) {
    signal.throwIfAborted()
    const name = recordTypeName(type)
    records++
    if (name === undefined) unknown++
    if (name?.startsWith('Compressed')) {
      for await (const _ of iterateFramed(source, { from: position + 8, to: end }, { step: 'verify' })) {
        signal.throwIfAborted()
      }
    }
    onProgress(end, source.size)
  }
  const text = `${plural(records, 'record')}, ${unknown} of unknown types`
  return { text, json: { records, unknown } }
}

function wrongName({ result, expected }: NameCheck): VerificationError | undefined {
  if (result !== 'wrong') return undefined
  return new VerificationError('WRONG_NAME', `by its content it is ${expected}`, 0)
}

/** Another program may have written the same content in other bytes: what was found says whether it did. */
function wrongChecksum(
  { code, text }: Extract<ChecksumResult, { readonly is: 'wrong' }>,
  content: string,
): NotVerifiedError {
  return new NotVerifiedError(code, `${text}; ${content}`)
}

function isOfContent(error: unknown): error is E2StoreError | SegmentError | ChainError | NotVerifiedError {
  const isFound = error instanceof E2StoreError || error instanceof SegmentError
  return isFound || error instanceof ChainError || error instanceof NotVerifiedError
}
