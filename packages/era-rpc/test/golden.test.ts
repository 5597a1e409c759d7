import { hasVectors } from '@datastreamer/fixtures'
import { describe, expect, test } from 'vitest'
import { Rpc } from '../src/index.ts'
import { type Answered, call, textOf } from './support/ask.ts'
import { folderHistory } from './support/file-history.ts'
import { type Golden, jsonLines, MADE_UP, madeUp, real, realBlocks, SEPOLIA } from './support/vector-files.ts'

describe.runIf(hasVectors('rpc'))('answers of other libraries', () => {
  test.each([
    [`${MADE_UP}.jsonl.gz`, 218, madeUp],
    ['mainnet-00000-5ec1ffb8.jsonl.gz', 214, () => real('mainnet-00000-5ec1ffb8.era1')],
    ['sepolia-00021-b8814b14.jsonl.gz', 455, () => real(SEPOLIA)],
    ['mainnet-real-blocks.jsonl.gz', 9, realBlocks],
  ])('%s: all %i are ours', async (name, count, files) => {
    await using folder = await folderHistory(await files())
    const rpc = new Rpc(folder.history, { chainId: 1n })
    const goldens = jsonLines<Golden>('rpc', name)
    for (const { method, params, result } of goldens) {
      expect(await call(rpc, method, ...params), `${method} ${JSON.stringify(params)}`).toStrictEqual({
        jsonrpc: '2.0',
        id: 1,
        result,
      })
    }
    expect(goldens).toHaveLength(count)
  })

  interface Semantics {
    readonly request: unknown
    readonly why: string
    readonly expect: {
      readonly result?: unknown
      readonly error?: number
      readonly id?: unknown
      readonly batch?: readonly number[]
      readonly body?: 'empty'
      readonly onlyIf?: string
    }
  }

  test.each([
    ['which begins after block 0', false, madeUp],
    ['which begins with block 0', true, () => real('mainnet-00000-5ec1ffb8.era1')],
  ])('errors and choices over a file %s are those that clients count on', async (_, isFromStart, files) => {
    await using folder = await folderHistory(await files())
    const rpc = new Rpc(folder.history, { chainId: 1n })
    const cases = jsonLines<Semantics>('rpc', 'semantics.jsonl')
    for (const { request, why, expect: expected } of cases) {
      const text = await textOf(rpc, typeof request === 'string' ? request : JSON.stringify(request))
      if (expected.body === 'empty') {
        expect(text, why).toBeUndefined()
        continue
      }
      const answer = JSON.parse(text ?? '') as Answered
      const id = 'id' in expected ? expected.id : ((request as { readonly id?: unknown }).id ?? null)
      if (expected.batch !== undefined) {
        expect(answer, why).toMatchObject(expected.batch.map((code) => ({ id: null, error: { code } })))
        continue
      }
      const code = errorOf(expected, isFromStart, why)
      if (code !== undefined) expect(answer, why).toMatchObject({ id, error: { code } })
      else expect(answer, why).toStrictEqual({ jsonrpc: '2.0', id, result: await resultFor(rpc, expected) })
    }
    expect(cases).toHaveLength(38)
  })

  /** The code of the error that is right over this file. */
  function errorOf(
    { error, onlyIf, result }: Semantics['expect'],
    isFromStart: boolean,
    why: string,
  ): number | undefined {
    if (result === 'chain id or -32600') return -32600
    if (onlyIf !== undefined) return isFromStart ? undefined : error
    const asksForBlock1 = result === 'as by number' || why === 'index past the end'
    return asksForBlock1 && !isFromStart ? 4444 : error
  }

  async function resultFor(rpc: Rpc, { result, onlyIf }: Semantics['expect']): Promise<unknown> {
    if (result === 'chain id') return '0x1'
    if (result === 'as by number') return (await call(rpc, 'eth_getBlockReceipts', '0x1')).result
    if (onlyIf === undefined) return result
    return expect.anything()
  }
})
