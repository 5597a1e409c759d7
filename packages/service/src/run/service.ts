import type { Clock, Net } from '@datastreamer/runtime'
import type { Registry } from 'prom-client'
import type { Address } from '../admin/address.ts'
import type { Readiness } from '../admin/admin-server.ts'
import type { Log } from '../log/log.ts'
import type { ProgramText } from '../options/command-line.ts'
import type { PROCESS_OPTIONS } from '../options/common-options.ts'
import type { ConfigOf, OptionTable } from '../options/option.ts'
import type { TlsRenewal } from '../tls/tls-renewal.ts'

/** What a service has of the process around it. */
export interface ServiceContext {
  readonly log: Log
  /** What `/metrics` shows. */
  readonly metrics: Registry
  /** What has to read its files of certificates again at SIGHUP. */
  readonly tlsRenewal: TlsRenewal
  /** Time and timers of the process. */
  readonly clock: Clock
  /** Where it listens, and dials. */
  readonly net: Net
  /** Aborted when the process is to end: a start that takes long should give up. */
  readonly signal: AbortSignal
  /** Say what a start that takes long waits for: `/readyz` tells it. */
  waiting(reason: string): void
  /** End the process with status 1: something is gone that the service cannot do without. */
  fail(error: unknown): void
}

type StatusFields = Readonly<Record<string, unknown>>

/** A service that runs. */
export interface Service {
  /** Where it listens, by what for; said in the ready line. */
  readonly addresses: Readonly<Record<string, Address>>
  readiness(): Readiness
  /** What `/api/status` shows, bigints allowed. */
  status(): StatusFields | Promise<StatusFields>
  /** End in order: finish what was begun, let clients take what was written to them for at most `graceMs`. */
  close(options: { readonly graceMs: number }): Promise<void>
}

/** A program that runs a service. */
export interface ServiceProgram<T extends OptionTable> {
  readonly text: ProgramText
  /** With those of {@link PROCESS_OPTIONS}. */
  readonly options: T & typeof PROCESS_OPTIONS
  /** @throws {ConfigError} for options that do not go together; ends the process with status 2 */
  start(config: ConfigOf<T & typeof PROCESS_OPTIONS>, context: ServiceContext): Promise<Service>
}
