import { parseSegmentName, type Segment } from '@datastreamer/archive'
import { VerificationError } from '@datastreamer/e2store'
import { type EraFile, eraNameOf, parseEraName } from '@datastreamer/e2store/era'
import {
  archiveIdentity,
  type BlockArchive,
  checkExecutionArchiveName,
  type Deviation,
  formatExecutionArchiveName,
  formatSnapshotName,
  parseExecutionArchiveName,
  parseSnapshotName,
  type Snapshot,
} from '@datastreamer/e2store/execution'

/** A file's name compared with its content. */
export interface NameCheck {
  /** `unconventional`: there is nothing in it to compare. */
  readonly result: 'fits' | 'wrong' | 'unconventional'
  /** The name that fits the content, if it can be determined. */
  readonly expected?: string | undefined
  /** What a name that fits has otherwise than the format says. */
  readonly deviations?: readonly Deviation[]
}

export async function checkEraName(name: string, era: EraFile): Promise<NameCheck> {
  const parsed = parseEraName(name)
  return parsed === undefined ? UNCONVENTIONAL : compare(name, await eraNameOf(era, parsed.config))
}

export async function checkArchiveName(name: string, archive: BlockArchive): Promise<NameCheck> {
  const parsed = parseExecutionArchiveName(name)
  if (parsed === undefined) return UNCONVENTIONAL
  const identity = await archiveIdentity(archive)
  const expected = formatExecutionArchiveName({ ...identity, network: parsed.network })
  try {
    const deviations = checkExecutionArchiveName(name, identity)
    return { result: 'fits', expected, ...(deviations.length > 0 && { deviations }) }
  } catch (error) {
    if (error instanceof VerificationError) return { result: 'wrong', expected }
    throw error
  }
}

export function checkSnapshotName(name: string, { header }: Snapshot): NameCheck {
  const parsed = parseSnapshotName(name)
  if (parsed === undefined) return UNCONVENTIONAL
  const id = Buffer.from(header.stateRoot.subarray(0, 4)).toString('hex')
  return compare(name, formatSnapshotName({ network: parsed.network, block: header.number, id }))
}

export function checkSegmentName(name: string, segment: Segment): NameCheck {
  const { result } = parseSegmentName(name) === undefined ? UNCONVENTIONAL : compare(name, segment.name)
  return { result, expected: segment.name }
}

const UNCONVENTIONAL: NameCheck = { result: 'unconventional' }

function compare(name: string, expected: string): NameCheck {
  return { result: name === expected ? 'fits' : 'wrong', expected }
}

/** The result of checking a name, in words. */
export function nameText({ result, expected, deviations = [] }: NameCheck): string {
  if (result === 'fits') return ['fits the content', ...deviations.map(({ message }) => message)].join('; ')
  if (result === 'wrong') return `does not fit the content, which is that of ${expected}`
  return expected === undefined ? 'says nothing of the content' : `says nothing of the content, that of ${expected}`
}
