import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const SWITCH = '/proc/sys/vm/drop_caches'

/** Make the system forget what it keeps of files in memory. @returns whether that could be done: Linux, as root */
export function dropPageCache(): boolean {
  try {
    execFileSync('sync')
    writeFileSync(SWITCH, '3')
    return true
  } catch {
    return false
  }
}
