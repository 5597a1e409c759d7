import type { ConfigWarning } from './config-warning.ts'
import type { Option } from './option.ts'

/** The end of the variables that Kubernetes puts into every pod for each Service, and Docker for a link. */
const OF_A_SERVICE = /_(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$/
/** What such a variable holds that has the name of a port. */
const ADDRESS = /^(?:tcp|udp|sctp):\/\//

/** Whether a variable that is no option's is there because a Service has a name like ours: nobody set it by mistake. */
export function isServiceLink(name: string, value: string): boolean {
  return ADDRESS.test(value) || OF_A_SERVICE.test(name)
}

/**
 * What to say of a variable that has the name of an option, but the address of a Service: beside a Service named
 * `datastreamer` every pod has `DATASTREAMER_PORT=tcp://10.43.1.2:6900`. It counts as absent.
 */
export function serviceAddressIn(option: Option, name: string, value: string): ConfigWarning | undefined {
  if (option.type !== 'integer' || !ADDRESS.test(value)) return undefined
  const why = 'is the address of a Service of that name, put there by Kubernetes (enableServiceLinks) or Docker'
  return { event: 'service-address', message: `${name}: "${value}" ${why}; it has no effect` }
}
