import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const DOCUMENT = resolve(import.meta.dirname, '../../../../docs/benchmarks.md')

/**
 * Put what was measured into its section of the documentation, between the markers `<!-- bench:NAME -->` and
 * `<!-- /bench:NAME -->`.
 *
 * @throws {Error} if there is no such section
 */
export function writeSection(name: string, text: string): void {
  const document = readFileSync(DOCUMENT, 'utf8')
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no section between ${start} and ${end}`)
  writeFileSync(DOCUMENT, `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`)
}
