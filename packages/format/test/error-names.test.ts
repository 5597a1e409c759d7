import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorNamesMinified } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'

/** Bases that are never thrown themselves. */
const ABSTRACT = new Set(['StreamError', 'E2StoreError', 'ContentError'])
/** Errors that each of these packages exports, so that a probe that finds none is noticed. */
const AT_LEAST: Readonly<Record<string, number>> = {
  format: 4,
  'sequencer-entries': 3,
  client: 6,
  store: 6,
  e2store: 6,
}

const packages = resolve(import.meta.dirname, '../..')

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly '@datastreamer/source'?: string } | string>>
}

describe.each(readdirSync(packages))('%s', (name) => {
  const folder = join(packages, name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const entries = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [] : (target['@datastreamer/source'] ?? []),
  )

  test('names of errors survive a minified bundle', async () => {
    const named = (await Promise.all(entries.map((entry) => errorNamesMinified(join(folder, entry))))).flat()
    const thrown = named.filter(([exported]) => !ABSTRACT.has(exported))
    expect(thrown.filter(([exported, found]) => exported !== found)).toEqual([])
    expect(new Set(thrown.map(([exported]) => exported)).size).toBeGreaterThanOrEqual(AT_LEAST[name] ?? 0)
  })
})
