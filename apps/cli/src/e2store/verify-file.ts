import { createHash } from 'node:crypto'
import { ChainError, openSegment, type StreamPoint, samePoint, verifySegment } from '@datastreamer/archive'
import { nodeSha256 } from '@datastreamer/archive/node'
import { iterateHeaders, openE2ss, openEra, recordTypeName, VerificationError } from '@datastreamer/e2store'
import { checksumOf, findChecksum, verifyArchive, verifyE2ss } from '@datastreamer/e2store/execution'
import { readE2i } from '@datastreamer/e2store/index'
import { iterateFramed } from '@datastreamer/e2store/snappy'
import { plural } from '../output/text.ts'
import { NotVerifiedError } from './errors.ts'
import { openBlocks } from './facts.ts'
import { type E2File, type E2Kind, openInput } from './file.ts'
import { checkArchiveName, checkEraName, checkSegmentName, checkSnapshotName, type NameCheck } from './names.ts'
import { verifySidecarFile } from './sidecar-file.ts'
import type { OnProgress, VerifierOptions } from './verifier-options.ts'
import { EraVerifier } from './verify-era-file.ts'

/** The result of verifying a file. */
export interface Verified {
  readonly kind: E2Kind
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** The result for a file, and its number, for lists without names. */
interface Found extends Omit<Verified, 'kind'> {
  readonly number: number
}

/** Verifies files in order, and that consecutive ones are of one chain. */
export class FileVerifier {
  readonly #options: VerifierOptions
  readonly #eras: EraVerifier
  /** The end of the blocks verified last. */
  #blocks: { readonly next: bigint; readonly hash: Uint8Array; readonly difficulty: bigint | undefined } | undefined
  #stream: { readonly systemId: bigint; readonly point: StreamPoint } | undefined

  constructor(options: VerifierOptions) {
    this.#options = options
    this.#eras = new EraVerifier(options)
  }

  /** @throws {E2StoreError} @throws {SegmentError} @throws {ChainError} */
  async verify(file: E2File, onProgress: OnProgress): Promise<Verified> {
    const { number, ...found } = await this.#verifyKind(file, onProgress)
    const listed = await this.#compareChecksum(file, number)
    const text = listed ? `${found.text}, checksum as listed` : found.text
    return { kind: file.kind, text, json: { ...found.json, checksumListed: listed } }
  }

