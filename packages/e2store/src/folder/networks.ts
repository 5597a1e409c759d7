import type { FolderFinding } from './finding.ts'
import type { HeldFile } from './held-file.ts'

/** The network of a file: by its content, otherwise by its name. */
function networkOf({ network, parsed }: HeldFile): string | undefined {
  return network ?? parsed?.network
}

/** The network that most files are of; of the first one where two have as many. */
export function commonNetwork(files: readonly HeldFile[]): string | undefined {
  const counts = new Map<string, number>()
  for (const file of files) {
    const network = networkOf(file)
    if (network !== undefined) counts.set(network, (counts.get(network) ?? 0) + 1)
  }
  let common: string | undefined
  for (const [network, count] of counts) if (count > (counts.get(common ?? '') ?? 0)) common = network
  return common
}

/** Separate the files of a network, and those that do not show theirs, from the rest. */
export function splitByNetwork(
  files: readonly HeldFile[],
  network: string | undefined,
): { readonly own: readonly HeldFile[]; readonly findings: readonly FolderFinding[] } {
  const isOther = (file: HeldFile): boolean => {
    const found = networkOf(file)
    return found !== undefined && network !== undefined && found !== network
  }
  const findings = files.filter(isOther).map((file): FolderFinding => {
    const message = `${file.name} is of ${networkOf(file)}, expected ${network}`
    return { code: 'OTHER_NETWORK', message, files: [file.name] }
  })
  return { own: files.filter((file) => !isOther(file)), findings }
}
