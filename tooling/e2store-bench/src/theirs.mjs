import { registerHooks } from 'node:module'
import { RANDOM_BLOCKS, randomBlocks } from './blocks.mjs'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'snappy' || !context.parentURL?.includes('snappy-stream')) return next(specifier, context)
    return { url: new URL('./old-snappy.mjs', import.meta.url).href, format: 'module', shortCircuit: true }
  },
})

const library = await import('@ethereumjs/e2store')

export const tasks = {
  async raw(path) {
    let n = 0
    for await (const _ of await library.readERA1(library.readBinaryFile(path))) n++
    return n
  },
  async decode(path) {
    let n = 0
    for await (const tuple of await library.readERA1(library.readBinaryFile(path))) {
      await library.parseBlockTuple(tuple)
      n++
    }
    return n
  },
  async verify(path) {
    const bytes = library.readBinaryFile(path)
    return (await library.validateERA1(bytes)) ? library.getBlockIndex(bytes).count : 0
  },
  async random(path) {
    const bytes = library.readBinaryFile(path)
    const { data, count, recordStart } = library.getBlockIndex(bytes)
    const { offsets } = library.readBlockIndex(data, count)
    let n = 0
    for (const i of randomBlocks(RANDOM_BLOCKS, count)) {
      await library.parseBlockTuple(library.readBlockTupleAtOffset(bytes, recordStart, offsets[i]))
      n++
    }
    return n
  },
}
