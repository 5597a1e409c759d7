import { openEra1 } from '@datastreamer/e2store'
import { verifyArchive } from '@datastreamer/e2store/execution'
import { openFile } from '@datastreamer/e2store/node'
import { RANDOM_BLOCKS, randomBlocks } from './blocks.mjs'

async function withArchive(path, use) {
  const source = await openFile(path)
  try {
    return await use(await openEra1(source))
  } finally {
    await source.close()
  }
}

async function count(items) {
  let n = 0
  for await (const _ of items) n++
  return n
}

export const tasks = {
  raw: (path) => withArchive(path, (archive) => count(archive.iterateRaw())),
  decode: (path) => withArchive(path, (archive) => count(archive.iterate())),
  verify: (path) => withArchive(path, async (archive) => (await verifyArchive(archive)).count),
  random: (path) =>
    withArchive(path, async (archive) => {
      let n = 0
      for (const i of randomBlocks(RANDOM_BLOCKS, archive.count)) {
        await archive.block(archive.start + BigInt(i))
        n++
      }
      return n
    }),
}
