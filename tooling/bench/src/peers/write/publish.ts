/** Writes one operation in each period, each entry beginning with the time at which that was done. */
import { setTimeout as sleep } from 'node:timers/promises'
import { answerQuestions } from '../../harness/process.ts'
import type { Form } from '../form.ts'
import { InFlight } from './in-flight.ts'
import { openWire } from './wires.ts'

export interface PublishQuestion {
  readonly form: Form
  readonly port: number
  readonly operations: number
  readonly entries: number
  readonly periodMs: number
}

/** Answered when all are acknowledged. */
answerQuestions(async ({ form, port, operations, entries, periodMs }: PublishQuestion): Promise<void> => {
  const flight = new InFlight()
  await using writer = await openWire(form, { port, entries, flight })
  const start = performance.now()
  for (let operation = 0; operation < operations; operation++) {
    await sleep(Math.max(0, start + operation * periodMs - performance.now()))
    flight.begin(1)
    writer.writeStamped(process.hrtime.bigint())
  }
  await flight.atMost(0)
})
