import { statSync } from 'node:fs'
import { join } from 'node:path'

/** What the addresses of histories begin with. */
const ADDRESS = /^(?:https?|s3|file):\/\//i

/** Whether SRC names a history: an address, or a folder with a checkpoint in it. */
export function isHistory(src: string): boolean {
  if (ADDRESS.test(src)) return true
  try {
    return statSync(src).isDirectory() && statSync(join(src, 'checkpoint')).isFile()
  } catch {
    return false
  }
}
