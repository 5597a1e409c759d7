import { fromBytes, openEra1, openEre } from '@datastreamer/e2store'
import { buildSidecar, SIDECAR_EXTENSION } from '@datastreamer/e2store/sidecar'
import type { MadeFile } from './made-up-chain.ts'

/** The sidecar of a file. */
export async function madeSidecar({ name, bytes }: MadeFile): Promise<MadeFile> {
  const open = name.endsWith('.era1') ? openEra1 : openEre
  return { name: name + SIDECAR_EXTENSION, bytes: await buildSidecar(await open(fromBytes(bytes))) }
}
