import { consensusKinds } from './consensus-kinds.ts'
import { executionKinds } from './execution-kinds.ts'
import type { Kind } from './harness.ts'
import { sidecarKinds } from './sidecar-kinds.ts'

/** Every kind of file that is mutated. */
export async function allKinds(): Promise<Kind[]> {
  return [...(await consensusKinds()), ...(await executionKinds()), ...(await sidecarKinds())]
}
