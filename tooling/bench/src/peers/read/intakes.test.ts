import { encodeEntry, encodeResult, ResultCode } from '@datastreamer/format'
import { expect, test } from 'vitest'
import { DATA_BYTES } from '../../harness/stream-file.ts'
import type { Intake } from '../../readers/intake.ts'
import type { Form } from '../form.ts'
import { intakeOf } from './intakes.ts'

const STAMPS = [7n, 8n]

function dataOf(stamp: bigint): Buffer {
  const data = Buffer.alloc(DATA_BYTES, 'a')
  data.writeBigUInt64BE(stamp)
  return data
}

const joined = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))

function redisAnswer(entries: readonly (readonly bigint[])[]): Buffer {
  const head = `*1\r\n*2\r\n$1\r\ns\r\n*${entries.length}\r\n`
  const bodies = entries.map((stamps, i) => {
    const fields = stamps.flatMap((stamp) => [`$1\r\nd\r\n$${DATA_BYTES}\r\n`, dataOf(stamp), '\r\n'])
    return joined(`*2\r\n$17\r\n1700000000000-${100 + i}\r\n*${2 * stamps.length}\r\n`, ...fields)
  })
  return joined(head, ...bodies)
}

function delivered(stamps: readonly bigint[]): Buffer {
  const length = stamps.length * DATA_BYTES
  return joined(`MSG s 1 $JS.ACK.s.c.1.1.1.170.0 ${length}\r\n`, ...stamps.map(dataOf), '\r\n')
}

const ours = STAMPS.flatMap((stamp, operation) =>
  [0, 1].map((i) => encodeEntry({ type: 1, number: BigInt(5 + 2 * operation + i), data: dataOf(stamp) })),
)
const created = `{"type":"io.nats.jetstream.api.v1.consumer_create_response"}`

/** What two operations of two entries look like, and what their reader says meanwhile. */
const CASES: readonly { form: Form; from: number | string; bytes: Buffer; says: readonly string[] }[] = [
  { form: 'operation', from: 5, bytes: joined(encodeResult(ResultCode.OK), ...ours), says: [] },
  {
    form: 'commands',
    from: '0-0',
    bytes: joined(redisAnswer([[7n], [7n]]), redisAnswer([[8n], [8n]])),
    says: ['1700000000000-101', '1700000000000-101'],
  },
  {
    form: 'fields',
    from: '0-0',
    bytes: redisAnswer([
      [7n, 7n],
      [8n, 8n],
    ]),
    says: ['1700000000000-101'],
  },
  {
    form: 'message',
    from: 0,
    bytes: joined(
      'INFO {}\r\n',
      `MSG a.1 2 ${created.length}\r\n${created}\r\n`,
      delivered([7n, 7n]),
      delivered([8n, 8n]),
    ),
    says: [],
  },
]

/** Hand bytes over as a socket does: parts of any length, the rest of one before the next. */
function feed(intake: Intake, bytes: Buffer, partBytes: number): void {
  let rest: Buffer = Buffer.alloc(0)
  for (let at = 0; at < bytes.length; at += partBytes) {
    rest = joined(rest, bytes.subarray(at, at + partBytes))
    rest = rest.subarray(intake.take(rest))
  }
  expect(rest.length).toBe(0)
}

test.each(CASES)('$form: operations are noticed once, wherever the bytes are split', ({ form, from, bytes, says }) => {
  for (let partBytes = 1; partBytes <= bytes.length; partBytes += 3) {
    const stamps: bigint[] = []
    const said: string[] = []
    const say = (words: Uint8Array): void => void said.push(Buffer.from(words).toString())
    const intake = intakeOf(form, from, { say, entries: 2, onOperation: (stamp) => stamps.push(stamp) })
    feed(intake, bytes, partBytes)
    expect(intake.started).toBe(true)
    expect(intake.entries).toBe(4)
    expect(stamps).toEqual(STAMPS)
    expect(said.map((text) => text.split('\r\n').at(-2))).toEqual(says)
  }
})

test.each<{ form: Form; bytes: string; message: RegExp }>([
  { form: 'commands', bytes: '-ERR no such key, or something else\r\n', message: /Redis answered -ERR/ },
  { form: 'message', bytes: "-ERR 'Slow Consumer'\r\n", message: /Slow Consumer/ },
  { form: 'message', bytes: 'MSG a.1 2 13\r\n{"error":{}}\r\n', message: /"error"/ },
])('$form: $bytes is an error', ({ form, bytes, message }) => {
  const intake = intakeOf(form, 0, { say: () => {}, entries: 1 })
  expect(() => intake.take(Buffer.from(bytes))).toThrow(message)
})

test('operation: a gap is an error', () => {
  const intake = intakeOf('operation', 6, { say: () => {}, entries: 1 })
  expect(() => intake.take(joined(...ours))).toThrow('entry 5 came, expected 6')
})
