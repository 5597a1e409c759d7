import { spawn } from 'node:child_process'

/** `free` if it was locked by this call, `taken` if another process holds the lock, `no-program` if `flock` is not installed. */
export type FlockOutcome = 'free' | 'taken' | 'no-program'

/** Number of the descriptor in the child process. */
const CHILD_FD = 3

/**
 * Lock an open file exclusively, as `flock(2)` does, without waiting. Node has no such call, so the descriptor is passed
 * to the program `flock` of util-linux or busybox. The lock belongs to the open file: it outlives that program and ends
 * when the descriptor is closed, however this process ends.
 *
 * @throws if the system cannot lock the file
 */
export function takeFlock(fd: number): Promise<FlockOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', '-n', String(CHILD_FD)], { stdio: ['ignore', 'ignore', 'pipe', fd] })
    let output = ''
    child.stderr?.on('data', (chunk: Uint8Array) => {
      output += String(chunk)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve('no-program')
      else reject(error)
    })
    child.once('close', (status, signal) => {
      if (status === 0) resolve('free')
      // Both programs exit so, silently, if another process holds the lock.
      else if (status === 1 && output === '') resolve('taken')
      else reject(new Error(`flock ended with ${signal ?? `status ${status}`}: ${output.trim()}`))
    })
  })
}
