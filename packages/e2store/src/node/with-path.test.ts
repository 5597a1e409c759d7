import { open } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { withPath } from './with-path.ts'

test.skipIf(process.platform !== 'linux')('an error of the system about an open file gets its path', async () => {
  await using file = await open('/dev/full', 'a')
  await expect(withPath('/x/y', file.writeFile('text'))).rejects.toMatchObject({
    ...{ code: 'ENOSPC', path: '/x/y', message: expect.stringMatching(/ '\/x\/y'$/) },
  })
})

test('an error that has a path, or is not of the system, stays as it is', async () => {
  const missing = open('/there/is/none')
  await expect(withPath('/x/y', missing)).rejects.toMatchObject({ code: 'ENOENT', path: '/there/is/none' })
  await expect(withPath('/x/y', Promise.reject(new TypeError('wrong')))).rejects.toThrow(/^wrong$/)
  expect(await withPath('/x/y', Promise.resolve(5))).toBe(5)
})
