import type { DamageError } from '@datastreamer/store'
import type { VerifyEvent } from '@datastreamer/store/check'
import type { Output } from './output.ts'
import { Progress } from './progress.ts'

/** Print every damage that a check finds, with a bar for its progress; gives what the check returns. */
export async function reportDamages<T>(
  checking: AsyncGenerator<VerifyEvent, T, void>,
  label: string,
  out: Output,
  json: boolean,
): Promise<T> {
  using progress = new Progress(label)
  await using steps = checking
  for (;;) {
    const step = await steps.next()
    if (step.done === true) return step.value
    if (step.value.kind === 'progress') progress.show(step.value.done, step.value.total)
    else {
      progress.clear()
      const { error } = step.value
      await out.line(json ? damageJson(error) : `${error.code}: ${error.message}`)
    }
  }
}

/** A damage for `--json`. */
function damageJson({ code, message, position, page, entryNumber, range }: DamageError): string {
  return JSON.stringify({
    code,
    message,
    position,
    page,
    entryNumber: entryNumber === undefined ? null : String(entryNumber),
    ...(range && { endPosition: range.to.totalLength, endEntry: String(range.to.totalEntries) }),
  })
}
