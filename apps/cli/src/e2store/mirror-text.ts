import type { FileOutcome, Gap, MirrorPlan, MirrorReport, PlannedFile } from '@datastreamer/e2store/mirror'
import { bytesText } from '../output/amounts.ts'
import { count, plural, table } from '../output/text.ts'

/** Most lines of one kind in a plan. */
const MAX_LINES = 20

/** What is planned, for people. */
export function planLines(plan: MirrorPlan): string[] {
  const rows: (readonly [string, string])[] = []
  for (const series of new Set(plan.files.map((file) => file.history.series))) {
    const files = plan.files.filter((file) => file.history.series === series)
    const [lowest] = files
    const last = files.at(-1)
    const range = `${lowest?.history.number} to ${last?.history.number}`
    rows.push([series, `${plural(files.length, 'file')}, numbers ${range}, ${sizeText(files)}`])
  }
  const of = (work: PlannedFile['work']): readonly PlannedFile[] => plan.files.filter((file) => file.work === work)
  const fetch = of('fetch')
  const parts = fetch.reduce((sum, { have }) => sum + have, 0)
  if (of('none').length > 0)
    rows.push(['here already', `${plural(of('none').length, 'file')}, ${sizeText(of('none'))}`])
  if (of('check').length > 0)
    rows.push(['here, to check', `${plural(of('check').length, 'file')}, ${sizeText(of('check'))}`])
  const continued = parts === 0 ? '' : `, of which ${bytesText(parts)} are here`
  rows.push([
    'to fetch',
    fetch.length === 0 ? 'nothing' : `${plural(fetch.length, 'file')}, ${sizeText(fetch)}${continued}`,
  ])
  rows.push(['free on the disk', bytesText(plan.freeBytes)])
  return [
    ...table(rows),
    ...first(plan.doubles.map(({ names }) => `several files of one number: ${names.join(', ')}`)),
    ...first(plan.gaps.map((gap) => `not listed: ${gapText(gap)}`)),
    ...first(plan.notes.map((note) => `note: ${note}`)),
  ]
}

/** What became of a file, for people; nothing of one that was there already. */
export function outcomeLines({ name, outcome, fetched, replaced, failures }: FileOutcome): string[] {
  const why = failures.map(({ message }) => `        ${message}`)
  if (outcome === 'missing')
    return [`MISSING ${name}${replaced === undefined ? '' : `, and the one here is wrong: ${replaced}`}`, ...why]
  if (fetched === undefined) return []
  const how = [
    ...(fetched.listed ? ['hash as listed'] : []),
    ...(fetched.checked === 'content' ? ['content verified'] : []),
    ...(replaced === undefined ? [] : [`replaces the one here: ${replaced}`]),
    ...(failures.length === 0 ? [] : [`from ${fetched.location}, not from:`]),
  ]
  return [`fetched ${name}: ${bytesText(fetched.size)}, ${how.join(', ')}`, ...why]
}

/** How it ended, for people. */
export function resultLines(plan: MirrorPlan, { files, findings, complete }: MirrorReport): string[] {
  const chain = findings.map(({ code, message }) => `${code} ${message}`)
  const missing = files.filter(({ outcome }) => outcome === 'missing')
  if (complete) return [...chain, `complete: ${plural(files.length, 'file')}, ${bytesText(bytesOf(plan, files))}`]
  return [
    ...chain,
    ...plan.gaps.map((gap) => `MISSING ${gapText(gap)}: no location has ${gap.first === gap.last ? 'it' : 'them'}`),
    `INCOMPLETE: ${plural(files.length - missing.length, 'file')} of ${count(files.length + gapFiles(plan.gaps))}`,
  ]
}

/** What is too much to read is in the output as JSON. */
function first(lines: readonly string[]): readonly string[] {
  return lines.length <= MAX_LINES
    ? lines
    : [...lines.slice(0, MAX_LINES), `... ${count(lines.length - MAX_LINES)} more`]
}

export function gapText({ series, first, last }: Gap): string {
  return first === last ? `${series} ${first}` : `${series} ${first} to ${last}`
}

/** Bytes of all files: as they arrived, which not every list says, or as they are. */
function bytesOf(plan: MirrorPlan, files: MirrorReport['files']): number {
  const sizes = new Map(plan.files.map(({ name, size }) => [name, size]))
  return files.reduce((sum, { name, fetched }) => sum + (fetched?.size ?? sizes.get(name) ?? 0), 0)
}

function gapFiles(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

function sizeText(files: readonly PlannedFile[]): string {
  const unknown = files.filter(({ size }) => size === undefined).length
  const bytes = bytesText(files.reduce((sum, { size = 0 }) => sum + size, 0))
  if (unknown === 0) return bytes
  return unknown === files.length ? 'sizes not known' : `${bytes} and ${count(unknown)} of unknown sizes`
}
