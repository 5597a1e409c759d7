import { isIP } from 'node:net'
import { hostname } from 'node:os'

/** Every name is accepted. */
const ANY = '*'

/**
 * Says which `Host` headers a listener answers, so that no page of another site can have a browser ask it under a name
 * that leads here (DNS rebinding).
 *
 * An address is always answered: a page that a browser fetched by an address came from here. Of names, `localhost` is,
 * the host that it listens on, the machine's own name if it listens beyond loopback, and those of `allowed`.
 */
export class HostNames {
  readonly #names = new Set(['localhost'])
  readonly #any: boolean

  /**
   * @param host that it listens on
   * @param allowed further names, with or without a port; `*` stands for every one
   */
  constructor(host: string, allowed: readonly string[] = []) {
    this.#any = allowed.includes(ANY)
    for (const name of [host, ...(isLoopback(host) ? [] : [hostname()]), ...allowed]) this.#names.add(nameOf(name))
  }

  /** @param header `name`, `name:port`, `[::1]:port`; `undefined` if a request of HTTP/1.0 has none, as of no browser */
  allows(header: string | undefined): boolean {
    if (header === undefined || this.#any) return true
    const name = nameOf(header)
    return isIP(name) !== 0 || this.#names.has(name)
  }
}

/** The name or address of a `Host` header, without port, brackets, zone and final dot, in lower case. */
function nameOf(header: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? []
  const name = bracketed === undefined ? (plain ?? header) : bracketed.replace(/%.*$/, '')
  return name.toLowerCase().replace(/\.$/, '')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
