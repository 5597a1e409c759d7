import { writeFileSync } from 'node:fs'
import { hasVectors, readVector, tempDir, unpackTar } from '@datastreamer/fixtures'
import { openLevelIndex } from '@datastreamer/store/testing'
import { describe, expect, test } from 'vitest'
import { jsonOf, linesOf } from './cli.ts'
import { bookmarksOf, sameStream } from './stream-files.ts'

/** Where an index says that bookmarks are. */
async function lookUp(folder: string, bookmarks: readonly Uint8Array[]): Promise<(number | undefined)[]> {
  const index = await openLevelIndex({ folder, createIfMissing: false })
  try {
    const found: (number | undefined)[] = []
    for (const bookmark of bookmarks) found.push(await index.get(bookmark))
    return found
  } finally {
    await index.close()
  }
}

describe.skipIf(!hasVectors('real-stream'))('the recorded stream of a network', () => {
  test('is archived and comes back: used bytes, and all bookmarks as its node had them', async () => {
    using dir = tempDir()
    const facts = JSON.parse(new TextDecoder().decode(readVector('real-stream', 'facts.json')))
    const file = dir.join('data-stream.bin')
    const back = dir.join('back.bin')
    writeFileSync(file, readVector('real-stream', 'data-stream.bin.gz'))
    const files = await jsonOf('e2store', 'export', file, '--out', dir.join('a'), '--blocks-per-file', '2000')
    expect(files.length).toBeGreaterThan(3)
    expect(files.reduce((sum, { blocks }) => sum + Number(blocks), 0)).toBe(facts.blocks)
    await linesOf('e2store', 'verify', ...files.map(({ file: path }) => String(path)))
    await linesOf('e2store', 'import', dir.join('a'), '--file', back)
    expect(sameStream(file, back)).toBe(true)

    const bookmarks = await bookmarksOf(back)
    expect(bookmarks).toHaveLength(11_420)
    unpackTar(dir.join('node'), 'real-stream', 'data-stream.db.tar.gz')
    const positions = await lookUp(dir.join('back.db'), bookmarks)
    expect(positions).toEqual(await lookUp(dir.join('node', 'data-stream.db'), bookmarks))
    expect(positions.every((position) => position !== undefined)).toBe(true)
  })
})

describe.skipIf(!hasVectors('stream'))('files that a Go server wrote', () => {
  test.each([
    'v01-empty',
    'v02-basic',
    'v03-page-padding',
    'v04-pad-1',
    'v05a-page-full-last',
    'v06b-rollback-then-more',
    'v07b-truncate-then-more',
    'v08-update',
    'v09-uncommitted',
    'v10-extended',
  ])('%s comes back', async (name) => {
    using dir = tempDir()
    const file = dir.join('s.bin')
    writeFileSync(file, readVector('stream', `${name}.bin.gz`))
    await linesOf('e2store', 'export', file, '--out', dir.join('a'), '--entries-per-file', '7')
    await linesOf('e2store', 'import', dir.join('a'), '--file', dir.join('t.bin'))
    expect(sameStream(file, dir.join('t.bin'))).toBe(true)
  })
})
