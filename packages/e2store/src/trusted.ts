export { EXECUTION_NETWORKS, type ExecutionNetwork, executionNetwork } from './trusted/execution-network.ts'
export type { KnownBlock } from './trusted/known-block.ts'
export { accumulatorsRoot, historicalRootsRoot } from './trusted/list-root.ts'
export { readStateHistory, StateHistory } from './trusted/state-history.ts'
