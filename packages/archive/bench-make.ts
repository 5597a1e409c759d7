import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readVector } from '@datastreamer/fixtures'
import { readEntries } from '@datastreamer/format'
import { TestHistory } from './test/support/make-history.ts'

const file = readVector('real-stream', process.argv[2] ?? '')
const ops: { type: number; data: Uint8Array }[][] = []
let op: { type: number; data: Uint8Array }[] = []
let bytes = 0
for await (const { type, data } of readEntries(file)) {
  op.push({ type, data: data.slice() })
  bytes += 17 + data.length
  if (op.length >= 50) {
    ops.push(op)
    op = []
  }
}
console.log(ops.length, bytes)
const history = new TestHistory({ name: 'bench' })
const perSegment = Math.floor(((32 * 1048576) / bytes) * ops.length)
let at = 0
for (let s = 0; s < Number(process.argv[3] ?? 16); s++) {
  const some: typeof ops = []
  for (let i = 0; i < perSegment; i++) some.push(ops[at++ % ops.length]!)
  await history.add(some)
}
await history.publish()
for (const [key, { bytes }] of history.objects.stored) {
  const path = `/tmp/rb/history/${key}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}
console.log(history.entries.length)