  async #verifyKind(file: E2File, onProgress: OnProgress): Promise<Found> {
    const { source, name } = file
    switch (file.kind) {
      case 'era': {
        const era = await openEra(source, file.reading)
        const found = await this.#eras.verify(era, onProgress)
        checkName(await checkEraName(name, era))
        return { ...found, number: Number(era.groups[0]?.era ?? 0n) }
      }
      case 'era1':
      case 'ere':
      case 'e2hs':
        return this.#verifyBlocks(file, onProgress)
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

  async #verifyBlocks(file: E2File, onProgress: OnProgress): Promise<Found> {
    const { accumulators, signal } = this.#options
    const archive = await openBlocks(file)
    const before = this.#blocks?.next === archive.start ? this.#blocks : undefined
    const number = Number(archive.start / 8192n)
    const trusted = accumulators && findChecksum(accumulators, file.name, number)
    if (accumulators && !trusted && file.kind === 'era1') {
      throw new NotVerifiedError('NOT_LISTED', 'the list has no accumulator for it')
    }
    const report = await verifyArchive(archive, {
      ...(before && { previousHash: before.hash }),
      ...(before?.difficulty !== undefined && { previousTotalDifficulty: before.difficulty }),
      ...(trusted && { trustedAccumulator: Uint8Array.from(Buffer.from(trusted.sha256, 'hex')) }),
      signal,
      onProgress: ({ blocks, totalBlocks }) => onProgress(blocks, totalBlocks),
    })
    const name = await checkArchiveName(file.name, archive)
    checkName(name)
    const { start, count, lastHash, totalDifficulty, unknown } = report
    const deviations = [...(name.deviations ?? []), ...report.deviations]
    this.#blocks = { next: start + BigInt(count), hash: lastHash, difficulty: totalDifficulty }
    const words = [
      `blocks ${start} to ${start + BigInt(count) - 1n}`,
      plural(report.transactions, 'transaction'),
      ...(before ? ['follows the file before it'] : []),
      report.trusted ? 'as the trusted roots say' : 'true in itself: no trusted root given',
      ...deviations.map(({ message }) => message),
      ...unknownText(unknown),
    ]
    const { identity, historyRoots: _, ...rest } = report
    return {
      text: words.join(', '),
      json: { ...rest, deviations, ...identity, followsPrevious: before !== undefined },
      number,
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
    checkName(checkSnapshotName(name, snapshot))
    const whole = report.stateRootMatches ? '' : ', not the whole state'
    const text = `state of block ${report.block}, ${plural(report.accounts, 'account')}, ${plural(report.slots, 'slot')}${whole}`
    return { text, json: { ...report }, number: -1 }
  }

  async #verifyIndex({ source }: E2File): Promise<Found> {
    const { data: path, signal } = this.#options
    await using data = path === undefined ? undefined : await openInput(path, signal)
    const index = await readE2i(source, data ? { data } : { dataSize: 2 ** 52 })
    const { generation: layout, startSlot, targets } = index
    const against = data === undefined ? 'not compared with data' : `as the data of ${path} say`
    const which = data === undefined && layout < 2 ? '0 or 1' : layout
    const text = `layout ${which}, slots ${startSlot} to ${startSlot + BigInt(targets.length) - 1n}, ${against}`
    return { text, json: { layout, startSlot, slots: targets.length, compared: data !== undefined }, number: -1 }
  }

  async #verifySegment({ source, name, path }: E2File, onProgress: OnProgress): Promise<Found> {
    const segment = await openSegment(source)
    const options = { signal: this.#options.signal, sha256: nodeSha256, onProgress }
    const { entries, blocks } = await verifySegment(segment, options)
    checkName(checkSegmentName(name, segment))
    const { systemId } = segment.header.identity
    const { start } = segment.header
    const before = this.#stream
    const follows = before?.systemId === systemId && before.point.number === start.number
    if (follows && !samePoint(before.point, start)) {
      throw new ChainError('BROKEN_CHAIN', `${path} follows another stream than that of the file before it`)
    }
    this.#stream = { systemId, point: segment.end.point }
    const text = `${plural(entries, 'entry', 'entries')} from ${start.number} on, ${plural(blocks, 'block')}${follows ? ', follows the file before it' : ''}`
    const json = {
      firstEntry: start.number,
      entries,
      blocks,
      digest: segment.end.point.digest,
      followsPrevious: follows,
    }
    return { text, json, number: -1 }
  }

  /** Whether the file has its checksum of a list, if there is one. @throws {NotVerifiedError} if it is not listed or differs */
  async #compareChecksum({ source, name }: E2File, number: number): Promise<boolean> {
    const { checksums } = this.#options
    if (checksums === undefined) return false
    const listed = findChecksum(checksums, name, number)
    if (listed === undefined) throw new NotVerifiedError('NOT_LISTED', 'the list has no checksum for it')
    const found = await checksumOf(source, createHash('sha256'))
    if (found === listed.sha256) return true
    throw new NotVerifiedError('WRONG_CHECKSUM', `SHA-256 is ${found}, listed is ${listed.sha256}`)
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
  return { text, json: { records, unknown }, number: -1 }
}

function checkName({ result, expected }: NameCheck): void {
  if (result === 'wrong') throw new VerificationError('WRONG_NAME', `by its content it is ${expected}`, 0)
}

function unknownText(unknown: readonly { readonly records: number }[]): string[] {
  const records = unknown.reduce((sum, each) => sum + each.records, 0)
  return records === 0 ? [] : [`${plural(records, 'record')} of unknown types`]
}
