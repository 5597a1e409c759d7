import { open } from 'node:fs/promises'
import { createServer } from 'node:http'
import { variants } from './bench-codecs.ts'
import { openHistory } from './src/node.ts'

const what = process.argv[2] ?? 'runs'
const from = process.argv[3] ?? '/tmp/rb/history'
for (let i = 0; i < 4; i++) {
  const history = await openHistory(from, { codecs: variants[process.argv[4] ?? 'sync'] })
  const start = performance.now()
  const cpu = process.cpuUsage(),
    elu = performance.eventLoopUtilization(),
    th = process.threadCpuUsage()
  let bytes = 0,
    n = 0
  if (what === 'runs')
    for await (const run of history.runs()) {
      bytes += run.bytes.length
      n += run.count
    }
  else if (what === 'batches')
    for await (const b of history.batches()) {
      n += b.length
      for (const e of b) bytes += e.data.length + 17
    }
  else if (what === 'operations')
    for await (const b of history.operations()) {
      if (b.kind === 'entries') for (const e of b.entries) bytes += e.data.length + 17
    }
  const s = (performance.now() - start) / 1000
  const c = process.cpuUsage(cpu)
  console.log(
    what,
    n,
    (bytes / 1e6 / s).toFixed(0),
    'MB/s',
    s.toFixed(2),
    's',
    'cpu',
    ((c.user + c.system) / 1e6).toFixed(2),
    'main',
    ((t) => (t.user + t.system) / 1e6)(process.threadCpuUsage(th)).toFixed(2),
    'rss',
    (process.memoryUsage.rss() / 1e6).toFixed(0),
  )
}
