import process from 'node:process'

/**
 * End the process now with a status, whatever its threads wait for. `process.exit` waits for them, also for one that waits
 * for a disk that does not answer; another program in the place of this one does not. Where the system has no such call
 * the process kills itself.
 */
export function endProcess(status: number): never {
  try {
    const { execPath } = process
    process.execve?.(execPath, [execPath, '-e', `process.exit(${status})`], {})
  } catch {
    // Killed, then.
  }
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}
