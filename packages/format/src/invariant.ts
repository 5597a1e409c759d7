import { StreamError } from './errors.ts'

/** Something is so that the code promises never to be so: a defect of ours. What noticed it refuses to go on. */
export class InternalError extends StreamError<'INVARIANT'> {
  override readonly name: string = 'InternalError'
}

/** Check what a class promises of itself. @throws {InternalError} if it is not so */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError('INVARIANT', `invariant broken: ${message}`)
}
