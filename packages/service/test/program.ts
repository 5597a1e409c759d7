import { setTimeout as sleep } from 'node:timers/promises'
import { COMMON_OPTIONS, ConfigError, type Log, type OptionTable, runService } from '../src/index.ts'

// A service that does nothing but what --how says, for tests of the life of a process.
const OPTIONS = {
  how: { type: 'text', default: 'well', help: 'how' },
  ...COMMON_OPTIONS,
} as const satisfies OptionTable

await runService(
  {
    text: { name: 'program', version: '0.0.0', description: 'A program.' },
    options: OPTIONS,
    start: async ({ how }, { signal, waiting, fail, log, tlsRenewal }) => {
      if (how === 'fails-to-start') throw new Error('no luck')
      if (how === 'starts-slowly') waiting('nobody is there')
      if (how === 'starts-slowly') await sleep(60_000, undefined, { signal })
      if (how === 'start-hangs') await sleep(60_000)
      if (how === 'throws-at-start') setTimeout(() => Promise.reject(new Error('nobody caught this')), 50)
      if (how === 'throws-at-start') await sleep(60_000, undefined, { signal })
      if (how === 'throws-later') setTimeout(() => Promise.reject(new Error('nobody caught this')), 50)
      if (how === 'fails-later') setTimeout(() => fail(new Error('the disk is gone')), 50)
      if (how === 'fails-to-renew') {
        tlsRenewal.add(() => {
          throw new ConfigError('BAD_TLS', 'no certificate')
        })
      }
      // Events of many names, so that no limit of lines applies.
      const many: Log<string> = log
      if (how === 'logs-much') for (let i = 0; i < 20_000; i++) many.error(`event-${i}`, 'x'.repeat(1000))
      return {
        addresses: { stream: { host: '127.0.0.1', port: 1234 } },
        readiness: () => ({ ready: how !== 'unready', reason: 'as asked' }),
        status: () => ({ how, big: 2n ** 63n }),
        close: async () => {
          if (how === 'hangs') await sleep(60_000)
          if (how === 'fails-to-close') throw new Error('not closed')
        },
      }
    },
  },
  process.argv.slice(2),
)
