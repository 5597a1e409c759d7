import type { ConfigWarning } from './config-warning.ts'
import { nearest } from './nearest.ts'
import { type OptionTable, VARIABLE_PREFIX, variableOf } from './option.ts'
import { isServiceLink } from './service-links.ts'

/** Variables that look like ours, and are none: each with the name that was probably meant. */
export function unknownVariables(
  table: OptionTable,
  env: Readonly<Record<string, string | undefined>>,
): readonly ConfigWarning[] {
  const known = Object.keys(table).map(variableOf)
  return Object.entries(env).flatMap(([name, value]) => {
    if (!name.startsWith(VARIABLE_PREFIX) || !value || known.includes(name) || isServiceLink(name, value)) return []
    const near = nearest(
      name.slice(VARIABLE_PREFIX.length),
      known.map((own) => own.slice(VARIABLE_PREFIX.length)),
    )
    const meant = near === undefined ? '' : `, did you mean ${VARIABLE_PREFIX}${near}?`
    return [{ event: 'unknown-variable', message: `${name}: no option has this variable${meant}; it has no effect` }]
  })
}
