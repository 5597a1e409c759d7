import { describe, expect, test } from 'vitest'
import { createLog, errorFields, type LogOptions } from './create-log.ts'
import { limitLines } from './line-limit.ts'
import type { Log } from './log.ts'

function logInto(options: Partial<LogOptions> = {}): { readonly log: Log<string>; readonly lines: string[] } {
  const lines: string[] = []
  return { log: createLog({ level: 'info', format: 'json', write: (line) => lines.push(line), ...options }), lines }
}

class Foreseen extends Error {
  readonly code = 'CODE'
}

describe('json', () => {
  test('an object a line: level, time, event, message, fields', () => {
    const { log, lines } = logInto()
    log.warn('client-rejected', 'not accepted', { id: 3 })
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      event: 'client-rejected',
      msg: 'not accepted',
      id: 3,
    })
  })

  test('levels below the one asked for are left out', () => {
    const { log, lines } = logInto({ level: 'warn' })
    log.info('a', 'a')
    log.error('b', 'b')
    expect(lines).toHaveLength(1)
  })

  test('an error that was foreseen has its code and cause, another its stack', () => {
    const { log, lines } = logInto()
    log.error('x', 'x', { error: new Foreseen('outer', { cause: new Error('inner') }) })
    expect(JSON.parse(lines[0] ?? '').error).toEqual({
      type: 'Error',
      message: 'outer',
      code: 'CODE',
      cause: { type: 'Error', message: 'inner', stack: expect.stringContaining('inner') },
    })
  })
})

describe('pretty', () => {
  test('a line for people, without what the message has said already', () => {
    const { log, lines } = logInto({ format: 'pretty', color: false })
    log.info('serving', 'serving it', { entries: 3 })
    log.error('failed', 'it failed', { error: new Foreseen('it failed') })
    expect(lines[0]).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] INFO: serving it \{"entries":3\}\n$/)
    expect(lines[1]).toMatch(/ERROR: it failed\n$/)
  })
})

describe('what comes from outside', () => {
  const evil = 'a\x1b[2J\nFATAL: b\x9b\u202e\x7f.bin'

  test.each(['pretty', 'json'] as const)('begins no line and gives no commands: %s', (format) => {
    const { log, lines } = logInto({ format, color: false })
    log.warn('x', `made ${evil}`, { file: evil, error: new Foreseen(evil, { cause: new Error(evil) }) })
    expect(lines).toHaveLength(1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(lines[0]).toMatch(/^[^\x00-\x1f\x7f-\x9f\u202e]+\n$/)
    expect(lines[0]).toContain('made a\\u001b[2J\\nFATAL: b\\u009b\\u202e\\u007f.bin')
    if (format === 'json') expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: `made ${evil}`, file: evil })
  })
})

describe('an error as people see it', () => {
  const line = (message: string, error: unknown): string => {
    const { log, lines } = logInto({ format: 'pretty', color: false })
    log.error('x', message, { error })
    return (lines[0] ?? '').replace(/^.*ERROR: /, '')
  }

  test('stands once, and so do its causes', () => {
    const system = new Foreseen("ENOENT: no such file or directory, open 'x'")
    const error = new Foreseen(`cannot open: ${system.message}`, { cause: system })
    expect(line(error.message, error)).toBe(`${error.message}\n`)
  })

  test('comes with the cause that it does not name', () => {
    const found = line('it failed', new Foreseen('it failed', { cause: new Foreseen('the disk is gone') }))
    expect(found).toBe('it failed {"error":{"type":"Error","message":"the disk is gone","code":"CODE"}}\n')
  })

  test('comes with the stack of one that was not foreseen', () => {
    const found = line('Error: no luck', new Error('no luck'))
    expect(found).toMatch(/^Error: no luck \{"error":\{"stack":\["at .*log\.test\.ts:\d+:\d+\)?"/)
    expect(found.match(/no luck/g)).toHaveLength(1)
  })
})

describe('errors as fields', () => {
  test('bounded in text and depth', () => {
    let error = new Foreseen('x'.repeat(10_000))
    for (let i = 0; i < 10; i++) error = new Foreseen('y', { cause: error })
    expect(JSON.stringify(errorFields(error)).length).toBeLessThan(1000)
    expect(JSON.stringify(errorFields('z'.repeat(10_000))).length).toBeLessThan(2100)
  })
})

describe('flood', () => {
  test('so many lines of an event in a window; the rest is counted', () => {
    const { log, lines } = logInto()
    let now = 0
    const limited = limitLines(log, { maxLines: 3, windowMs: 100, now: () => now })
    for (let i = 0; i < 10; i++) limited.warn('flood', `line ${i}`)
    limited.warn('other', 'comes through')
    now = 100
    limited.warn('flood', 'next window')
    limited.warn('flood', 'and on')
    const written = lines.map((line) => JSON.parse(line))
    expect(written.map(({ msg }) => msg)).toEqual([
      'line 0',
      'line 1',
      'line 2',
      'comes through',
      'next window',
      'and on',
    ])
    expect(written.map(({ omitted }) => omitted)).toEqual([undefined, undefined, undefined, undefined, 7, undefined])
  })

  test('a clock that goes back opens a new window', () => {
    const { log, lines } = logInto()
    let now = 1000
    const limited = limitLines(log, { maxLines: 1, windowMs: 100, now: () => now })
    limited.info('a', '1')
    now = 10
    limited.info('a', '2')
    expect(lines).toHaveLength(2)
  })
})
