import { readFileSync } from 'node:fs'
import { tempDir } from '@datastreamer/fixtures'
import type { Header } from '@datastreamer/format'
import { openStore } from '@datastreamer/store'
import { expect, test } from 'vitest'
import { rewriteIdentity } from '../src/file/adopt.ts'

test('a header that another program wrote since the file was compared is not written over', async () => {
  using dir = tempDir()
  const file = dir.join('relay.bin')
  const commit = async (): Promise<Header> => {
    await using store = await openStore({ file, fsync: 'never' })
    store.startAtomicOp()
    store.addStreamEntry(1, new Uint8Array(3))
    await store.commitAtomicOp()
    return store.getHeader()
  }
  const compared = await commit()
  const header = await commit()
  const before = readFileSync(file).subarray(0, 4096)
  await expect(rewriteIdentity(file, compared, { ...compared, systemId: 9n })).rejects.toMatchObject({
    code: 'COPY_DIFFERS',
  })
  expect(readFileSync(file).subarray(0, 4096)).toEqual(before)
  await rewriteIdentity(file, header, { ...header, systemId: 9n })
  await using store = await openStore({ file, systemId: 9n })
  expect(store.getHeader()).toEqual({ ...header, systemId: 9n })
})
