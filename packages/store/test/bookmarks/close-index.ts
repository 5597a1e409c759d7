// Opens an index, writes to it and closes it: `close-index.ts FOLDER`. Prints whether LevelDB was in memory before it was
// opened, while it was open, and once its thread was gone.
import { readFileSync } from 'node:fs'
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { bookmark, key } from './log-in-memory.ts'

function isLoaded(): boolean {
  return readFileSync('/proc/self/maps', 'utf8').includes('classic-level')
}

const states = [isLoaded()]
const index = await openLevelIndex({ folder: process.argv[2] ?? '', createIfMissing: true })
index.put([{ key: bookmark(key(1)).data, number: 77 }])
states.push(isLoaded())
await index.close()
states.push(isLoaded())
console.log(states.join(' '))
