import type { Intake, IntakeOptions } from '../../readers/intake.ts'
import { StreamIntake } from '../../readers/stream-intake.ts'
import type { Form } from '../form.ts'
import { JetStreamIntake } from './jetstream-intake.ts'
import { RedisIntake } from './redis-intake.ts'

/** What reads operations that are written in a form. @param from of ours the first entry, else the last record before */
export function intakeOf(form: Form, from: number | string, options: IntakeOptions): Intake {
  switch (form) {
    case 'operation':
      return new StreamIntake(Number(from), options)
    case 'commands':
    case 'fields':
      return new RedisIntake(form, String(from), options)
    case 'message':
      return new JetStreamIntake(Number(from), options)
  }
}
