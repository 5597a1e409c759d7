/** Chain ids of networks, by the names that files have. */
const CHAIN_IDS: ReadonlyMap<string, bigint> = new Map([
  ['mainnet', 1n],
  ['goerli', 5n],
  ['optimism', 10n],
  ['op-mainnet', 10n],
  ['gnosis', 100n],
  ['base', 8453n],
  ['base-mainnet', 8453n],
  ['chiado', 10_200n],
  ['holesky', 17_000n],
  ['base-sepolia', 84_532n],
  ['hoodi', 560_048n],
  ['sepolia', 11_155_111n],
  ['op-sepolia', 11_155_420n],
])

/** The chain id of a network, by the name that its files have; `undefined` if it is not known, or changes. */
export function chainIdOf(network: string): bigint | undefined {
  return CHAIN_IDS.get(network)
}
