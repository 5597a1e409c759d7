import { BeaconError } from '../errors.ts'

export type Form = 'json' | 'ssz'

const TYPES: Readonly<Record<Form, string>> = { json: 'application/json', ssz: 'application/octet-stream' }

/**
 * The form of an answer that a client prefers, of those that there are; the first one if it does not say.
 *
 * @throws {BeaconError} `NOT_ACCEPTABLE`
 */
export function chooseForm(accept: string | undefined, forms: readonly Form[]): Form {
  let best: { readonly form: Form; readonly weight: number } | undefined
  for (const range of (accept ?? '*/*').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    const form = forms.find((each) => type === TYPES[each] || type === 'application/*' || type === '*/*')
    if (form && weight > (best?.weight ?? 0)) best = { form, weight }
  }
  if (best) return best.form
  const offered = forms.map((each) => TYPES[each]).join(' or ')
  throw new BeaconError('NOT_ACCEPTABLE', `${offered} is what there is, accepted is ${accept}`)
}
