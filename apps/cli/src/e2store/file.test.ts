import { writeFileSync } from 'node:fs'
import { encodeRecord, iterateHeaders, openEra, takeCensus } from '@datastreamer/e2store'
import { tempDir } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { type E2File, withFile } from './file.ts'

test.each<[string, (file: E2File) => Promise<unknown>]>([
  ['counted', ({ source }) => takeCensus(source)],
  ['iterated', ({ source }) => iterateHeaders(source).next()],
  ['opened', ({ source }) => openEra(source)],
])('an interrupt ends the work at the next read, also while a file is %s', async (_, use) => {
  using dir = tempDir()
  const path = dir.join('a.e2s')
  writeFileSync(
    path,
    Buffer.concat([encodeRecord(0x6532, new Uint8Array(0)), encodeRecord(0x9900, new Uint8Array(99))]),
  )
  const interrupt = new AbortController()
  const reason = new Error('interrupted')
  const used = withFile(path, interrupt.signal, (file) => {
    interrupt.abort(reason)
    return use(file)
  })
  await expect(used).rejects.toBe(reason)
})
