import { randomBytes } from 'node:crypto'
import { DATA_BYTES } from '../../harness/stream-file.ts'
import type { Intake, IntakeOptions } from '../../readers/intake.ts'
import { STREAM } from '../form.ts'

const MESSAGE = 'M'.charCodeAt(0)
const ERROR = '-'.charCodeAt(0)
/** Of the subject of the one answer; what is delivered has the subject of the stream. */
const ANSWER = 'a'.charCodeAt(0)
const NEW_LINE = 0x0a
/** Of the subject, in the head before a message. */
const AT_SUBJECT = 'MSG '.length

/**
 * A JetStream push consumer without acknowledgements, which this connection makes for itself: what needs the server least.
 * All messages are of one length, so that only the head before each is looked through, for its end.
 */
export class JetStreamIntake implements Intake {
  readonly hello: Uint8Array
  readonly #onOperation: IntakeOptions['onOperation']
  /** Entries of a message, and bytes of it with its end. */
  readonly #share: number
  readonly #messageBytes: number
  #started = false
  #entries = 0

  /** @param last number of the last message before those to come */
  constructor(last: number, { entries, onOperation }: IntakeOptions) {
    this.#onOperation = onOperation
    this.#share = entries
    this.#messageBytes = entries * DATA_BYTES + 2
    this.hello = helloAfter(last)
  }

  get started(): boolean {
    return this.#started
  }

  get entries(): number {
    return this.#entries
  }

  take(bytes: Buffer): number {
    for (let at = 0; ; ) {
      const lineEnd = bytes.indexOf(NEW_LINE, at)
      if (lineEnd < 0) return at
      if (bytes[at] === ERROR) throw new Error(bytes.toString('latin1', at, lineEnd))
      if (bytes[at] !== MESSAGE) at = lineEnd + 1
      else if (bytes[at + AT_SUBJECT] !== ANSWER) {
        const end = lineEnd + 1 + this.#messageBytes
        if (bytes.length < end) return at
        this.#entries += this.#share
        this.#onOperation?.(bytes.readBigUInt64BE(lineEnd + 1))
        at = end
      } else {
        const end = bytes.indexOf(NEW_LINE, lineEnd + 1)
        if (end < 0) return at
        const answer = bytes.toString('latin1', lineEnd + 1, end)
        if (answer.includes('"error"')) throw new Error(answer)
        this.#started = true
        at = end + 1
      }
    }
  }
}

/** Connect, listen to two subjects of one's own, and ask for a consumer that delivers to one and is answered on the other. */
function helloAfter(last: number): Uint8Array {
  const id = randomBytes(8).toString('hex')
  const config = {
    deliver_subject: `d.${id}`,
    ack_policy: 'none',
    deliver_policy: 'by_start_sequence',
    opt_start_seq: last + 1,
    replay_policy: 'instant',
    mem_storage: true,
  }
  const request = JSON.stringify({ stream_name: STREAM, config })
  return Buffer.from(
    [
      'CONNECT {"verbose":false,"pedantic":false}',
      `SUB d.${id} 1`,
      `SUB a.${id} 2`,
      `PUB $JS.API.CONSUMER.CREATE.${STREAM} a.${id} ${request.length}`,
      request,
      '',
    ].join('\r\n'),
  )
}
