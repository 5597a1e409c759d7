import { encodeSourceAnswer, SourceCode } from '@datastreamer/format/source'
import { expect, test } from 'vitest'
import { InFlight } from './in-flight.ts'
import { LineAnswers, SourceAnswers, Template } from './wire.ts'

test.each([
  { what: 'XADD', first: '$', answers: '$15\r\n1700000000000-0\r\n$15\r\n1700000000000-1\r\n', count: 2 },
  { what: 'MULTI', first: '*', answers: '+OK\r\n+QUEUED\r\n*1\r\n$15\r\n1700000000000-0\r\n', count: 1 },
  { what: 'JetStream', first: '{', answers: 'INFO {}\r\nMSG a 1 22\r\n{"stream":"s","seq":1}\r\n', count: 1 },
])('$what: acknowledgements are counted wherever the bytes are split', ({ first, answers, count }) => {
  for (let split = 0; split <= answers.length; split++) {
    const lines = new LineAnswers(first)
    const parts = [answers.slice(0, split), answers.slice(split)]
    expect(parts.reduce((sum, part) => sum + lines.count(Buffer.from(part)), 0)).toBe(count)
  }
})

test('commits are counted wherever the bytes are split, pings are not, refusals are errors', () => {
  const committed = encodeSourceAnswer({ name: 'committed', firstEntry: 0n, nextEntry: 1n })
  const ping = encodeSourceAnswer({ name: 'ping' })
  const bytes = Buffer.concat([ping, committed, ping, committed])
  for (let split = 0; split <= bytes.length; split++) {
    const answers = new SourceAnswers()
    expect(answers.count(bytes.subarray(0, split)) + answers.count(bytes.subarray(split))).toBe(2)
  }
  const refused = encodeSourceAnswer({ name: 'refused', code: SourceCode.WRITE_FAILED, totalEntries: 1n, text: '' })
  expect(() => new SourceAnswers().count(Buffer.concat([ping, refused]))).toThrow('an answer of type 142')
})

test('a line that refuses is an error', () => {
  const lines = new LineAnswers('$')
  lines.count(Buffer.from('$3\r\n1-1\r\n'))
  expect(() => lines.count(Buffer.from('-MISCONF the disk is full\r\n'))).toThrow('-MISCONF the disk is full')
})

test('stamps go to the data of each entry, and into fresh bytes', () => {
  const template = new Template(Buffer.from('<aaaaaaaa|aaaaaaaa>'), Buffer.from('aaaaaaaa'))
  const plain = template.repeated(2)
  const stamped = template.fresh(2, 0x6262626262626262n)
  expect(stamped.toString()).toBe('<bbbbbbbb|bbbbbbbb><bbbbbbbb|bbbbbbbb>')
  expect(plain.toString()).toBe('<aaaaaaaa|aaaaaaaa><aaaaaaaa|aaaaaaaa>')
})

test('a writer waits until few enough are in flight, and no longer', async () => {
  const flight = new InFlight()
  flight.begin(3)
  const few = flight.atMost(1).then(() => flight.acknowledged)
  flight.acknowledge(1)
  flight.acknowledge(1)
  expect(await few).toBe(2)
  const none = flight.atMost(0)
  flight.fail(new Error('closed'))
  await expect(none).rejects.toThrow('closed')
})
