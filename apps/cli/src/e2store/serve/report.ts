import type { FileState, OpenHistory } from '@datastreamer/era-history'
import type { Log } from '@datastreamer/service'
import { plural } from '../../output/text.ts'

/** Runs that are named; of more it is said how many. */
const MAX_RUNS = 5

/** Most warnings of what is there twice. */
const MAX_LINES = 5

/** Say which blocks are served, what is missing, how far they are trusted, and how hashes and logs are found. */
export function reportHistory(history: OpenHistory, trust: string, log: Log): void {
  const { runs, network, files } = history
  const used = files.filter(({ status }) => status !== 'rejected')
  const shown = runs.slice(0, MAX_RUNS).map(({ from, to }) => `${from} to ${to}`)
  const more = runs.length > MAX_RUNS ? ` and ${runs.length - MAX_RUNS} more runs` : ''
  const held = runs.length === 0 ? 'no blocks' : `blocks ${shown.join(', ')}${more}`
  const blocks = `${held} of ${network} in ${plural(used.length, 'file')}`
  log.info('history-opened', `${blocks} (--trust ${trust})`, { runs, network, files: used.length, trust })
  for (const [at, { from }] of runs.slice(1, MAX_RUNS).entries()) {
    const before = runs[at]?.to ?? 0n
    log.warn('history-gap', `blocks ${before + 1n} to ${from - 1n} are in no file: answered as pruned (4444)`)
  }
  for (const { name, error } of files.filter(({ status }) => status === 'rejected')) {
    log.error('history-file-rejected', `${name} is not used: ${error?.message ?? 'it is not what it says'}`, { error })
  }
  for (const { name, sidecarError: error } of files.filter(({ sidecarError }) => sidecarError !== undefined)) {
    log.warn('history-file-rejected', `the index of ${name} is not used: ${error?.message}`, { error })
  }
  reportDoubles(used, log)
  const without = used.filter(({ sidecar }) => !sidecar).length
  if (used.length === 0) return
  if (without === 0) log.info('history-indexed', 'all files have an index of hashes and logs')
  else {
    const which = without === used.length ? 'no file has an index' : `${plural(without, 'file')} without an index`
    const hint = 'hashes and logs are found by reading (datastreamer e2store index --full)'
    log.warn('history-indexed', `${which}: ${hint}`, { without })
  }
  for (const { from, to } of used.filter((file) => !history.holdsReceipts(file.from, file.to))) {
    log.warn('history-gap', `receipts of blocks ${from} to ${to} are in no file: answered as pruned (4444)`)
  }
}

/** Say which files are not needed. The same file at several locations is there on purpose. */
function reportDoubles(used: readonly FileState[], log: Log): void {
  const lines = used.flatMap((file) => {
    if (!file.isDouble) return []
    const others = used.filter((each) => each !== file && each.from <= file.to && file.from <= each.to)
    if (others.some(({ name }) => name === file.name)) return []
    return [`${file.name} is not needed: ${others.map(({ name }) => name).join(', ')} has its blocks too`]
  })
  warnSome(lines, log)
}

/** Warn of what is there twice. */
export function warnSome(lines: readonly string[], log: Log): void {
  for (const line of lines.slice(0, MAX_LINES)) log.warn('history-double', line)
  if (lines.length > MAX_LINES) log.warn('history-double', `${lines.length - MAX_LINES} more are there twice`)
}
