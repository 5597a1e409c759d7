import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DATA_BYTES } from '../../harness/stream-file.ts'
import { STREAM } from '../form.ts'
import { findProgram } from '../servers/program.ts'

const run = promisify(execFile)
const CONNECTIONS = 4
const PIPELINED = 250

/** Redis's own benchmark, of `XADD` with so many fields. @returns commands a second */
export async function redisBenchmark(port: number, fields: number, commands: number): Promise<number> {
  const data = 'a'.repeat(DATA_BYTES)
  const command = ['XADD', STREAM, '*', ...Array.from({ length: fields }, () => ['d', data]).flat()]
  const load = ['-n', String(commands), '-c', String(CONNECTIONS), '-P', String(PIPELINED), '--csv']
  const path = findProgram('redis-benchmark', 'redis-tools')
  const { stdout } = await run(path, ['-p', String(port), ...load, ...command])
  const rate = Number(/","([\d.]+)",/.exec(stdout.split('\n')[1] ?? '')?.[1])
  if (!(rate > 0)) throw new Error(`redis-benchmark said ${stdout}`)
  return rate
}
