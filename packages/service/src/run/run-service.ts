import { StreamError } from '@datastreamer/format'
import { nodeNet, systemClock } from '@datastreamer/runtime'
import { AdminServer, type Readiness } from '../admin/admin-server.ts'
import { ConfigError } from '../errors.ts'
import { ExitCode } from '../exit-code.ts'
import { createLog } from '../log/create-log.ts'
import { createRegistry } from '../metrics/registry.ts'
import { readCommandLine } from '../options/command-line.ts'
import type { PROCESS_OPTIONS } from '../options/common-options.ts'
import type { ConfigWarning } from '../options/config-warning.ts'
import type { ConfigOf, OptionTable } from '../options/option.ts'
import { resolveConfig } from '../options/resolve.ts'
import { escapeControls } from '../text/escape-controls.ts'
import { loadServerTls } from '../tls/server-tls.ts'
import { TlsRenewal } from '../tls/tls-renewal.ts'
import { readyLine } from './ready-line.ts'
import type { Service, ServiceProgram } from './service.ts'
import { type EndReason, Shutdown } from './shutdown.ts'

type CommonConfig = ConfigOf<typeof PROCESS_OPTIONS>

/**
 * Run a program as a service, from its command line to its exit status: 0 after SIGTERM or SIGINT, 1 if it failed, 2 if
 * it cannot run as it was configured.
 *
 * @param argv without the names of node and the script
 */
export async function runService<T extends OptionTable>(
  program: ServiceProgram<T>,
  argv: readonly string[],
): Promise<void> {
  const { text, options } = program
  // Whoever waited for the ready line may be gone.
  process.stdout.on('error', () => {})
  const warnings: ConfigWarning[] = []
  let config: ConfigOf<T & typeof PROCESS_OPTIONS>
  try {
    const line = readCommandLine(argv, options, text)
    if (line.kind === 'print') {
      process.stdout.write(line.text)
      return
    }
    config = resolveConfig(options, { ...line, env: process.env, warn: (warning) => warnings.push(warning) })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    complain(text.name, error)
    process.exitCode = ExitCode.usage
    return
  }
  await run(program, config, warnings)
}

async function run<T extends OptionTable>(
  program: ServiceProgram<T>,
  config: ConfigOf<T & typeof PROCESS_OPTIONS>,
  warnings: readonly ConfigWarning[],
): Promise<never> {
  const common: CommonConfig = config
  const log = createLog({ level: common.logLevel, format: common.logFormat })
  for (const { event, message } of warnings) log.warn(event, message)
  const shutdown: Shutdown = new Shutdown(log, common.shutdownTimeout)
  if (common.endWithStdin) onEndOfInput(() => shutdown.end('standard input has ended'))
  let service: Service | undefined
  let admin: AdminServer | undefined
  const metrics = createRegistry()
  const { name, version } = program.text
  const startedAt = new Date()
  const fail = (error: unknown): void => shutdown.fail(error)
  let starting = 'starting'
  const waiting = (reason: string): void => {
    starting = `starting: ${reason}`
  }
  const readiness = (): Readiness => {
    if (shutdown.signal.aborted) return { ready: false, reason: 'ending' }
    return service?.readiness() ?? { ready: false, reason: starting }
  }
  const tlsRenewal = new TlsRenewal()
  process.on('SIGHUP', () => {
    try {
      tlsRenewal.renew()
      log.info('tls-renewed', 'SIGHUP: certificates and keys were read again')
    } catch (error) {
      log.error('tls-not-renewed', `SIGHUP: certificates and keys stay as they are: ${explain(error)}`, { error })
    }
  })
  try {
    const tls = loadServerTls(common)
    if (common.adminTls && tls === undefined)
      throw new ConfigError('CONFLICT', '--admin-tls needs --tls-cert and --tls-key')
    if (common.adminPort !== undefined) {
      const { adminHost: host, adminPort: port, adminAllowedHosts: allowedHosts } = common
      const options = { host, port, allowedHosts, tls: common.adminTls ? tls : undefined }
      const status = async (): Promise<object> => {
        return { name, version, startedAt, ...readiness(), ...(await service?.status()) }
      }
      const text = async (): Promise<{ contentType: string; text: string }> => {
        return { contentType: metrics.contentType, text: await metrics.metrics() }
      }
      const listening = await AdminServer.listen({ readiness, status, metrics: text }, options)
      tlsRenewal.add(() => {
        const renewed = loadServerTls(common)
        return () => renewed && listening.renewTls(renewed)
      })
      admin = listening
    }
    const machine = { clock: systemClock, net: nodeNet }
    const { signal } = shutdown
    service = await program.start(config, { log, metrics, tlsRenewal, ...machine, signal, waiting, fail })
    shutdown.started()
  } catch (error) {
    if (shutdown.signal.aborted) return shutdown.exit(statusOf(await shutdown.reason))
    if (error instanceof ConfigError) complain(name, error)
    else log.fatal('start-failed', explain(error), { error })
    return shutdown.exit(error instanceof ConfigError ? ExitCode.usage : ExitCode.failed)
  }
  const addresses = { ...service.addresses, ...(admin && { admin: admin.address }) }
  process.stdout.write(readyLine(addresses, common.logFormat))
  const reason = await shutdown.reason
  const isClosed = await service.close({ graceMs: common.shutdownTimeout / 2 }).then(
    () => true,
    (error: unknown) => {
      log.error('close-failed', `not ended in order: ${explain(error)}`, { error })
      return false
    },
  )
  await admin?.close()
  if (isClosed) log.info('ended', 'ended')
  return shutdown.exit(isClosed ? statusOf(reason) : ExitCode.failed)
}

/** Whoever started the process holds the other end of its input, and closes it however it ends. */
function onEndOfInput(act: () => void): void {
  for (const event of ['end', 'error', 'close']) process.stdin.once(event, act)
  process.stdin.resume()
}

/** The status of a process that ended in order. */
function statusOf({ kind }: EndReason): ExitCode {
  return kind === 'failed' ? ExitCode.failed : ExitCode.ok
}

/** What was foreseen explains itself, as do the errors of the system; of the rest the name helps. */
function explain(error: unknown): string {
  if (error instanceof StreamError || (error instanceof Error && 'syscall' in error)) return error.message
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

function complain(name: string, error: ConfigError): void {
  process.stderr.write(`${name}: ${escapeControls(error.message)}\nTry ${name} --help\n`)
}
