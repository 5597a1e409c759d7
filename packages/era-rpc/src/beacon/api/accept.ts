import { BeaconError } from '../errors.ts'

export type Form = 'json' | 'ssz'

const TYPES: Readonly<Record<Form, string>> = { json: 'application/json', ssz: 'application/octet-stream' }

/** Ranges that both types are in, the closer one first: it has the last word on the weight of a type. */
const WIDER: readonly string[] = ['application/*', '*/*']

/**
 * The form of an answer that a client prefers, of those that there are; the first one if it does not say.
 *
 * @throws {BeaconError} `NOT_ACCEPTABLE`
 */
export function chooseForm(accept: string | undefined, forms: readonly Form[]): Form {
  const ranges = (accept ?? '*/*').split(',').map(readRange)
  let best: { readonly form: Form; readonly weight: number } | undefined
  for (const form of forms) {
    const weight = weightOf(TYPES[form], ranges)
    if (weight > (best?.weight ?? 0)) best = { form, weight }
  }
  if (best) return best.form
  const offered = forms.map((each) => TYPES[each]).join(' or ')
  throw new BeaconError('NOT_ACCEPTABLE', `${offered} is what there is, accepted is ${accept}`)
}

interface Range {
  readonly type: string
  readonly weight: number
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, weight: quality === undefined ? 1 : Number(quality.slice(2)) || 0 }
}

/** The weight of a type: 0 if it is not accepted. */
function weightOf(wanted: string, ranges: readonly Range[]): number {
  for (const type of [wanted, ...WIDER]) {
    const found = ranges.find((range) => range.type === type)
    if (found) return found.weight
  }
  return 0
}
