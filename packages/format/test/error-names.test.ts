import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorNamesMinified } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'

/** Bases that are never thrown themselves. */
const ABSTRACT = new Set(['StreamError', 'E2StoreError', 'ContentError'])

const packages = resolve(import.meta.dirname, '../..')

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly '@datastreamer/source'?: string } | string>>
}

/** The modules that a package exports. */
function modulesOf(name: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as Manifest
  return Object.values(exports).flatMap((target) => {
    const source = typeof target === 'string' ? undefined : target['@datastreamer/source']
    return source === undefined ? [] : [join(packages, name, source)]
  })
}

test('names of errors of all packages survive a minified bundle', async () => {
  const named = await errorNamesMinified(readdirSync(packages).flatMap(modulesOf))
  const thrown = named.filter(([exported]) => !ABSTRACT.has(exported))
  expect(thrown.filter(([exported, found]) => exported !== found)).toEqual([])
  const some = ['FormatError', 'SequencerEntryError', 'ConnectionError', 'DamageError', 'TruncatedError']
  expect(thrown.map(([exported]) => exported)).toEqual(expect.arrayContaining(some))
})
