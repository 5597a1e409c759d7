import type { ConfigWarning } from './config-warning.ts'
import { nearest } from './nearest.ts'
import { type OptionTable, VARIABLE_PREFIX, variableOf } from './option.ts'

/** What Kubernetes puts into every pod beside a Service whose name begins like ours: nobody set it by mistake. */
const OF_A_SERVICE = /_(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$/
const ADDRESS = /^(?:tcp|udp|sctp):\/\//

/** Variables that look like ours, and are none: each with the name that was probably meant. */
export function unknownVariables(
  table: OptionTable,
  env: Readonly<Record<string, string | undefined>>,
): readonly ConfigWarning[] {
  const known = Object.keys(table).map(variableOf)
  return Object.entries(env).flatMap(([name, value]) => {
    if (!name.startsWith(VARIABLE_PREFIX) || !value || known.includes(name) || isOfService(name, value)) return []
    const near = nearest(
      name.slice(VARIABLE_PREFIX.length),
      known.map((own) => own.slice(VARIABLE_PREFIX.length)),
    )
    const meant = near === undefined ? '' : `, did you mean ${VARIABLE_PREFIX}${near}?`
    return [{ event: 'unknown-variable', message: `${name}: no option has this variable${meant}; it has no effect` }]
  })
}

function isOfService(name: string, value: string): boolean {
  return ADDRESS.test(value) || OF_A_SERVICE.test(name)
}
