import { createHash } from 'node:crypto'
import { VerificationError } from '@datastreamer/e2store'
import { type EraFile, type EraReport, verifyEra } from '@datastreamer/e2store/era'
import { checksumOf } from '@datastreamer/e2store/execution'
import { heldEras, parseHistoryFileName } from '@datastreamer/e2store/folder'
import { knownHistoricalRoots } from '@datastreamer/e2store/trusted'
import {
  type BeaconNetwork,
  type BeaconSsz,
  beaconNetwork,
  lodestarSsz,
  nobleBls,
  SetupError,
  type VerifySignature,
  verifyEraFully,
} from '@datastreamer/e2store/verify-era'
import { hex, plural } from '../output/text.ts'
import { NotVerifiedError } from './errors.ts'
import type { E2File } from './file.ts'
import { networkOf } from './networks.ts'
import type { Found } from './verified.ts'
import type { OnProgress, VerifierOptions } from './verifier-options.ts'

/** The optional packages that verifying fully takes. */
interface FullTools {
  readonly ssz: BeaconSsz
  readonly verifySignature: VerifySignature | false
}

/** Loads the optional packages. @throws {SetupError} */
export type LoadTools = (preset: BeaconNetwork['preset'], signatures: boolean) => Promise<FullTools>

const loadTools: LoadTools = async (preset, signatures) => {
  return { ssz: await lodestarSsz(preset), verifySignature: signatures ? await nobleBls() : false }
}

/** The result of verifying an era; the last roots only if it was verified fully. */
type Report = EraReport & {
  readonly stateRoot?: Uint8Array
  readonly previousStateRoot?: Uint8Array
  readonly signatures?: number
}

/** The tools to verify an era fully, or why that is not possible. */
type Means = { readonly network: BeaconNetwork; readonly tools: FullTools } | { readonly why: string }

/** Verifies `.era` files in order: fully where possible, otherwise by fixed positions. */
export class EraVerifier {
  readonly #options: VerifierOptions
  readonly #loadTools: LoadTools
  #before: (Report & { readonly lastEra: bigint }) | undefined

  constructor(options: VerifierOptions & { readonly loadTools?: LoadTools }) {
    this.#options = options
    this.#loadTools = options.loadTools ?? loadTools
  }

  /** @throws {E2StoreError} @throws {NotVerifiedError} */
  async verify(
    { source, name }: Pick<E2File, 'source' | 'name'>,
    era: EraFile,
    onProgress: OnProgress,
  ): Promise<Found> {
    const [first] = era.groups
    const before = this.#before !== undefined && first?.era === this.#before.lastEra + 1n ? this.#before : undefined
    const means = await this.#meansFor(era)
    const report = await this.#run(era, means, before, onProgress)
    if (before !== undefined) checkFollows(report, before)
    const lastEra = report.eras.at(-1) ?? 0n
    const trust = this.#compareHistory(report) ?? (await compareKnown(report))
    this.#before = { ...report, lastEra }
    const { signatures } = this.#options
    const how = 'why' in means ? `from fixed positions only: ${means.why}` : fullText(means.network, report, signatures)
    const words = [
      `eras ${report.eras[0]} to ${lastEra}`,
      plural(report.blocks, 'block'),
      ...(before ? ['follows the file before it'] : []),
      how,
      ...(trust === undefined ? [] : [trust]),
      ...report.deviations.map(({ message }) => message),
      ...(report.unknown.length > 0 ? ['with records of unknown types'] : []),
    ]
    const json = { ...report, full: 'tools' in means, why: 'why' in means ? means.why : undefined }
    // Roots of another network than the one that was named do not verify.
    const network = this.#options.network?.config ?? networkOf(report.genesisValidatorsRoot)?.config
    return {
      text: words.join(', '),
      json: { ...json, followsPrevious: before !== undefined },
      held: heldEras(report, this.#isDouble(name) ? await checksumOf(source, createHash('sha256')) : undefined),
      ...(network !== undefined && { network }),
      wrongName: this.#options.network === undefined ? checkNetworkInName(name, report) : undefined,
    }
  }

  /** Whether other files to verify have the same eras by their names: then it matters whether their bytes are equal. */
  #isDouble(name: string): boolean {
    const own = parseHistoryFileName(name)
    const isSame = (each: string): boolean => {
      const other = parseHistoryFileName(each)
      return other?.kind === 'era' && other.era === own?.era
    }
    return (this.#options.names ?? []).filter(isSame).length > 1
  }

  /** Compare the roots of all eras with those that a trusted state has. @throws {VerificationError} `WRONG_ROOT` */
  #compareHistory({ eras, eraRoots }: Report): string | undefined {
    const { history } = this.#options
    if (history === undefined) return undefined
    for (const [i, era] of eras.entries()) {
      const [known, found] = [history.eraRoot(era), eraRoots[i]]
      if (known === undefined && era > 0n) return 'later than the trusted state'
      if (known === undefined || found === undefined || Buffer.compare(known, found) === 0) continue
      throw new VerificationError(
        'WRONG_ROOT',
        `era ${era} has root ${hex(found)}, the trusted state has ${hex(known)}`,
        0,
      )
    }
    return 'as the trusted state says'
  }

