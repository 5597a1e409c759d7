import { setTimeout as sleep } from 'node:timers/promises'
import { type Net, nodeNet, systemClock } from '@datastreamer/runtime'
import { createLog, readCommandLine, resolveConfig, type Service, TlsRenewal } from '@datastreamer/service'
import { Registry } from 'prom-client'
import { expect } from 'vitest'
import { OPTIONS } from '../../src/options.ts'
import { program } from '../../src/program.ts'

/** The network of this machine, as if the servers on it were elsewhere. */
export const ELSEWHERE: Net = {
  ...nodeNet,
  dial: (options, onOpen) =>
    Object.defineProperty(nodeNet.dial(options, onOpen), 'remoteAddress', { value: '192.0.2.7' }),
}

/** The status of a relay, as far as tests look at it. */
export interface RelayStatus {
  readonly stream: { readonly totalEntries: bigint; readonly systemId: bigint; readonly version: number }
  readonly relay: {
    readonly upstream: string | null
    readonly state: string
    readonly operationBoundaries: boolean | null
    readonly compression: boolean | null
    readonly entriesBehind: bigint | null
    readonly reconnects: number
    readonly entriesReceived: number
    readonly problem: string | null
    readonly secondsSinceLastEntry: number | null
    readonly upstreams: readonly { readonly name: string; readonly failures: number }[]
  }
}

/** A relay in this process, started as its program starts it. */
export class TestRelay implements AsyncDisposable {
  readonly #service: Service
  readonly #metrics: Registry
  /** Lines of its log. */
  readonly lines: { readonly event: string; readonly msg: string; readonly level: string }[]

  private constructor(service: Service, metrics: Registry, lines: TestRelay['lines']) {
    this.#service = service
    this.#metrics = metrics
    this.lines = lines
  }

  static async start(
    args: readonly string[],
    signal: AbortSignal = new AbortController().signal,
    waiting: (reason: string) => void = () => undefined,
    net: Net = nodeNet,
  ): Promise<TestRelay> {
    const line = readCommandLine(['--host', '127.0.0.1', '--port', '0', ...args], OPTIONS, program.text)
    if (line.kind === 'print') throw new Error(line.text)
    const config = resolveConfig(OPTIONS, { ...line, env: {} })
    const lines: TestRelay['lines'] = []
    const log = createLog({ level: 'debug', format: 'json', write: (text) => lines.push(JSON.parse(text)) })
    const metrics = new Registry()
    const fail = (error: unknown): void => {
      lines.push({ event: 'failed', level: 'fatal', msg: String(error) })
    }
    const machine = { clock: systemClock, net }
    const context = { log, metrics, tlsRenewal: new TlsRenewal(), ...machine, signal, waiting, fail }
    return new TestRelay(await program.start(config, context), metrics, lines)
  }

  get port(): number {
    return this.#service.addresses.stream?.port ?? 0
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async status(): Promise<RelayStatus> {
    return (await this.#service.status()) as unknown as RelayStatus
  }

  async total(): Promise<bigint> {
    return (await this.status()).stream.totalEntries
  }

  /** Entries that are signed; -1 before any signature. */
  async signedEntries(): Promise<number> {
    const { signatures } = (await this.#service.status()) as { signatures?: { signedEntries: number } }
    return signatures?.signedEntries ?? -1
  }

  get readiness(): ReturnType<Service['readiness']> {
    return this.#service.readiness()
  }

  metrics(): Promise<string> {
    return this.#metrics.metrics()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service.close({ graceMs: 0 })
  }
}

/** Wait until something is so. @throws {Error} naming it if it is not so in time */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so in ${timeoutMs} ms: ${what}`)
    await sleep(5)
  }
}

/** Why a relay goes on waiting for an upstream at its start; then it is stopped. */
export async function refusalOf(args: readonly string[]): Promise<string> {
  const stop = new AbortController()
  let refusal = ''
  const starting = TestRelay.start(args, stop.signal, (reason) => {
    refusal = reason
    stop.abort(new Error('enough'))
  })
  await expect(starting).rejects.toThrow('enough')
  return refusal
}
