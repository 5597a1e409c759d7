import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type CommandWork, runWork } from './run-command.ts'

/** A stream of which every write fails. */
function failing(code: string): Writable {
  const error = Object.assign(new Error(`${code}: write`), { code })
  return new Writable({ write: (_chunk, _encoding, done) => setImmediate(done, error) })
}

async function run(work: CommandWork, stdout: Writable): Promise<{ readonly status: number; readonly notes: string }> {
  let notes = ''
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      notes += String(chunk)
      done()
    },
  })
  return { status: await runWork(work, { stdout, stderr }, new AbortController().signal), notes }
}

describe('output that cannot be written', () => {
  test('fails a command that is done before it is known', async () => {
    const { status, notes } = await run(({ out }) => out.line('all there is'), failing('ENOSPC'))
    expect(status).toBe(1)
    expect(notes).toBe('datastreamer: standard output cannot be written: ENOSPC: write\n')
  })

  test('fails a command that waits for room', async () => {
    const { status, notes } = await run(({ out }) => out.line('x'.repeat(100_000)), failing('ENOSPC'))
    expect(status).toBe(1)
    expect(notes).toContain('ENOSPC')
  })
})

describe('output that nobody reads any more', () => {
  test('ends a command without a word', async () => {
    const work: CommandWork = async ({ out }) => {
      for (;;) await out.line('x'.repeat(100_000))
    }
    expect(await run(work, failing('EPIPE'))).toEqual({ status: 0, notes: '' })
  })

  test('does not change the status of a command that was done', async () => {
    const work: CommandWork = async ({ out }) => {
      await out.line('something was lost')
      return 3
    }
    expect(await run(work, failing('EPIPE'))).toEqual({ status: 3, notes: '' })
  })
})

test('notes that nobody reads any more change nothing', async () => {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  const work: CommandWork = async ({ note }) => note('done')
  expect(await runWork(work, { stdout: sink, stderr: failing('EPIPE') }, new AbortController().signal)).toBe(0)
})
