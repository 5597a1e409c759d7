// For the tests of other packages; not published.

export { openLevelIndex } from '../src/bookmarks/level-index.ts'
export { PageBuffers } from '../src/log/page-buffers.ts'
export { StreamLog } from '../src/log/stream-log.ts'
export { gatedDisk, standstill } from './gated-disk.ts'
export { concat, MemoryFile, TestLog } from './memory-log.ts'
export { type Random, randomFrom } from './sim/random.ts'
