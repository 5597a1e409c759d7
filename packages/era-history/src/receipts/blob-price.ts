/** How the price of blob gas follows from a header, from a moment on. */
interface BlobPricing {
  /** Seconds since 1970. */
  readonly from: bigint
  readonly updateFraction: bigint
  /** Wei; 1 unless given. */
  readonly minimum?: bigint
}

const CANCUN = 3_338_477n
const PRAGUE = 5_007_716n
const BPO1 = 8_346_193n
const BPO2 = 11_684_671n
const MAX_EXPONENT = 177n

/**
 * When each network changed the price of blob gas.
 *
 * From the chain configurations in go-ethereum (`params/config.go`; Osaka keeps Prague's) and, for Gnosis and Chiado,
 * whose parameters never changed, in reth_gnosis. A later fork that changes them has to be added here.
 */
const SCHEDULES: Readonly<Record<string, readonly BlobPricing[]>> = {
  mainnet: schedule(1_710_338_135n, 1_746_612_311n, 1_765_290_071n, 1_767_747_671n),
  sepolia: schedule(1_706_655_072n, 1_741_159_776n, 1_761_017_184n, 1_761_607_008n),
  holesky: schedule(1_707_305_664n, 1_740_434_112n, 1_759_800_000n, 1_760_389_824n),
  hoodi: schedule(0n, 1_742_999_832n, 1_762_365_720n, 1_762_955_544n),
  gnosis: [{ from: 0n, updateFraction: 1_112_826n, minimum: 1_000_000_000n }],
  chiado: [{ from: 0n, updateFraction: 1_112_826n, minimum: 1_000_000_000n }],
}

function schedule(cancun: bigint, prague: bigint, bpo1: bigint, bpo2: bigint): BlobPricing[] {
  return [
    { from: cancun, updateFraction: CANCUN },
    { from: prague, updateFraction: PRAGUE },
    { from: bpo1, updateFraction: BPO1 },
    { from: bpo2, updateFraction: BPO2 },
  ]
}

/**
 * The price of blob gas in a block, in wei; `undefined` if the header has no blob gas or the network's parameters are not
 * known.
 */
export function blobGasPrice(
  { timestamp, excessBlobGas }: { readonly timestamp: bigint; readonly excessBlobGas?: bigint },
  network: string | undefined,
): bigint | undefined {
  if (excessBlobGas === undefined || network === undefined) return undefined
  const pricing = (Object.hasOwn(SCHEDULES, network) ? SCHEDULES[network] : undefined)?.findLast(
    ({ from }) => from <= timestamp,
  )
  // Beyond that a price has more than 256 bits: no chain can have such a header.
  if (pricing === undefined || excessBlobGas / pricing.updateFraction > MAX_EXPONENT) return undefined
  return fakeExponential(pricing.minimum ?? 1n, excessBlobGas, pricing.updateFraction)
}

/** `factor * e ** (numerator / denominator)`, as EIP-4844 approximates it. */
function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let sum = 0n
  let term = factor * denominator
  for (let i = 1n; term > 0n; i++) {
    sum += term
    term = (term * numerator) / (denominator * i)
  }
  return sum / denominator
}
