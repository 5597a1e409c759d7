import { hasVectors, readVector } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { type EraFile, verifyEra } from '../src/era.ts'
import { E2StoreError, fromBytes, iterateRecords, openEra } from '../src/index.ts'
import { collect } from './support/collect.ts'

interface Expectation {
  readonly name: string
  readonly size: number
  readonly mustFailAt: string
}

const load = (name: string): Uint8Array => new Uint8Array(readVector('e2store', 'malformed', name))

async function failure(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => undefined,
    (error: unknown) => error,
  )
}

const recorded = hasVectors('e2store')
const all = recorded ? (JSON.parse(Buffer.from(load('expect.json')).toString()) as Expectation[]) : []

describe.skipIf(!recorded)('malformed files', () => {
  test.each(all.filter(({ name }) => name.endsWith('.era')))(
    '$name fails at $mustFailAt',
    async ({ name, size, mustFailAt }) => {
      const source = fromBytes(load(name))
      let file: EraFile | undefined
      let error = await failure(
        openEra(source).then((opened) => {
          file = opened
        }),
      )
      expect(error === undefined).toBe(mustFailAt !== 'open')
      if (file) error = await failure(verifyEra(file))
      expect(error).toBeInstanceOf(E2StoreError)
      expect(error).toMatchObject({ step: mustFailAt, position: expect.any(Number) })
      expect((error as { position: number }).position).toBeLessThanOrEqual(size)
    },
  )

  test.each(all.filter(({ name }) => name.endsWith('.e2s')))(
    '$name fails at $mustFailAt',
    async ({ name, mustFailAt }) => {
      const error = await failure(collect(iterateRecords(fromBytes(load(name)))))
      expect(error).toBeInstanceOf(E2StoreError)
      expect(error).toMatchObject({ step: mustFailAt, position: expect.any(Number) })
    },
  )
})
