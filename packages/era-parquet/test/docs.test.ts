import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runReadme } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { TABLE_NAMES, tableColumns } from '../src/index.ts'

test('the quick start does what it says', async () => {
  const printed = await runReadme(resolve(import.meta.dirname, '../README.md'))
  expect(printed).toEqual(['blocks of era 0: 1, logs of era 0: 0\n'])
})

test.each(TABLE_NAMES)('the columns of %s are documented', (name) => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/parquet.md'), 'utf8')
  const section = page.split(`\n## ${name}\n`)[1]?.split('\n## ')[0] ?? ''
  const documented = [...section.matchAll(/^\| (\w+) +\| (\w+)(\?)? +\|/gm)]
    .slice(1)
    .map(([, column, kind, optional]) => ({ column, kind, optional: optional === '?' }))
  expect(documented).toEqual(tableColumns(name).map(({ name: column, ...rest }) => ({ column, ...rest })))
})
