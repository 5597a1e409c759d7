import { expect, test } from 'vitest'
import { allKinds, runKind } from './harness.ts'

const COUNT = 8

test('whatever is changed in files and sidecars, nothing wrong is answered', async () => {
  for (const kind of await allKinds()) {
    const { right, noticed } = await runKind(kind, 1, COUNT)
    expect(right, kind.name).toBeGreaterThan(0)
    // Sidecars are replaced by scans: what is changed there shows in no answer.
    if (!kind.name.includes('sidecar')) expect(noticed, kind.name).toBeGreaterThan(COUNT / 8)
  }
})

test('without verification the same changes show in answers', async () => {
  const records = (await allKinds()).filter(({ name }) => name.endsWith(': records'))
  for (const kind of records) {
    await expect(runKind(kind, 1, 400, 'none'), kind.name).rejects.toThrow('wrong answer')
  }
})
