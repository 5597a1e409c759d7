import { spawn } from 'node:child_process'
import { DiskError } from './errors.ts'

/** Number of the descriptor in the child process, and the file that it names there. */
const CHILD_FD = 3
const CHILD_FILE = `/proc/self/fd/${CHILD_FD}`

/**
 * Free the disk space of bytes of an open file, as `fallocate(2)` does with `FALLOC_FL_PUNCH_HOLE`. Node has no such call, so the
 * descriptor is passed to the program `fallocate` of util-linux.
 *
 * @throws {DiskError} `CANNOT_FREE` if there is no such program, or the file system cannot do that
 */
export function punchHole(fd: number, from: number, to: number): Promise<void> {
  if (from >= to) return Promise.resolve()
  const range = ['--offset', String(from), '--length', String(to - from)]
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: Error): void => {
      const message = `the disk space of bytes ${from} to ${to - 1} cannot be freed: ${why}`
      reject(new DiskError('CANNOT_FREE', message, cause && { cause }))
    }
    const child = spawn('fallocate', ['--punch-hole', ...range, CHILD_FILE], {
      stdio: ['ignore', 'ignore', 'pipe', fd],
    })
    let output = ''
    child.stderr?.on('data', (chunk: Uint8Array) => {
      output += String(chunk)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'there is no program fallocate (util-linux)' : error.message
      refuse(why, error)
    })
    child.once('close', (status, signal) => {
      if (status === 0) resolve()
      else refuse(`fallocate ended with ${signal ?? `status ${status}`}: ${output.trim()}`)
    })
  })
}