  async #run(era: EraFile, means: Means, before: Report | undefined, onProgress: OnProgress): Promise<Report> {
    const { signal, network } = this.#options
    const options = {
      signal,
      onProgress: ({ bytes, totalBytes }: { readonly bytes: number; readonly totalBytes: number }) =>
        onProgress(bytes, totalBytes),
      ...(before?.lastBlockRoot && { previousBlockRoot: before.lastBlockRoot }),
    }
    if ('tools' in means) return verifyEraFully(era, { ...options, ...means.tools, network: means.network })
    const root = network && Uint8Array.from(Buffer.from(network.genesisValidatorsRoot, 'hex'))
    return verifyEra(era, { ...options, ...(root && { genesisValidatorsRoot: root }) })
  }

  async #meansFor(era: EraFile): Promise<Means> {
    const last = era.groups.at(-1)
    const head = last && (await era.stateHead(last, { step: 'verify' }))
    const network = this.#options.network ?? (head && networkOf(head.genesisValidatorsRoot))
    if (network === undefined) return this.#without('of a network that is not known (--network)')
    try {
      return { network, tools: await this.#loadTools(network.preset, this.#options.signatures) }
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      return this.#without(error.message, error)
    }
  }

  #without(why: string, cause?: unknown): Means {
    if (this.#options.full !== true) return { why }
    throw new NotVerifiedError('NOT_FULLY', `cannot be verified fully: ${why}`, { cause })
  }
}

/** Compare the roots of all eras with those that are built in for their network. @throws {VerificationError} `WRONG_ROOT` */
async function compareKnown({ eras, eraRoots, genesisValidatorsRoot }: Report): Promise<string | undefined> {
  const network = networkOf(genesisValidatorsRoot)?.config
  const known = network === undefined ? undefined : await knownHistoricalRoots(network)
  if (known === undefined) return undefined
  for (const [i, era] of eras.entries()) {
    const [number, root] = [Number(era) - 1, eraRoots[i]]
    // The root of era 0 is that of the network.
    if (era === 0n || root === undefined) continue
    const matches = known.has(number, root)
    if (matches === undefined) return undefined
    if (matches) continue
    const message = `era ${era} has root ${hex(root)}, that of ${network} is ${hex(known.at(number) ?? root)}`
    throw new VerificationError('WRONG_ROOT', message, 0)
  }
  return `as the historical roots of ${network} say, which are built in`
}

/** The roots that only full verification knows must match too. */
function checkFollows(report: Report, before: Report): void {
  const { previousStateRoot } = report
  if (previousStateRoot === undefined || before.stateRoot === undefined) return
  if (Buffer.compare(previousStateRoot, before.stateRoot) === 0) return
  throw new VerificationError('WRONG_PARENT', 'it follows another state than that of the file before it', 0)
}

/** What was checked, and the root that all of it depends on, for comparing with a trusted root. */
function fullText({ config }: BeaconNetwork, { signatures = 0, stateRoot }: Report, withSignatures: boolean): string {
  const root = stateRoot ? `, last state ${hex(stateRoot)}` : ''
  const signed = withSignatures ? plural(signatures, 'signature') : 'without signatures'
  return `fully: all roots of ${config}, ${signed}${root}`
}

/** A name of a known network that the states in the file are not of. */
function checkNetworkInName(
  name: string,
  { genesisValidatorsRoot }: Pick<Report, 'genesisValidatorsRoot'>,
): VerificationError | undefined {
  const expected = beaconNetwork(parseHistoryFileName(name)?.network ?? '')
  if (expected === undefined || expected.genesisValidatorsRoot === Buffer.from(genesisValidatorsRoot).toString('hex')) {
    return undefined
  }
  const found = networkOf(genesisValidatorsRoot)?.config ?? 'a network that is not known'
  const message = `its states are of ${found}, expected ${expected.config}: the genesis validators root is ${hex(genesisValidatorsRoot)}`
  return new VerificationError('WRONG_NETWORK', message, 0)
}
