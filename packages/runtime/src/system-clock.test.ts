import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { resolve } from 'node:path'
import { FROM_SOURCE } from '@datastreamer/fixtures'
import { expect, test } from 'vitest'
import { Deadline } from './deadline.ts'
import { sleep } from './sleep.ts'
import { systemClock } from './system-clock.ts'

test('time goes on while one sleeps', async () => {
  const [began, date] = [systemClock.now(), systemClock.wallTime()]
  await sleep(systemClock, 20)
  expect(systemClock.now() - began).toBeGreaterThan(19)
  expect(systemClock.wallTime()).toBeGreaterThanOrEqual(date)
  expect(Math.abs(systemClock.wallTime() - Date.now())).toBeLessThan(60_000)
})

test('timers fire once, again, or not at all', async () => {
  const fired: string[] = []
  systemClock.after(1, () => fired.push('cancelled')).cancel()
  await new Promise<void>((resolve) => {
    const timer = systemClock.every(1, () => {
      fired.push('every')
      if (fired.length < 3) return
      timer.cancel()
      systemClock.soon(resolve)
    })
  })
  expect(fired).toEqual(['every', 'every', 'every'])
  let count = 0
  await new Promise<void>((resolve) => {
    const timer = systemClock.after(1, () => {
      if (++count < 2) timer.restart()
      else resolve()
    })
  })
})

test('a timer without a reference keeps no process alive', () => {
  const module = resolve(import.meta.dirname, 'system-clock.ts')
  const code = `import { systemClock } from ${JSON.stringify(module)}
    systemClock.after(600_000, () => {}, { ref: false })
    systemClock.every(600_000, () => {}, { ref: false })
    systemClock.after(1, () => console.log('fired'))`
  const args = [...FROM_SOURCE, '--input-type=module-typescript', '--no-warnings', '--eval', code]
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 280_000 })
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'fired\n' })
})

test('what came while the process was busy is read before a deadline passes', async () => {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const accepted = once(server, 'connection')
  const socket = connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, host: '127.0.0.1' })
  // What is written before is kept until then.
  const [[peer]] = await Promise.all([accepted, once(socket, 'connect')])
  let passed = 0
  const deadline = new Deadline(systemClock, 20, () => passed++)
  const heard = once(peer, 'data').then(() => deadline.cancel())
  socket.write('x')
  const end = performance.now() + 100
  while (performance.now() < end);
  await heard
  await new Promise((resolve) => setImmediate(resolve))
  expect(passed).toBe(0)
  socket.destroy()
  peer.destroy()
})
