import type { Stats } from 'node:fs'

/** What a path leads to, for people: `a file`, `a folder`, … */
export function kindOfFile(stats: Stats): string {
  if (stats.isFile()) return 'a file'
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe (FIFO)'
  if (stats.isSocket()) return 'a socket'
  return stats.isBlockDevice() || stats.isCharacterDevice() ? 'a device' : 'of an unknown kind'
}
