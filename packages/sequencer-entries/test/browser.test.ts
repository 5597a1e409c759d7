import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

test('bundled for a browser it needs nothing of Node, and runs', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `
        import { assembleBlocks, blockBookmark, blockToJson, generateStream } from './src/index.ts'
        globalThis.run = async () => {
          const entries = [...generateStream({ blocks: 20n })].flat().map((entry, i) => ({ ...entry, number: BigInt(i) }))
          const lines = []
          for await (const block of assembleBlocks([entries], { generation: 'protobuf' })) lines.push(blockToJson(block))
          return { lines: lines.length, last: lines.at(-1).number, bookmark: Array.from(blockBookmark(5n)) }
        }`,
      resolveDir: `${import.meta.dirname}/..`,
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    conditions: ['@datastreamer/source'],
  })
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports)
  expect(imports.filter(({ external, path }) => external || path.startsWith('node:'))).toEqual([])
  // A context of its own has the language and nothing of Node; what is given here, browsers have.
  const context = createContext({ TextEncoder, TextDecoder })
  runInContext(outputFiles[0]?.text ?? '', context)
  const result: unknown = await runInContext('run().then(JSON.stringify)', context)
  expect(JSON.parse(String(result))).toEqual({ lines: 20, last: '19', bookmark: [8, 2, 16, 5] })
})
