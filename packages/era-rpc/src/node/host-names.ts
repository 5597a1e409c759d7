import { isIP } from 'node:net'

/** Every name or origin is accepted. */
export const ANY = '*'

/**
 * Says which `Host` headers are answered, so that no page of another site can have a browser ask under a name that leads
 * here (DNS rebinding). Addresses are always answered.
 */
export class HostNames {
  readonly #names: ReadonlySet<string>

  /** @param names `*` stands for every one */
  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()))
  }

  /** @param header `name`, `name:port`, `[::1]:port`; absent in HTTP/1.0, as of no browser */
  allows(header: string | undefined): boolean {
    if (header === undefined || this.#names.has(ANY)) return true
    const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header) ?? []
    const name = (bracketed ?? plain ?? header).toLowerCase().replace(/\.$/, '')
    return isIP(name) !== 0 || this.#names.has(name)
  }
}
