import { spawn } from 'node:child_process'

/** `free` if it is locked now, `taken` if another has it, `no-program` where there is no `flock` to be run. */
export type FlockOutcome = 'free' | 'taken' | 'no-program'

/** Number under which the program gets the descriptor. */
const CHILD_FD = 3

/**
 * Lock an open file exclusively, as `flock(2)` does, without waiting. Node has no such call, so the descriptor is handed
 * to the program `flock` of util-linux or busybox: the lock is the open file's, and stays when that program has ended,
 * until the descriptor is closed, however its process ends.
 *
 * @throws if the system cannot lock such a file
 */
export function takeFlock(fd: number): Promise<FlockOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', '-n', String(CHILD_FD)], { stdio: ['ignore', 'ignore', 'pipe', fd] })
    let said = ''
    child.stderr?.on('data', (chunk: Uint8Array) => {
      said += String(chunk)
    })
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve('no-program')
      else reject(error)
    })
    child.once('close', (status, signal) => {
      if (status === 0) resolve('free')
      // Both programs end so, silently, if another has the lock.
      else if (status === 1 && said === '') resolve('taken')
      else reject(new Error(`flock ended with ${signal ?? `status ${status}`}: ${said.trim()}`))
    })
  })
}
