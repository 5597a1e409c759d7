import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const DOCS = resolve(import.meta.dirname, '../../../../docs')

/**
 * Put what was measured into its section of a page of the documentation, between the markers `<!-- bench:NAME -->` and
 * `<!-- /bench:NAME -->`.
 *
 * @throws {Error} if there is no such section
 */
export function writeSection(name: string, text: string, page = 'benchmarks.md'): void {
  const path = resolve(DOCS, page)
  const document = readFileSync(path, 'utf8')
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const from = document.indexOf(start)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${path} has no section between ${start} and ${end}`)
  writeFileSync(path, `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`)
}
