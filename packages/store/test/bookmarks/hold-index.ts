// Opens an index and holds it until its input ends: `hold-index.ts FOLDER`. Prints `open`, or the code of the error.
import { openLevelIndex } from '../../src/bookmarks/level-index.ts'
import { bookmark, key } from './log-in-memory.ts'

try {
  const index = await openLevelIndex({ folder: process.argv[2] ?? '', createIfMissing: true })
  await index.finish()
  index.put([{ key: bookmark(key(1)).data, number: 77 }])
  await index.flush({ sync: false })
  console.log('open')
  process.stdin.resume()
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error))
}
